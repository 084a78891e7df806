extension JSONValue {
    /// A number as Python's `json` writes it: the shortest digits that give the same double back, an exponent when it
    /// is below -4 or above 15.
    package static func pythonNumber(_ value: Double) -> Self {
        guard value.isFinite else {
            return .number(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
        }
        let sign = value.sign == .minus ? "-" : ""
        guard value != 0 else { return .number(sign + "0.0") }
        let (digits, point) = shortestDigits(of: value.magnitude)
        return .number(sign + layOut(digits, point: point))
    }

    /// The shortest digits of `value` and the place of the decimal point among them: 0.05 is ("5", -1).
    private static func shortestDigits(of value: Double) -> (digits: String, point: Int) {
        let halves = value.description.split(separator: "e")
        let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        var digits = String(parts[0]) + fraction
        var point = parts[0].count + (halves.count > 1 ? Int(halves[1]) ?? 0 : 0)
        let leading = digits.prefix { $0 == "0" }.count
        digits.removeFirst(leading)
        point -= leading
        while digits.hasSuffix("0") { digits.removeLast() }
        return (digits, point)
    }

    private static func layOut(_ digits: String, point: Int) -> String {
        func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
        guard point > -4, point <= 16 else {
            let exponent = point - 1
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let power = String(exponent.magnitude)
            return "\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(power.count < 2 ? "0" : "")\(power)"
        }
        if point <= 0 { return "0." + zeros(-point) + digits }
        if digits.count <= point { return digits + zeros(point - digits.count) + ".0" }
        return digits.prefix(point) + "." + digits.dropFirst(point)
    }
}
