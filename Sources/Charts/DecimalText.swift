/// Numbers as drawings write them: the same characters on every machine, in every locale.
package enum DecimalText {
    /// A coordinate: at most two digits after the point, no zeros at the end.
    static func coordinate(_ value: Double) -> String { trimmed(fixed(value, decimals: 2)) }

    /// `value` with exactly `decimals` digits after the point; huge ones as Swift writes them.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        let factor = (0..<max(0, decimals)).reduce(1.0) { power, _ in power * 10 }
        let scaled = (abs(value) * factor).rounded()
        guard scaled < 9e15 else { return "\(value)" }
        let digits = String(Int(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + padded }
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }

    /// `value` with about `digits` significant ones: `3.344`, `0.0123`, `12,400`, `2.5e-7`.
    package static func short(_ value: Double, digits: Int = 4) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
        let exponent = Decade.exponent(of: value)
        if exponent < -4 || exponent >= 9 { return scientific(value, decimals: max(0, digits - 1)) }
        let text = fixed(value, decimals: max(0, digits - 1 - exponent))
        return text.contains(".") ? trimmed(text) : grouped(text)
    }

    /// `2.5e-7`, with at most `decimals` digits after the point.
    static func scientific(_ value: Double, decimals: Int) -> String {
        var exponent = Decade.exponent(of: value)
        var mantissa = fixed(Decade.shifted(value, by: -exponent), decimals: decimals)
        if mantissa.drop(while: { $0 == "-" }).hasPrefix("10") {
            exponent += 1
            mantissa = fixed(Decade.shifted(value, by: -exponent), decimals: decimals)
        }
        return "\(trimmed(mantissa))e\(exponent)"
    }

    /// `12,400`: a whole number with its thousands parted; short ones stay as they are.
    static func grouped(_ digits: String) -> String {
        let isNegative = digits.hasPrefix("-")
        let whole = Array(isNegative ? digits.dropFirst() : digits[...])
        guard whole.count > 3, whole.allSatisfy(\.isNumber) else { return digits }
        var text = isNegative ? "-" : ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    private static func trimmed(_ text: String) -> String {
        guard text.contains("."), !text.contains("e") else { return text }
        var text = text
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
