import Bytes
import Numbers
import Tensors
import Testing

@testable import Blobs

/// Whatever a chunk says, decoding ends with bytes or with an error. These are chunks whose checksums are right.
@Suite("Chunk decoder") struct ChunkDecoderTests {
    private func decode(_ stored: [UInt8], _ words: WordLayout, byteCount: Int) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: byteCount)
        let base = [UInt8](repeating: 3, count: byteCount)
        try ChunkDecoder(kernels: Kernels()).decode(
            stored, storedByteCount: stored.count, words: words, byteCount: byteCount, into: &output
        ) { base }
        return output
    }

    @Test(
        "refuses what contradicts itself",
        arguments: [
            [], [0x80], [0x80, 1, 2, 3], [0x08, 0, 0, 0, 1, 2, 3, 4], [3, 0, 0, 1, 1, 1, 1],
            // A shift of three bits, a shift of none with a packed plane, a coder that is none, bytes behind the end.
            [0, 3, 0, 1, 5, 1, 5], [0, 0, 0, 1, 5, 5, 1, 1], [0, 0, 0, 6, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 9],
            // A prefix code that ends before its table, and one whose length runs past the chunk.
            [0, 0, 0, 3, 1, 0, 0, 0, 0, 1, 1], [0, 0, 0, 3, 255, 255, 255, 255, 0],
            // Sparse: more kept words than bits, and bits behind the last word.
            [4, 1, 1, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1], [4, 1, 0xF1, 5, 0, 0, 0, 0, 0, 1, 1, 1, 1],
            // A sparse field inside a sparse field.
            [0, 0, 0, 4, 1, 0, 0, 0, 4, 1, 0, 0, 0, 1, 1, 1, 1],
        ] as [[UInt8]])
    func refusals(stored: [UInt8]) {
        #expect(throws: FormatError.self) { try decode(stored, WordLayout(dtype: .BF16), byteCount: 4) }
    }

    @Test("survives chunks with bytes that were changed", arguments: 0..<UInt64(60)) func mutations(seed: UInt64) {
        var random = CodedSample.Generator(state: seed &* 77 + 1)
        let words = [WordLayout(dtype: .BF16), WordLayout(dtype: .F32), .bytes][Int(seed % 3)]
        let sample = [CodedSample.gaussian, .pruned, .few, .zero][Int(seed % 4)]
        let bytes = sample.bytes(3000, seed: seed + 1)
        let encoder = ChunkEncoder(words, effort: seed % 2 == 0 ? .quick : .thorough, kernels: Kernels())
        let count = encoder.encode(bytes.span, base: seed % 5 == 0 ? [UInt8](repeating: 3, count: 3000) : nil)
        let good = Array(encoder.output[..<count])
        for _ in 0..<200 {
            var stored = good
            for _ in 0..<1 + random.next() % 3 {
                // Mostly at the beginning, where the tables are.
                let reach = random.next() % 2 == 0 ? min(64, stored.count) : stored.count
                stored[Int(random.next() % UInt64(reach))] = UInt8(random.next() >> 56)
            }
            if random.next() % 8 == 0 { stored.removeLast(Int(random.next() % UInt64(stored.count))) }
            do {
                let found = try decode(stored, words, byteCount: 3000)
                #expect(found.count == 3000)
            } catch { #expect(error is FormatError, "seed \(seed)") }
        }
    }
}
