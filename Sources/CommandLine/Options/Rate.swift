import ArgumentParser

/// A large number as people write it, such as operations or bytes per second: `989T`, `989TFLOP/s`, `3.35TB/s`, `2e12`.
struct Rate: ExpressibleByArgument, Equatable {
    let value: Double

    init?(argument: String) {
        var text = argument
        if let unit = Self.units.first(where: { text.lowercased().hasSuffix($0) }) { text.removeLast(unit.count) }
        var factor = 1.0
        if let letter = text.last, let known = Self.factors[Character(letter.uppercased())] {
            factor = known
            text.removeLast()
        }
        while text.last == " " { text.removeLast() }
        guard let number = Double(text), number.isFinite, number > 0, (number * factor).isFinite else { return nil }
        value = number * factor
    }

    private static let units = ["flop/s", "flops", "flop", "b/s"]
    private static let factors: [Character: Double] = ["K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15]
}
