/// A percentile as NumPy computes it unless it is told otherwise: between neighbors in order, in proportion.
package enum Percentile {
    /// The method's name in NumPy.
    package static let method = "linear"

    /// - Parameter percent: from 0 to 100.
    /// - Returns: nil without values.
    package static func value(of values: [Double], _ percent: Double) -> Double? {
        guard !values.isEmpty, (0...100).contains(percent) else { return nil }
        let sorted = values.sorted()
        let place = percent / 100 * Double(sorted.count - 1)
        let lower = Int(place.rounded(.down))
        let upper = min(lower + 1, sorted.count - 1)
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (place - Double(lower))
    }

    /// The fewest values of which one lies beyond the percentile: of fewer, it is little but the greatest value. 100 for
    /// the 99th.
    package static func fewest(for percent: Double) -> Int {
        guard percent > 50, percent < 100 else { return 1 }
        return Int((100 / (100 - percent)).rounded(.up))
    }
}
