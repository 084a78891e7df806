import Foundation

/// Seeded noise for made curves. SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
struct CurveNoise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x2545_F491_4F6C_DD1D }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A draw from a normal distribution (Box and Muller).
    mutating func normal() -> Double {
        let radius = (-2 * log(Double.random(in: 1e-12...1, using: &self))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0...1, using: &self))
    }

    /// A draw with heavy tails: Student's t with 4 degrees of freedom.
    mutating func heavy() -> Double {
        let square = (0..<4).reduce(0.0) { sum, _ in
            let draw = normal()
            return sum + draw * draw
        }
        return normal() / (square / 4).squareRoot()
    }
}
