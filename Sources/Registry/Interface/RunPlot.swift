/// Training runs drawn: as a picture, and as shares of its axes for a terminal.
public struct RunPlot: Sendable {
    /// What is drawn.
    public var report: RunPlotReport
    /// The panels of the report, for a terminal.
    public var panels: [PlotPanel]
    /// The picture, as a file of its own.
    public var svg: String
}

/// What `runs plot` has drawn.
public struct RunPlotReport: Codable, Sendable {
    /// The runs, in the order that was asked for.
    public var runs: [String]
    public var panels: [Panel]
    /// Where the picture was written; nil when it was not.
    public var path: String?
    public var notes: [String]

    /// One drawing area of the picture.
    public struct Panel: Codable, Sendable {
        public var title: String
        public var isLogarithmic: Bool
        public var curves: [Curve]
    }

    /// One curve of a panel.
    public struct Curve: Codable, Sendable {
        public var run: String
        public var metric: String
        /// Records, also those that are no finite number.
        public var records: Int
        public var nonfinite: Int
    }
}

/// A drawing area in shares of its axes: 0 is left or bottom, 1 is right or top.
public struct PlotPanel: Sendable {
    public var title: String
    /// Ticks of the horizontal axis.
    public var columns: [Tick]
    /// Ticks of the vertical axis.
    public var rows: [Tick]
    public var series: [Series]

    /// A tick.
    public struct Tick: Sendable {
        public var share: Double
        public var label: String
    }

    /// A curve, or points.
    public struct Series: Sendable {
        public var name: String
        /// Which of the six colors it has, from 0.
        public var hue: Int
        /// Runs of places that a line connects, each as x and y; a point is a run of one.
        public var pieces: [[Place]]
        /// Where on the horizontal axis values were that are no numbers.
        public var missing: [Double]
    }

    /// A place.
    public struct Place: Sendable {
        public var x: Double
        public var y: Double
    }
}
