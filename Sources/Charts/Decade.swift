/// Powers of ten without a math library, whose last bits differ between machines.
enum Decade {
    /// The largest power of ten, as its exponent, that is not above the magnitude of `value`; 0 for 0 and infinity.
    static func exponent(of value: Double) -> Int {
        let magnitude = abs(value)
        guard magnitude.isFinite, magnitude > 0 else { return 0 }
        var exponent = 0
        while magnitude >= power(exponent + 1), exponent < 308 { exponent += 1 }
        while magnitude < power(exponent), exponent > -307 { exponent -= 1 }
        return exponent
    }

    /// Ten to the power of `exponent`, correctly rounded where a Double holds it exactly.
    static func power(_ exponent: Int) -> Double {
        let whole = (0..<min(abs(exponent), 308)).reduce(1.0) { power, _ in power * 10 }
        return exponent < 0 ? 1 / whole : whole
    }

    /// `value` times ten to the power of `exponent`.
    static func shifted(_ value: Double, by exponent: Int) -> Double {
        exponent < 0 ? value / power(-exponent) : value * power(exponent)
    }
}
