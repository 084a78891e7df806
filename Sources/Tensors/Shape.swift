/// The dimensions of a tensor, outermost first, whose product fits in an `Int`, also without those that are 0: so do
/// the distances between neighbors in each dimension.
public struct Shape: Hashable, Sendable {
    /// The dimensions, outermost first; empty for a scalar.
    public let dimensions: [Int]
    /// The product of the dimensions: 1 for a scalar, 0 when one of them is 0.
    public let elementCount: Int

    /// Nil when a dimension is negative or the product overflows.
    public init?(_ dimensions: [Int]) {
        var product = 1
        for dimension in dimensions where dimension != 0 {
            guard dimension > 0 else { return nil }
            let (value, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard !overflow else { return nil }
            product = value
        }
        self.dimensions = dimensions
        elementCount = dimensions.contains(0) ? 0 : product
    }
}

extension Shape: CustomStringConvertible {
    /// `[4096, 1024]`
    public var description: String { "\(dimensions)" }
}
