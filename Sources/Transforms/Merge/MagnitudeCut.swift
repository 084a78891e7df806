/// The greatest magnitudes of a run of numbers: those above a threshold, and of equals the first.
///
/// The threshold is found exactly and in little memory: magnitudes of float32 are ordered as their bits are, so that
/// one pass counts them by their upper 16 bits, and a second one the lower 15 of those that share the threshold's.
struct MagnitudeCut: Equatable, Sendable {
    /// The bits of the smallest magnitude that is kept.
    private let threshold: UInt32
    /// Numbers of exactly this magnitude are kept up to this place.
    private let lastPlace: Int

    static let none = Self(threshold: .max, lastPlace: -1)
    static let all = Self(threshold: 0, lastPlace: .max)

    private init(threshold: UInt32, lastPlace: Int) {
        self.threshold = threshold
        self.lastPlace = lastPlace
    }

    /// Hands out all numbers in order, as often as it is called.
    typealias Numbers = ((_ start: Int, _ numbers: [Float]) throws -> Void) throws -> Void

    /// - Parameters:
    ///   - density: the share to keep, 0 to 1; one number at least is kept when it is above 0.
    ///   - count: how many numbers there are.
    init(density: Double, count: Int, _ forEachChunk: Numbers) throws {
        guard density < 1 else {
            self = .all
            return
        }
        guard density > 0, count > 0 else {
            self = .none
            return
        }
        let kept = max(1, Int(density * Double(count)))
        var counts = [Int](repeating: 0, count: 1 << 16)
        try forEachChunk { _, numbers in
            for number in numbers { counts[Int(Self.magnitude(number) >> 15)] += 1 }
        }
        let (upper, above) = Self.bin(counts, holding: kept)
        var lower = [Int](repeating: 0, count: 1 << 15)
        try forEachChunk { _, numbers in
            for number in numbers {
                let magnitude = Self.magnitude(number)
                if Int(magnitude >> 15) == upper { lower[Int(magnitude & 0x7FFF)] += 1 }
            }
        }
        let (last, before) = Self.bin(lower, holding: kept - above)
        let threshold = UInt32(upper) << 15 | UInt32(last)
        var equals = kept - above - before
        guard equals < lower[last] else {
            self.init(threshold: threshold, lastPlace: .max)
            return
        }
        var lastPlace = -1
        try forEachChunk { start, numbers in
            guard equals > 0 else { return }
            for place in numbers.indices where Self.magnitude(numbers[place]) == threshold && equals > 0 {
                equals -= 1
                lastPlace = start + place
            }
        }
        self.init(threshold: threshold, lastPlace: lastPlace)
    }

    /// Whether the number at a place is kept.
    func keeps(_ number: Float, at place: Int) -> Bool {
        let magnitude = Self.magnitude(number)
        return magnitude > threshold || magnitude == threshold && place <= lastPlace
    }

    /// The bits without the sign; the greatest finite one comes before infinity and NaN.
    private static func magnitude(_ number: Float) -> UInt32 { number.bitPattern & 0x7FFF_FFFF }

    /// The bin in which the `count`-th greatest is, and how many are in those above.
    private static func bin(_ counts: [Int], holding count: Int) -> (bin: Int, above: Int) {
        var above = 0
        for bin in counts.indices.reversed() {
            if above + counts[bin] >= count { return (bin, above) }
            above += counts[bin]
        }
        return (0, above)
    }
}
