/// Two ways in which artifacts are held against each other.
public struct ParetoRequest: Equatable, Sendable {
    /// Which end of a scale is the good one.
    public enum Better: String, Codable, Sendable { case lower, higher }

    /// One way.
    public struct Axis: Equatable, Sendable {
        /// A column of `artifact_summary`, a metric of results, or `TASK/METRIC`.
        public var name: String
        /// Nil where the name, or the result, tells.
        public var better: Better?

        /// A way by its name; what is better is told where the name does not.
        public init(_ name: String, better: Better? = nil) {
            self.name = name
            self.better = better
        }
    }

    public var x: Axis
    public var y: Axis

    /// Two ways, drawn across and up.
    public init(x: Axis, y: Axis) {
        self.x = x
        self.y = y
    }

    /// The columns of `artifact_summary` that an axis may be; of all of them, lower is better.
    public static var columns: [String] { ParetoColumn.all.map(\.name) }
}

/// Which artifacts no other beats in both of two ways.
public struct ParetoReport: Codable, Sendable {
    public var x: Axis
    public var y: Axis
    /// The artifacts that have both numbers, in the order of the comparison.
    public var points: [Point]
    /// The front's names, from the best in x to the best in y.
    public var front: [String]
    /// Artifacts that are not drawn, and why.
    public var leftOut: [LeftOut]
    /// Where the picture was written; nil when it was not.
    public var path: String?

    /// One way in which they are held against each other.
    public struct Axis: Codable, Sendable {
        public var name: String
        /// `lower` or `higher`.
        public var better: String
        /// Whether it is drawn on a logarithmic axis.
        public var isLogarithmic: Bool
    }

    /// One artifact.
    public struct Point: Codable, Sendable {
        public var name: String
        public var digest: String
        public var scheme: String
        public var x: Double
        public var y: Double
        public var isOnFront: Bool
        /// The artifact of the front that is as good in both ways and better in one; nil on the front.
        public var beatenBy: String?
    }

    /// An artifact that is not drawn.
    public struct LeftOut: Codable, Sendable {
        public var name: String
        public var reason: String
    }
}
