/// What happened to weights that were quantized to ggml's blocks.
package struct BlockEncodeCounts: Equatable, Sendable {
    /// Blocks with a weight or a scale that is infinite or NaN. They hold nothing that a reader could use.
    package let specialCount: Int
    /// The first of these blocks, counted from the first row's first block.
    package let firstSpecial: Int?
    /// Weights beyond the range of their block's codes, which took the code at its end.
    package let clippedCount: Int
}
