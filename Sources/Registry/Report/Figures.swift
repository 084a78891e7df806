/// Numbers as a person reads them. Programs get exact ones (`--json`, `--output csv`).
package enum Figures {
    /// `812 B`, `3.2 MB`, `145 GB`: decimal units, two or three digits.
    package static func bytes(_ count: Int) -> String {
        scaled(Double(count), units: ["B", "kB", "MB", "GB", "TB", "PB"])
    }

    /// `135 M`, `1.2 B`: a count of parameters.
    package static func parameters(_ count: Int) -> String { scaled(Double(count), units: ["", "K", "M", "B", "T"]) }

    /// `540 MB/s`.
    package static func speed(_ bytesPerSecond: Double) -> String { bytes(Int(bytesPerSecond.rounded())) + "/s" }

    /// `3,407,872`.
    package static func grouped(_ count: Int) -> String {
        let digits = Array(String(count.magnitude))
        var text = count < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `1 tensor`, `38 tensors`.
    package static func count(_ count: Int, _ noun: String) -> String {
        "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// `0.42 s`, `12 s`, `3 min 05 s`, `2 h 10 min`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds >= 9.95 else { return "\(fixed(max(0, seconds), decimals: seconds < 1 ? 2 : 1)) s" }
        return wholeDuration(seconds)
    }

    /// The same without fractions of a second.
    package static func wholeDuration(_ seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e9)).rounded())
        func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
        return "\(whole / 3_600) h \(twoDigits(whole / 60 % 60)) min"
    }

    /// About six digits, but never fewer than the integer part has: `4.12731`, `1234567.5`, `1.2e-07`.
    package static func real(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value.isFinite ? "0" : "\(value)" }
        let magnitude = abs(value)
        guard magnitude < 1e12 else { return "\(value)" }
        guard magnitude >= 1e-4 else { return scientific(value) }
        var decimals = 6
        var bound = 1.0
        while decimals > 1, magnitude >= bound {
            bound *= 10
            decimals -= 1
        }
        bound = 0.1
        while magnitude < bound {
            bound /= 10
            decimals += 1
        }
        return trimmed(fixed(value, decimals: decimals))
    }

    /// `value` with exactly `decimals` digits after the point.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        let factor = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
        let scaled = (abs(value) * factor).rounded()
        guard scaled < 9e15 else { return "\(value)" }
        var digits = Array(String(Int(scaled)).utf8)
        if digits.count <= decimals {
            digits.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: decimals + 1 - digits.count), at: 0)
        }
        if decimals > 0 { digits.insert(UInt8(ascii: "."), at: digits.count - decimals) }
        if value < 0, scaled > 0 { digits.insert(UInt8(ascii: "-"), at: 0) }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The first 12 digits of a digest: enough to tell artifacts apart, and to type after `@`.
    package static func digest(_ hex: String) -> String { String(hex.prefix(12)) }

    /// `2026-05-01 09:30` from an ISO 8601 time.
    package static func minute(_ time: String) -> String {
        let bytes = time.utf8.prefix(16).map { $0 == UInt8(ascii: "T") ? UInt8(ascii: " ") : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func scaled(_ value: Double, units: [String]) -> String {
        var scaled = value
        var unit = 0
        // 999.5 would print as four digits.
        while abs(scaled) >= 999.5, unit + 1 < units.count {
            scaled /= 1_000
            unit += 1
        }
        let text = fixed(scaled, decimals: unit == 0 || abs(scaled) >= 99.95 ? 0 : 1)
        return units[unit].isEmpty ? text : "\(text) \(units[unit])"
    }

    private static func scientific(_ value: Double) -> String {
        var mantissa = value
        var exponent = 0
        while abs(mantissa) < 1, exponent < 330 {
            mantissa *= 10
            exponent += 1
        }
        return "\(trimmed(fixed(mantissa, decimals: 5)))e-\(exponent < 10 ? "0" : "")\(exponent)"
    }

    private static func trimmed(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
        var digits = Array(text.utf8)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.last == UInt8(ascii: ".") { digits.removeLast() }
        return String(decoding: digits, as: UTF8.self)
    }
}
