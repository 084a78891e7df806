/// Medians and what is built of them: a few wild records do not move them.
package enum RobustStatistics {
    /// Turns a median absolute deviation into the standard deviation of a normal distribution: 1 / Φ⁻¹(3/4).
    static let deviationPerMedian = 1.482602218505602

    /// The middle value, or the mean of the two in the middle; NaN without values.
    package static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// The noise of one record about a smooth curve: from second differences, which a straight trend does not reach, at
    /// distances 1 and 4. The larger counts, because records that are running means hide their noise at distance 1. With
    /// fewer than 60 records, distance 4 is so far that a bend would count as noise. Fewer than 6 records do not tell it:
    /// nil.
    package static func noise(_ values: [Double]) -> Double? {
        guard let near = noise(values, at: 1) else { return nil }
        return values.count < 60 ? near : max(near, noise(values, at: 4) ?? 0)
    }

    private static func noise(_ values: [Double], at distance: Int) -> Double? {
        guard values.count >= 2 * distance + 4 else { return nil }
        let differences = (distance..<(values.count - distance)).map { index in
            abs(values[index - distance] - 2 * values[index] + values[index + distance])
        }
        // The variance of a - 2b + c is six times that of one of them.
        return deviationPerMedian * median(differences) / 6.0.squareRoot()
    }

    /// A straight line through points, by the median of the slopes of all pairs, and what is left of them.
    struct Line {
        var slope: Double
        var intercept: Double
        /// The points' standard deviation about the line, from the median of their distances.
        var deviation: Double
        /// How much a point tells of the next one's distance from the line, 0 to 0.95.
        var correlation: Double
    }

    /// Theil's line (Theil, "A rank-invariant method of linear and polynomial regression analysis", 1950; Sen 1968).
    /// Takes quadratic time: the caller bounds the number of points.
    static func line(_ x: [Double], _ y: [Double]) -> Line {
        var slopes: [Double] = []
        slopes.reserveCapacity(x.count * (x.count - 1) / 2)
        for left in x.indices {
            for right in x.indices.dropFirst(left + 1) where x[right] != x[left] {
                slopes.append((y[right] - y[left]) / (x[right] - x[left]))
            }
        }
        let slope = slopes.isEmpty ? 0 : median(slopes)
        let intercept = median(zip(x, y).map { $1 - slope * $0 })
        let rest = zip(x, y).map { $1 - slope * $0 - intercept }
        let deviation = deviationPerMedian * median(rest.map(abs))
        return Line(slope: slope, intercept: intercept, deviation: deviation, correlation: correlation(rest, deviation))
    }

    /// The correlation of neighbors, with distances cut at four deviations so that a spike does not make it.
    static func correlation(_ rest: [Double], _ deviation: Double) -> Double {
        guard deviation > 0, rest.count > 3 else { return 0 }
        let cut = rest.map { min(4, max(-4, $0 / deviation)) }
        let power = cut.reduce(0) { $0 + $1 * $1 }
        let shared = zip(cut, cut.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        return power > 0 ? min(0.95, max(0, shared / power)) : 0
    }
}
