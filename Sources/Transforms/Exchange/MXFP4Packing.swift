/// MXFP4 from one layout of bytes to another: 32 codes of 4 bits and an E8M0 scale, of which no bit is changed.
///
/// | layout | codes of a group | scale |
/// | --- | --- | --- |
/// | GGUF | byte `j` of 16: code `j` in the low half, code `j + 16` in the high one | the byte before the codes |
/// | gpt-oss, compressed-tensors | byte `k` of 16: code `2k` in the low half, `2k + 1` in the high one | a tensor of its own |
/// | MLX | the same bytes, seen as little-endian words of 32 bits | a tensor of its own |
///
/// The numbers are equal too: ggml halves the scale because its table holds the codes' values twice as large. Sources:
/// ggml, `block_mxfp4`; transformers 5.23.0, `integrations/mxfp4.py`; mlx-lm 0.32.2, `models/gpt_oss.py`, `sanitize`.
package enum MXFP4Packing {
    /// Weights that share a scale.
    package static let groupSize = 32
    /// The bytes of a group's codes.
    package static let codeByteCount = 16
    /// The bytes of a group in GGUF.
    package static let blockByteCount = 17

    /// Makes GGUF's blocks.
    /// - Parameters:
    ///   - codes: 16 bytes a group, neighbors in one byte.
    ///   - scales: a byte a group.
    ///   - blocks: receives 17 bytes a group.
    package static func pack(codes: Span<UInt8>, scales: Span<UInt8>, into blocks: inout MutableSpan<UInt8>) {
        let count = scales.count
        precondition(
            codes.count == count * codeByteCount && blocks.count == count * blockByteCount,
            "\(codes.count) and \(count) bytes do not fill \(blocks.count)")
        for group in 0..<count {
            let source = group * codeByteCount, target = group * blockByteCount
            blocks[target] = scales[group]
            for half in 0..<2 {
                // Four bytes hold eight neighbors: of the first half of the group, then of the second.
                let low = spread(word(codes, at: source + half * 4))
                let high = spread(word(codes, at: source + 8 + half * 4))
                store(low | high << 4, at: target + 1 + half * 8, &blocks)
            }
        }
    }

    /// Takes the codes out of GGUF's blocks.
    /// - Parameters:
    ///   - blocks: 17 bytes a group.
    ///   - codes: receives 16 bytes a group, neighbors in one byte.
    package static func codes(of blocks: Span<UInt8>, into codes: inout MutableSpan<UInt8>) {
        let count = blocks.count / blockByteCount
        precondition(
            blocks.count == count * blockByteCount && codes.count == count * codeByteCount,
            "\(blocks.count) bytes do not fill \(codes.count)")
        for group in 0..<count {
            let source = group * blockByteCount + 1, target = group * codeByteCount
            for half in 0..<2 {
                let bytes = longWord(blocks, at: source + half * 8)
                store(gathered(bytes), at: target + half * 4, &codes)
                store(gathered(bytes >> 4), at: target + 8 + half * 4, &codes)
            }
        }
    }

    /// Takes the scales out of GGUF's blocks.
    /// - Parameters:
    ///   - blocks: 17 bytes a group.
    ///   - scales: receives a byte a group.
    package static func scales(of blocks: Span<UInt8>, into scales: inout MutableSpan<UInt8>) {
        precondition(
            blocks.count == scales.count * blockByteCount, "\(blocks.count) bytes do not have \(scales.count) scales")
        for group in scales.indices { scales[group] = blocks[group * blockByteCount] }
    }

    /// Eight codes of 4 bits, each in a byte of its own.
    private static func spread(_ word: UInt32) -> UInt64 {
        var codes = UInt64(word)
        codes = (codes | codes << 16) & 0x0000_FFFF_0000_FFFF
        codes = (codes | codes << 8) & 0x00FF_00FF_00FF_00FF
        return (codes | codes << 4) & 0x0F0F_0F0F_0F0F_0F0F
    }

    /// The low halves of eight bytes, one behind the other.
    private static func gathered(_ bytes: UInt64) -> UInt32 {
        var codes = bytes & 0x0F0F_0F0F_0F0F_0F0F
        codes = (codes | codes >> 4) & 0x00FF_00FF_00FF_00FF
        codes = (codes | codes >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: codes | codes >> 16)
    }

    private static func word(_ bytes: Span<UInt8>, at place: Int) -> UInt32 {
        UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
            | UInt32(bytes[place + 3]) << 24
    }

    private static func longWord(_ bytes: Span<UInt8>, at place: Int) -> UInt64 {
        UInt64(word(bytes, at: place)) | UInt64(word(bytes, at: place + 4)) << 32
    }

    private static func store(_ value: some FixedWidthInteger, at place: Int, _ bytes: inout MutableSpan<UInt8>) {
        for byte in 0..<value.bitWidth / 8 { bytes[place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
    }
}
