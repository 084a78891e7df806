#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Makes weights like those of a trained model: Gaussian, each row with a scale of its own, and rare outliers.
///
/// The same seed gives the same bytes. Gaussian numbers come from a table of 65,536 quantiles, four from one random
/// word.
struct WeightSource {
    private let quantiles: [Float]

    init() {
        quantiles = (0..<65536).map { Float(Self.quantile((Double($0) + 0.5) / 65536)) }
    }

    /// The bytes of rows in BF16; `rows` are numbered within the tensor, so that any part can be made by itself.
    func rows(_ rows: Range<Int>, width: Int, seed: UInt64, into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes.reserveCapacity(rows.count * width * 2)
        for row in rows {
            var random = WordGenerator(state: seed &+ UInt64(row) &* 0xD134_2543_DE82_EF95)
            let start = bytes.count
            let scale = 0.02 * exp(0.3 * quantiles[Int(random.next() >> 48)])
            var word: UInt64 = 0
            for column in 0..<width {
                word = column % 4 == 0 ? random.next() : word >> 16
                let bits = (scale * quantiles[Int(word & 0xFFFF)]).bitPattern
                let rounded = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
                bytes.append(UInt8(truncatingIfNeeded: rounded))
                bytes.append(UInt8(truncatingIfNeeded: rounded >> 8))
            }
            // One weight in some 8,000 is eight times as large: three more in the exponent.
            for _ in 0..<(width / 8192 + (random.next() % 8192 < UInt64(width % 8192) ? 1 : 0)) {
                let place = start + Int(random.next() % UInt64(width)) * 2
                let bits = UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8
                guard bits & 0x7F80 > 0 else { continue }
                bytes[place] = UInt8(truncatingIfNeeded: bits &+ 0x180)
                bytes[place + 1] = UInt8(truncatingIfNeeded: (bits &+ 0x180) >> 8)
            }
        }
    }

    /// The number below which a standard normal one falls with this probability, by Newton's method.
    private static func quantile(_ probability: Double) -> Double {
        if probability > 0.5 { return -quantile(1 - probability) }
        // Starts left of the solution, where the distribution is convex: every step then stays there.
        var value = -(-2 * log(probability)).squareRoot()
        for _ in 0..<60 {
            let density = exp(-value * value / 2) / (2 * Double.pi).squareRoot()
            let step = (erfc(-value / 2.0.squareRoot()) / 2 - probability) / density
            value -= step
            if abs(step) < 1e-12 { break }
        }
        return value
    }
}

/// SplitMix64.
struct WordGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
