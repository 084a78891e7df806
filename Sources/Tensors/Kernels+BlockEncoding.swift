package import Numbers

extension Kernels {
    /// The types that `encodeBlocks` makes. ggml has no encoder for Q8_1 and Q8_K in files; those of IQ1, IQ2 and IQ3
    /// search codebooks, and are not here.
    package static let encodedBlocks: [BlockType] = [
        .Q4_0, .Q4_1, .Q5_0, .Q5_1, .Q8_0, .Q2_K, .Q3_K, .Q4_K, .Q5_K, .Q6_K, .IQ4_NL, .IQ4_XS, .TQ1_0, .TQ2_0, .MXFP4,
        .NVFP4, .Q1_0, .Q2_0,
    ]

    /// Quantizes rows of weights.
    ///
    /// With `.reference` the bytes are those of ggml's quantizers, built without fused multiply-add. With `.best` no
    /// block has a greater squared error (times the columns' importances, if there are any) than that one.
    ///
    /// - Parameters:
    ///   - type: one of `encodedBlocks`.
    ///   - rule: how MXFP4 chooses scales; ggml's is `.floor`.
    ///   - rows: whole rows.
    ///   - columns: the weights of a row, whole blocks.
    ///   - importance: a number for each column, or none at all.
    ///   - blocks: receives the blocks, row by row.
    package func encodeBlocks(
        _ type: BlockType, quality: EncoderQuality = .reference, rule: E8M0Rule = .floor, rows: Span<Float>,
        columns: Int, importance: [Float] = [], into blocks: inout MutableSpan<UInt8>
    ) -> BlockEncodeCounts {
        Self.check(type, weights: rows.count, columns: columns, blocks: blocks.count)
        precondition(
            importance.isEmpty || importance.count == columns, "\(importance.count) importances of \(columns) columns")
        return callEncodeBlocks(type, quality, rule, rows, rows.count / columns, columns, importance, &blocks)
    }

    /// Quantizes weights in bytes, as ggml's reference code does without importances.
    /// - Parameters:
    ///   - weights: float32, little-endian, whole blocks; they start at a multiple of four bytes in memory.
    ///   - blocks: receives the blocks.
    package func encodeBlocks(
        _ type: BlockType, _ weights: Span<UInt8>, into blocks: inout MutableSpan<UInt8>
    ) -> BlockEncodeCounts {
        let count = weights.count / 4
        precondition(weights.count % 4 == 0, "\(weights.count) bytes are not whole elements of F32")
        Self.check(type, weights: count, columns: max(count, type.elementCount), blocks: blocks.count)
        return callEncodeBlocks(type, weights, count, &blocks)
    }

    /// Quantizes weights of any source type without importances, and measures how far the blocks, decoded, are from
    /// them: what `widen`, `encodeBlocks`, `decodeBlocks` and `measure` do one after the other, in one pass.
    ///
    /// - Parameters:
    ///   - dtype: BF16, F16 or F32.
    ///   - weights: whole blocks, row-major, little-endian.
    ///   - blocks: receives the blocks.
    package func convertToBlocks(
        _ type: BlockType, quality: EncoderQuality = .reference, rule: E8M0Rule = .floor, dtype: DType,
        weights: Span<UInt8>, into blocks: inout MutableSpan<UInt8>
    ) -> (counts: BlockEncodeCounts, errors: ErrorSums) {
        precondition(Self.fourBitSources.contains(dtype), "blocks are made of BF16, F16 or F32, not \(dtype)")
        let width = dtype.bitCount / 8, count = weights.count / width
        precondition(weights.count % width == 0, "\(weights.count) bytes are not whole elements of \(dtype)")
        Self.check(type, weights: count, columns: max(count, type.elementCount), blocks: blocks.count)
        return callConvertToBlocks(type, quality, rule, dtype, weights, count, &blocks)
    }

    private static func check(_ type: BlockType, weights: Int, columns: Int, blocks: Int) {
        precondition(encodedBlocks.contains(type), "there is no encoder for \(type)")
        precondition(
            columns > 0 && columns % type.elementCount == 0, "rows of \(columns) are not whole blocks of \(type)")
        precondition(weights % columns == 0, "\(weights) weights are not whole rows of \(columns)")
        let count = weights / type.elementCount
        precondition(blockCount(of: type, blocks) == count, "\(count) blocks of \(type) do not fill \(blocks) bytes")
    }
}
