package import Numbers
package import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sums of several sources' numbers, each times a weight, in float32: products and sums are rounded, source after
/// source.
package final class WeightedRows: RowSource {
    package let rowCount: Int
    package let rowLength: Int
    package let dtype = DType.F32
    private var sources: [FloatRows]
    private let weights: [Float]
    private let kernels: Kernels

    /// - Parameters:
    ///   - sources: at least one, with as many rows of one length.
    ///   - weights: one for each.
    package init(_ sources: [any RowSource], weights: [Float], kernels: Kernels) throws {
        precondition(sources.count == weights.count, "\(weights.count) weights for \(sources.count) sources")
        self.sources = try sources.map { try FloatRows($0, kernels: kernels) }
        self.weights = weights
        self.kernels = kernels
        rowCount = sources[0].rowCount
        rowLength = sources[0].rowLength
    }

    package func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        var sums: [Float] = []
        for index in sources.indices {
            try sources[index].read(rows)
            if index == 0 {
                sums = sources[index].values
                var span = sums.mutableSpan
                kernels.scale(&span, by: weights[index])
            } else {
                let numbers = sources[index].values
                var span = sums.mutableSpan
                kernels.add(numbers.span, times: weights[index], to: &span)
            }
        }
        sums.store(into: &buffer, kernels: kernels)
    }
}

extension WeightedRows {
    /// The point between two tensors on the great circle through both, seen as vectors; on the straight line where
    /// they nearly point the same or the opposite way. Both are read once to find the angle.
    ///
    /// Source: mergekit, `merge_methods/slerp.py`; Shoemake, "Animating rotation with quaternion curves", 1985.
    /// - Parameter place: 0 for the first, 1 for the second.
    package static func spherical(
        _ first: any RowSource, _ second: any RowSource, place: Double, kernels: Kernels
    ) throws -> WeightedRows {
        var (one, other) = (try FloatRows(first, kernels: kernels), try FloatRows(second, kernels: kernels))
        var sums = DifferenceSums()
        let step = max(1, FloatRows.chunkElementCount / max(1, first.rowLength))
        for start in stride(from: 0, to: first.rowCount, by: step) {
            try Task.checkCancellation()
            let range = start..<min(start + step, first.rowCount)
            try one.read(range)
            try other.read(range)
            sums += kernels.difference(one.values.span, other.values.span)
        }
        let (left, right) = Self.weights(sums, place: place)
        return try WeightedRows([first, second], weights: [Float(left), Float(right)], kernels: kernels)
    }

    private static func weights(_ sums: DifferenceSums, place: Double) -> (Double, Double) {
        func norm(_ squares: Double) -> Double { squares.squareRoot() > 1e-8 ? squares.squareRoot() : 1 }
        let cosine = min(1, max(-1, sums.product / (norm(sums.squaredFirst) * norm(sums.squaredSecond))))
        guard abs(cosine) <= 0.9995 else { return (1 - place, place) }
        let angle = acos(cosine)
        return (sin((1 - place) * angle) / sin(angle), sin(place * angle) / sin(angle))
    }
}
