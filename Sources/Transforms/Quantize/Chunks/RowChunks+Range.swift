import Tensors

extension RowChunks {
    /// The least and the greatest of all numbers, in one reading of the source.
    func range() throws -> (low: Float, high: Float) {
        var low = Float.infinity, high = -Float.infinity
        try forEach { _, numbers in
            let found = kernels.ranges(of: numbers, columns: matrix.columns, groupSize: matrix.columns)
            for row in found.lows.indices {
                low = min(low, found.lows[row])
                high = max(high, found.highs[row])
            }
        }
        return (low, high)
    }

    /// The greatest magnitude of all numbers, in one reading of the source.
    func greatestMagnitude() throws -> Float {
        let (low, high) = try range()
        return max(high, -low)
    }
}

extension Kernels {
    /// The least and greatest weight of each group of whole rows.
    func ranges(of weights: Span<Float>, columns: Int, groupSize: Int) -> (lows: [Float], highs: [Float]) {
        let count = weights.count / columns * ((columns + groupSize - 1) / groupSize)
        var lows = [Float](repeating: 0, count: count), highs = lows
        var lowSpan = lows.mutableSpan
        var highSpan = highs.mutableSpan
        ranges(of: weights, columns: columns, groupSize: groupSize, lows: &lowSpan, highs: &highSpan)
        return (lows, highs)
    }
}
