/// Figures in sentences of plans.
enum PlanWords {
    /// `36.4 GB`; with the other unit's full name behind it where that is asked for: `36.4 GB (33.9 GiB)`.
    static func bytes(_ count: Int, both: Bool = false) -> String {
        let decimal = "\(fixed(Double(count) / 1e9)) GB"
        return both ? "\(decimal) (\(fixed(Double(count) / Double(1 << 30))) GiB)" : decimal
    }

    /// `42.7 B`
    static func parameters(_ count: Double) -> String {
        count >= 1e9 ? "\(fixed(count / 1e9)) B" : "\(fixed(count / 1e6)) M"
    }

    /// Three digits or so: `0.0927`, `2.78`.
    static func number(_ value: Double) -> String { fixed(value, digits: value < 1 ? 4 : 2) }

    private static func fixed(_ value: Double, digits: Int? = nil) -> String {
        let decimals = digits ?? (value < 0.1 ? 4 : value < 10 ? 2 : 1)
        let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
        guard value.isFinite, abs(value) * scale < 9e15 else { return "\(value)" }
        let whole = Int((value * scale).rounded())
        let digits = String(whole)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return "\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
