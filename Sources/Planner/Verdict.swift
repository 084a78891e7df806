/// Whether a plan fits into the memory that there is.
package enum Verdict: String, CaseIterable, Sendable {
    case fits
    /// It fits, with less than a twentieth of the memory left.
    case tight
    case doesNotFit = "does not fit"

    /// The share of the limit above which a plan is tight.
    static let tightPercentage = 95

    /// - Throws: `PlanError` for a limit of nothing.
    package init(_ byteCount: Int, of limit: Int) throws(PlanError) {
        _ = try PlanError.positive(limit, "memory")
        if byteCount > limit {
            self = .doesNotFit
        } else {
            // Beyond 64 bits are limits of which a twentieth is more than any plan.
            let bound = limit / 100 * Self.tightPercentage + limit % 100 * Self.tightPercentage / 100
            self = byteCount > bound ? .tight : .fits
        }
    }
}
