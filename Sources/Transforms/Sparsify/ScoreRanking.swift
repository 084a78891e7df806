import Tensors

/// A score as a whole number of the same order: the bits of a float32 that is not negative. NaN is above all.
typealias ScoreKey = UInt32

/// Where the numbers that go end: all below the key, and so many of those that are equal to it, the first by position.
package struct ScoreLimit: Equatable, Sendable {
    let key: ScoreKey
    let equalCount: Int

    /// The limit below which nothing lies.
    static let none = ScoreLimit(key: 0, equalCount: 0)
}

/// Counts of scores, from which the limit of a share follows exactly, after two readings: by the upper half of their
/// bits, then by the lower half of those in the one bin that the limit lies in.
struct ScoreCounts: Sendable {
    static let lowBits = 16
    static let binCount = 1 << (32 - lowBits)
    private(set) var bins: [Int]

    init() { bins = [Int](repeating: 0, count: Self.binCount) }

    /// The first reading.
    mutating func count(_ keys: [ScoreKey]) {
        for key in keys { bins[Int(key >> ScoreKey(Self.lowBits))] += 1 }
    }

    /// The second reading.
    /// - Parameter bin: the one that the limit lies in.
    mutating func count(_ keys: [ScoreKey], in bin: Int) {
        for key in keys where Int(key >> ScoreKey(Self.lowBits)) == bin { bins[Int(key & 0xFFFF)] += 1 }
    }

    mutating func add(_ count: Int, to bin: Int) { bins[bin] += count }

    static func += (counts: inout Self, other: Self) {
        for index in counts.bins.indices { counts.bins[index] += other.bins[index] }
    }

    /// The bin in which the `count`-th lowest lies, and how many of its own are among them.
    func bin(ofLowest count: Int) -> (bin: Int, rest: Int) {
        var rest = count
        for (bin, held) in bins.enumerated() {
            if rest <= held { return (bin, rest) }
            rest -= held
        }
        return (bins.count - 1, rest)
    }

    /// The limit of the `count` lowest, when all scores are read as often as `read` is called.
    static func limit(
        ofLowest count: Int, read: (_ take: ([ScoreKey]) -> Void) throws -> Void
    ) rethrows -> ScoreLimit {
        guard count > 0 else { return .none }
        var high = ScoreCounts()
        try read { high.count($0) }
        let (bin, rest) = high.bin(ofLowest: count)
        var low = ScoreCounts()
        try read { low.count($0, in: bin) }
        let (key, equal) = low.bin(ofLowest: rest)
        return ScoreLimit(key: ScoreKey(bin << Self.lowBits | key), equalCount: equal)
    }
}

/// The lowest of a few scores.
enum LowestScores {
    /// The places of the `count` lowest; of equal ones the first go.
    /// - Parameters:
    ///   - keys: scores, of which each `stride`-th from `start` on is meant, `length` of them.
    ///   - body: receives the places among `keys`.
    static func forEach(
        _ count: Int, of keys: [ScoreKey], start: Int, length: Int, stride: Int = 1, scratch: inout [UInt64],
        _ body: (Int) -> Void
    ) {
        guard count > 0 else { return }
        scratch.removeAll(keepingCapacity: true)
        for place in 0..<length {
            scratch.append(UInt64(keys[start + place * stride]) << 32 | UInt64(place))
        }
        if length <= 16 { scratch.sort() } else { select(count, &scratch) }
        for index in 0..<min(count, length) {
            body(start + Int(scratch[index] & 0xFFFF_FFFF) * stride)
        }
    }

    /// Brings the `count` lowest to the front. No two values are equal.
    private static func select(_ count: Int, _ values: inout [UInt64]) {
        var low = 0, high = values.count - 1
        while low < high {
            let pivot = median(values[low], values[(low + high) / 2], values[high])
            var left = low, right = high
            while left <= right {
                while values[left] < pivot { left += 1 }
                while values[right] > pivot { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if count - 1 <= right { high = right } else if count - 1 >= left { low = left } else { return }
        }
    }

    private static func median(_ first: UInt64, _ second: UInt64, _ third: UInt64) -> UInt64 {
        max(min(first, second), min(max(first, second), third))
    }
}
