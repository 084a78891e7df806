import Catalog
import Tensors
import Transforms

/// What was found out about a tensor of a rewrite as its bytes were made.
struct RewriteFindings: Codable, Equatable, Sendable {
    /// Against what the plan compares it with, over the pairs that are finite; nil when it compares with nothing.
    var errors: ErrorSums?
    /// What rounding to the tensor's dtype did.
    var counts = CastCounts()
    var statistics: TensorStatistics?
    /// Of a matrix with a low-rank update.
    var update: UpdateMeasure?
}

extension ErrorSums {
    /// What a comparison tells as an encoder would tell it.
    /// - Parameter zeroCount: numbers that are not zero, but became zero.
    init(_ sums: DifferenceSums, zeroCount: Int) {
        self.init(
            squaredError: sums.squaredError, squaredWeight: sums.squaredFirst, product: sums.product,
            squaredDecoded: sums.squaredSecond, maximumError: sums.greatest, elementCount: sums.elementCount)
        self.zeroCount = zeroCount
    }
}
