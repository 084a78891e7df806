package import Numbers

extension Kernels {
    /// Expands blocks to the weights that they stand for, bit for bit as ggml's reference code does. A NaN, which only
    /// a scale that is infinite or NaN can make, always has the bits 0xFFC00000.
    ///
    /// - Parameters:
    ///   - bytes: whole blocks, little-endian.
    ///   - output: receives as many weights as the blocks hold.
    package func decodeBlocks(_ type: BlockType, _ bytes: Span<UInt8>, into output: inout MutableSpan<Float>) {
        let blocks = Self.blockCount(of: type, bytes.count)
        precondition(
            output.count == blocks * type.elementCount,
            "\(blocks) blocks of \(type) hold \(blocks * type.elementCount) weights, got \(output.count)")
        callDecodeBlocks(type, bytes, blocks, &output)
    }

    /// Expands blocks as the other function of this name does, to float32 in bytes, little-endian.
    /// - Parameter output: receives four bytes a weight; it starts at a multiple of four bytes in memory.
    package func decodeBlocks(_ type: BlockType, _ bytes: Span<UInt8>, into output: inout MutableSpan<UInt8>) {
        let blocks = Self.blockCount(of: type, bytes.count)
        precondition(
            output.count == blocks * type.elementCount * 4,
            "\(blocks) blocks of \(type) fill \(blocks * type.elementCount * 4) bytes, got \(output.count)")
        callDecodeBlocks(type, bytes, blocks, &output)
    }

    /// The types that `cast` knows.
    package static let castTypes: [DType] = [.BF16, .F16, .F32, .F8_E4M3, .F8_E5M2]

    /// Casts elements to another type: the nearest number, ties to even. NaN stays NaN.
    ///
    /// F8_E4M3 has no infinity: in either way to treat overflow, what is too large becomes 448, as in torch. A cast to
    /// the same type copies.
    ///
    /// - Parameters:
    ///   - from: the type of the input, one of `castTypes`, as is the new one.
    ///   - input: whole elements, little-endian.
    ///   - output: receives as many elements of the new type.
    package func cast(
        from: DType, to: DType, input: Span<UInt8>, into output: inout MutableSpan<UInt8>,
        overflow: CastOverflow = .toInfinity
    ) -> CastCounts {
        precondition(Self.castTypes.contains(from) && Self.castTypes.contains(to), "no cast from \(from) to \(to)")
        let width = from.bitCount / 8, count = input.count / width
        precondition(input.count % width == 0, "\(input.count) bytes are not whole elements of \(from)")
        precondition(
            output.count == count * (to.bitCount / 8), "\(count) elements of \(to) do not fill \(output.count) bytes")
        return callCast(from, to, overflow, input, count, &output)
    }

    static func blockCount(of type: BlockType, _ byteCount: Int) -> Int {
        precondition(byteCount % type.byteCount == 0, "\(byteCount) bytes are not whole blocks of \(type)")
        return byteCount / type.byteCount
    }
}
