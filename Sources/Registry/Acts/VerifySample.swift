import Catalog

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Draws blobs to verify, the likelier the longer ago they were.
///
/// Each blob gets the key `-ln(u) / w`, `u` being uniform and `w` the seconds since it was last right; those with the
/// least keys are drawn, until they make up the share of the bytes. That is a draw without replacement with chances in
/// proportion to `w`: Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006).
struct VerifySample {
    let share: Double
    let seed: Int
    let now: Timestamp

    /// What a blob that never was verified counts as: ten years.
    private static let secondsOfNever = 10 * 365 * 86_400

    /// - Parameter checks: in an order of their own, such as by digest.
    func draw(_ checks: [BlobCheck]) -> [BlobCheck] {
        var generator = SplitMix(state: UInt64(bitPattern: Int64(seed)))
        let keyed = checks.enumerated().map { index, check in
            let age = check.verifiedAt.map { now.secondsSince1970 - $0.secondsSince1970 } ?? Self.secondsOfNever
            return (key: -log(generator.uniform()) / Double(max(1, age)), index: index, check: check)
        }
        let total = checks.reduce(0) { $0 + $1.blob.byteCount }
        var left = Double(total) * share
        var drawn: [BlobCheck] = []
        for entry in keyed.sorted(by: { ($0.key, $0.index) < ($1.key, $1.index) }) {
            guard left > 0 || drawn.isEmpty else { break }
            left -= Double(entry.check.blob.byteCount)
            drawn.append(entry.check)
        }
        return drawn
    }
}

/// SplitMix64, by Sebastiano Vigna (public domain, 2015): the next state is 0x9E3779B97F4A7C15 further.
private struct SplitMix {
    var state: UInt64

    /// Above 0, and at most 1.
    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        return Double((value >> 11) + 1) / Double(1 << 53)
    }
}
