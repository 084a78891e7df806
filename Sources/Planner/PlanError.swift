/// A plan that cannot be made: which field stands against it, with its values, and what to do.
package struct PlanError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, with the values; no final period.
    package var problem: String
    /// What to do about it; no final period.
    package var remedy: String

    package init(_ problem: String, remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }

    /// `problem. Remedy.`
    package var description: String { "\(problem). \(remedy)." }

    /// The number, when it is above 0.
    static func positive(_ value: Int, _ field: String) throws(PlanError) -> Int {
        guard value > 0 else {
            throw PlanError("\(field) is \(value), and must be above 0", remedy: "Give \(field) another value")
        }
        return value
    }

    /// More than the tokens, sequences or devices of any plan.
    static let greatestCount = 1 << 31

    /// The number, when it counts something that a plan can have.
    static func count(_ value: Int, _ field: String) throws(PlanError) -> Int {
        guard try positive(value, field) <= greatestCount else {
            throw PlanError(
                "\(field) is \(value), and must be \(greatestCount) at most", remedy: "Give \(field) another value")
        }
        return value
    }

    /// The number, when it is finite and above 0.
    static func positive(_ value: Double, _ field: String) throws(PlanError) -> Double {
        guard value.isFinite, value > 0 else {
            throw PlanError(
                "\(field) is \(value), and must be finite and above 0", remedy: "Give \(field) another value")
        }
        return value
    }
}
