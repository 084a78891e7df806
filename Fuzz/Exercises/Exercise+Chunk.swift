import Blobs
import Bytes
import Numbers
import Tensors

extension Exercise {
    /// A chunk of a coded blob, as it is when its checksum is right: the first byte says what its words are, two more how
    /// many bytes it has. What decodes is coded and decoded again.
    static let chunk = Exercise("chunk") { file in
        let bytes = try file.bytes(0..<file.byteCount)
        guard bytes.count > 3 else {
            throw FormatError(.truncated, "a chunk has more bytes", at: bytes.count, remedy: "Give more")
        }
        let dtypes: [DType?] = [.BF16, .F32, .F64, .I16, .I32, .I64, nil]
        let words = WordLayout(dtype: dtypes[Int(bytes[0]) % dtypes.count])
        let byteCount = max(1, Int(bytes[1]) | Int(bytes[2]) << 8)
        return Chunk(words: words, bytes: try Chunk.decode(Array(bytes[3...]), words, byteCount: byteCount))
    } check: { chunk, _ in
        for effort in [ChunkEncoder.Effort.quick, .thorough] {
            let encoder = ChunkEncoder(chunk.words, effort: effort, kernels: Kernels())
            let base = Chunk.base(byteCount: chunk.bytes.count)
            let count = encoder.encode(chunk.bytes.span, base: effort == .quick ? nil : base)
            let again = try Chunk.decode(
                Array(encoder.output[..<count]), chunk.words, byteCount: chunk.bytes.count)
            try expect(again == chunk.bytes, "a chunk is another one after coding it again")
            try expect(count <= chunk.bytes.count + 1, "a chunk of \(chunk.bytes.count) bytes takes \(count)")
        }
    }
}

/// What a chunk holds.
private struct Chunk {
    let words: WordLayout
    let bytes: [UInt8]

    static func base(byteCount: Int) -> [UInt8] { (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 37) } }

    static func decode(_ stored: [UInt8], _ words: WordLayout, byteCount: Int) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: byteCount)
        try ChunkDecoder(kernels: Kernels()).decode(
            stored, storedByteCount: stored.count, words: words, byteCount: byteCount, into: &output
        ) { base(byteCount: byteCount) }
        return output
    }
}
