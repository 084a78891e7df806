import Bytes
import Numbers
import Testing

@testable import Tensors

@Suite("Blocks of ggml with less error") struct BestBlockTests {
    /// Inputs on which searches go astray: each row has 512 weights.
    static func inputs(seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        func row(_ weight: (inout SeededGenerator) -> Float) -> [Float] { (0..<512).map { _ in weight(&random) } }
        var rows = BlockEncodeTests.generated(512 * 8, seed: seed &+ 100)
        rows += row { .random(in: -1...1, using: &$0) }
        rows += row { .random(in: 0.99...1, using: &$0) }
        rows += row { -.random(in: 0.25...1, using: &$0) }
        rows += row { Float(Int.random(in: -3...3, using: &$0)) }
        rows += row { Int.random(in: 0..<40, using: &$0) == 0 ? .random(in: -9...9, using: &$0) : 0 }
        for magnitude in [Float(1e-42), 1e-38, 1e-20, 1e-7, 1e-5, 300, 1e4] {
            rows += row { magnitude * .random(in: -1...1, using: &$0) }
        }
        return rows
    }

    static let importance: [Float] = BlockEncodeTests.generated(512, seed: 77).enumerated().map {
        $0.offset % 11 == 0 ? 0 : abs($0.element)
    }

    /// Σ h·(x − d)² of each block.
    static func errors(_ type: BlockType, _ weights: [Float], _ blocks: [UInt8], _ importance: [Float]) -> [Double] {
        let decoded = Kernels().decoded(type, blocks).map(Float.init(bitPattern:))
        return stride(from: 0, to: weights.count, by: type.elementCount).map { start in
            (start..<start + type.elementCount).reduce(0.0) { sum, index in
                let error = Double(weights[index]) - Double(decoded[index])
                return sum + error * error * (importance.isEmpty ? 1 : Double(importance[index % importance.count]))
            }
        }
    }

    @Test(
        "never have more error than the reference's, importances counted",
        arguments: Kernels.encodedBlocks, UInt64(1)...2)
    func neverWorse(type: BlockType, seed: UInt64) {
        let weights = Self.inputs(seed: seed)
        for importance in [[], Self.importance] {
            let pairs = [EncoderQuality.reference, .best].map { quality in
                let blocks = Kernels().encoded(
                    type, weights, columns: 512, importance: importance, quality: quality
                ).blocks
                return Self.errors(type, weights, blocks, importance)
            }
            // Sums in another order differ in their last digits.
            let worse = zip(pairs[0], pairs[1]).enumerated().filter { $0.element.1 > $0.element.0 * (1 + 1e-12) }
            #expect(worse.isEmpty, "seed \(seed), blocks \(worse.map(\.offset))")
            #expect(pairs[1].reduce(0, +) <= pairs[0].reduce(0, +))
        }
    }

    @Test("never have more error than MXFP4 under any rule", arguments: E8M0Rule.allCases)
    func rules(rule: E8M0Rule) {
        let weights = Self.inputs(seed: 3)
        let pairs = [EncoderQuality.reference, .best].map { quality in
            let blocks = Kernels().encoded(.MXFP4, weights, columns: 512, quality: quality, rule: rule).blocks
            return Self.errors(.MXFP4, weights, blocks, [])
        }
        #expect(zip(pairs[0], pairs[1]).allSatisfy { $0.1 <= $0.0 * (1 + 1e-12) })
    }

    @Test("and those of the reference are the pinned ones at every level", arguments: Kernels.encodedBlocks)
    func pinned(type: BlockType) throws {
        let weights = BlockEncodeTests.generated(40 * 512, seed: 11)
        let importance = BlockEncodeTests.generated(512, seed: 12).map { abs($0) + 0.01 }
        let pins = try JSONValue(parsing: GoldenFile.read("ggml_blocks/pinned.json")).objectValue?[type.rawValue]
        for quality in EncoderQuality.allCases {
            let pin = try #require(pins?.objectValue?[quality.rawValue]?.stringValue)
            for level in KernelLevel.supported {
                let kernels = try Kernels(level: level)
                let plain = kernels.encoded(type, weights, columns: 512, quality: quality).blocks
                let weighted = kernels.encoded(
                    type, weights, columns: 512, importance: importance, quality: quality
                ).blocks
                #expect(Digest(of: plain + weighted).hex == pin, "\(quality) \(level)")
            }
        }
    }

    /// Random bits: NaN, infinities, subnormal and huge numbers among all others.
    @Test("and those of the reference are the same at every level, whatever the bits", arguments: Kernels.encodedBlocks)
    func levels(type: BlockType) throws {
        var random = SeededGenerator(seed: UInt64(type.ggmlID))
        let noise = (0..<512 * 20).map { _ in Float(bitPattern: .random(in: 0...UInt32.max, using: &random)) }
        let weights = noise + Self.inputs(seed: 4)
        for quality in EncoderQuality.allCases {
            for importance in [[], Self.importance] {
                let expected = try Kernels(level: .portable).encoded(
                    type, weights, columns: 512, importance: importance, quality: quality)
                for level in KernelLevel.supported {
                    let found = try Kernels(level: level).encoded(
                        type, weights, columns: 512, importance: importance, quality: quality)
                    #expect(firstDifference(found.blocks, expected.blocks) == nil, "\(quality) \(level)")
                    #expect(found.counts == expected.counts, "\(quality) \(level)")
                }
            }
        }
    }

    @Test("do not depend on how rows are put together", arguments: Kernels.encodedBlocks)
    func pieces(type: BlockType) {
        let weights = Self.inputs(seed: 5), rows = weights.count / 512
        for quality in EncoderQuality.allCases {
            let whole = Kernels().encoded(type, weights, columns: 512, importance: Self.importance, quality: quality)
            let pieces = stride(from: 0, to: rows, by: 3).flatMap { row in
                let piece = Array(weights[row * 512..<min(row + 3, rows) * 512])
                return Kernels().encoded(
                    type, piece, columns: 512, importance: Self.importance, quality: quality
                ).blocks
            }
            #expect(firstDifference(pieces, whole.blocks) == nil, "\(quality)")
        }
    }

    @Test("do not save by clipping what the reference cannot hold", arguments: Kernels.encodedBlocks)
    func special(type: BlockType) {
        let weights = (0..<type.elementCount * 2).map { $0 == 5 ? Float(1e9) : 1 }
        let found = EncoderQuality.allCases.map {
            Kernels().encoded(type, weights, columns: weights.count, quality: $0).counts.specialCount
        }
        #expect(found[0] == found[1])
        #expect(found[0] == (type == .MXFP4 || type == .NVFP4 ? 0 : 1))
    }
}
