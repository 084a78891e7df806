import Bytes

/// Numbers as tools write them into results.
enum ResultNumber {
    /// The number of a JSON value: a number, NaN and infinities also as text (`"NaN"`); nil for anything else.
    static func value(_ value: JSONValue?) -> Double? {
        if let number = value?.doubleValue { return number }
        guard let text = value?.stringValue, let number = self.value(text), !number.isFinite else { return nil }
        return number
    }

    /// The number that `text` is, with white space around it; nil for anything else.
    static func value(_ text: some StringProtocol) -> Double? {
        var bytes = Array(text.utf8)
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        let start = bytes.firstIndex { $0 != 0x20 && $0 != 0x09 } ?? bytes.count
        return NumberText.number(bytes.span, start, bytes.count)
    }

    /// The whole number from 0 on that `text` is.
    static func count(_ text: some StringProtocol) -> Int? {
        guard let number = value(text), number >= 0, number < 9e15, number == number.rounded(.down) else { return nil }
        return Int(number)
    }

    /// Mean, spread and number of a series that is told in full.
    static func standardError(of values: [Double]) -> Double? {
        guard values.count > 1, values.allSatisfy(\.isFinite) else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        let sum = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (sum / Double(values.count - 1) / Double(values.count)).squareRoot()
    }
}
