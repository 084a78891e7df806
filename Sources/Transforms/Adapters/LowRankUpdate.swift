package import Tensors

/// What a low-rank adapter adds to a matrix: scaling × B · A, rows as the base has them.
package struct LowRankUpdate: Sendable {
    /// [rank, columns], row-major.
    private let right: [Float]
    /// [rows, rank], row-major, scaled.
    private let left: [Float]
    package let rank: Int
    package let columns: Int

    package var rows: Int { rank == 0 ? 0 : left.count / rank }

    /// - Parameters:
    ///   - a: A, [rank, in].
    ///   - b: B, [out, rank].
    ///   - isTransposed: whether the base holds the matrix as [in, out], as GPT-2's layers and embeddings do.
    package init(a: [Float], b: [Float], rank: Int, scaling: Double, isTransposed: Bool) {
        precondition(rank > 0 && a.count % rank == 0 && b.count % rank == 0, "\(a.count), \(b.count) and rank \(rank)")
        self.rank = rank
        let (inputs, outputs) = (a.count / rank, b.count / rank)
        if isTransposed {
            right = Self.transposed(b, rows: outputs, columns: rank)
            left = Self.transposed(a, rows: rank, columns: inputs).map { Float(Double($0) * scaling) }
            columns = outputs
        } else {
            right = a
            left = b.map { Float(Double($0) * scaling) }
            columns = inputs
        }
    }

    private static func transposed(_ numbers: [Float], rows: Int, columns: Int) -> [Float] {
        (0..<columns).flatMap { column in (0..<rows).map { numbers[$0 * columns + column] } }
    }

    /// The rows of the product, row-major.
    package func product(_ range: Range<Int>, kernels: Kernels) -> [Float] {
        var sums = [Float](repeating: 0, count: range.count * columns)
        let right = right.span
        var all = sums.mutableSpan
        for (place, row) in range.enumerated() {
            for index in 0..<rank {
                var span = all._mutatingExtracting(place * columns..<(place + 1) * columns)
                kernels.add(
                    right.extracting(index * columns..<(index + 1) * columns), times: left[row * rank + index],
                    to: &span)
            }
        }
        return sums
    }
}
