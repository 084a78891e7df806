/// How the ticks of one axis are written: all with the same unit and, on a linear axis, the same digits.
struct TickLabels {
    private let divisor: Double
    private let suffix: String
    private let decimals: Int?
    private let isScientific: Bool

    private static let thousands: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    private static let byteUnits: [(Double, String)] = [
        (1e15, " PB"), (1e12, " TB"), (1e9, " GB"), (1e6, " MB"), (1e3, " kB"), (1, " B"),
    ]

    init(_ unit: Axis.Unit, _ values: [Double], isLogarithmic: Bool) {
        let most = values.reduce(0) { max($0, abs($1)) }
        let step = zip(values, values.dropFirst()).reduce(Double.infinity) { min($0, abs($1.1 - $1.0)) }
        var scale = (divisor: 1.0, suffix: "")
        switch unit {
        case .percent: scale = (0.01, "%")
        case .bytes: scale = Self.byteUnits.first { most >= $0.0 } ?? (1, " B")
        case .plain where most >= 100_000 && most < 1e15:
            scale = Self.thousands.first { most >= $0.0 } ?? scale
        case .plain: break
        }
        divisor = scale.divisor
        suffix = scale.suffix
        let shown = step / scale.divisor
        isScientific = unit == .plain && (most >= 1e15 || most < 1e-3 || (step.isFinite && shown < 1e-6))
        decimals = isLogarithmic || !shown.isFinite ? nil : Self.decimals(of: shown)
    }

    func text(_ value: Double) -> String {
        guard value != 0 else { return suffix == "%" ? "0%" : "0" }
        if isScientific { return DecimalText.scientific(value, decimals: 3) }
        let shown = value / divisor
        guard let decimals else { return DecimalText.short(shown, digits: 3) + suffix }
        let text = DecimalText.fixed(shown, decimals: decimals)
        return (decimals == 0 ? DecimalText.grouped(text) : text) + suffix
    }

    /// How many digits after the point a multiple of `step` has.
    private static func decimals(of step: Double) -> Int {
        let exponent = Decade.exponent(of: step * 1.0000001)
        return min(12, max(0, -exponent))
    }
}
