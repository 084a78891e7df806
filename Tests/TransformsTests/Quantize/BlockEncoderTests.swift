import Bytes
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Block encoder") struct BlockEncoderTests {
    static func form(_ dimensions: [Int], _ dtype: DType = .F32) throws -> MatrixForm {
        MatrixForm(shape: try #require(Shape(dimensions)), dtype: dtype, computeDtype: dtype)
    }

    static func encode(
        _ encoder: BlockEncoder, _ weights: [Float], _ dimensions: [Int], importance: [Float]? = nil
    ) throws -> (blocks: [UInt8], errors: ErrorSums) {
        let sink = MemoryParts(count: 1)
        let errors = try encoder.encode(
            try form(dimensions), LittleEndianFloats.encode(weights), importance: importance, into: sink)
        return (sink.parts[0], errors)
    }

    static func relativeError(
        _ type: BlockType, _ quality: EncoderQuality, _ rule: E8M0Rule, _ weights: [Float], rows: Int
    ) throws -> Double {
        let encoder = try BlockEncoder(type: type, quality: quality, rule: rule, kernels: Kernels())
        let columns = NormalWeights.columns
        return try #require(
            try encode(encoder, Array(weights.prefix(rows * columns)), [rows, columns]).errors.relativeRMSE)
    }

    /// A row of the table of round trips that any right implementation makes: normal weights, and Student's t.
    struct Yardstick: CustomStringConvertible, Sendable {
        let type: BlockType
        var rule = E8M0Rule.floor
        let normal: Double
        let student: Double
        var description: String { "\(type) \(rule)" }
    }

    @Test(
        "loses as much as a right implementation does",
        arguments: [
            Yardstick(type: .Q8_0, normal: 0.0054, student: 0.0068),
            Yardstick(type: .Q6_K, normal: 0.0177, student: 0.0215),
            Yardstick(type: .Q5_K, normal: 0.0361, student: 0.0420),
            Yardstick(type: .Q5_1, normal: 0.0378, student: 0.0436),
            Yardstick(type: .Q5_0, normal: 0.0427, student: 0.0538),
            Yardstick(type: .Q4_K, normal: 0.0713, student: 0.0830),
            Yardstick(type: .IQ4_NL, normal: 0.0761, student: 0.0886),
            Yardstick(type: .IQ4_XS, normal: 0.0767, student: 0.0894),
            Yardstick(type: .Q4_1, normal: 0.0782, student: 0.0899),
            Yardstick(type: .Q4_0, normal: 0.0860, student: 0.1079),
            Yardstick(type: .NVFP4, normal: 0.0951, student: 0.0924),
            Yardstick(type: .MXFP4, normal: 0.1150, student: 0.1264),
            Yardstick(type: .MXFP4, rule: .nearest, normal: 0.1214, student: 0.1326),
            Yardstick(type: .MXFP4, rule: .ceil, normal: 0.1154, student: 0.1324),
            Yardstick(type: .MXFP4, rule: .bump, normal: 0.1119, student: 0.1239),
            Yardstick(type: .Q3_K, normal: 0.1509, student: 0.1761),
            Yardstick(type: .Q2_K, normal: 0.2967, student: 0.3333),
        ])
    func yardstick(row: Yardstick) throws {
        for (weights, expected) in [(NormalWeights.normal, row.normal), (NormalWeights.student, row.student)] {
            let found = try Self.relativeError(row.type, .reference, row.rule, weights, rows: NormalWeights.rows)
            // One part in a hundred, and half of the table's last digit.
            #expect(abs(found - expected) <= 0.01 * expected + 0.00005, "\(found), expected \(expected)")
        }
    }

    @Test(
        "loses less with the better encoder, on normal weights",
        arguments: [
            (.Q4_0, 0.045), (.MXFP4, 0.025), (.Q4_1, 0.11), (.Q5_0, 0.06), (.Q5_1, 0.11), (.Q8_0, 0.11), (.Q2_K, 0.12),
            (.Q3_K, 0.045), (.Q4_K, 0.024), (.Q5_K, 0.045), (.Q6_K, 0.058), (.IQ4_NL, 0.035), (.IQ4_XS, 0.035),
            (.NVFP4, 0.14), (.TQ1_0, 0.45), (.TQ2_0, 0.45), (.Q2_0, 0.5),
        ] as [(BlockType, Double)])
    func best(type: BlockType, share: Double) throws {
        let reference = try Self.relativeError(type, .reference, .floor, NormalWeights.normal, rows: 64)
        let best = try Self.relativeError(type, .best, .floor, NormalWeights.normal, rows: 64)
        #expect(best <= reference * (1 - share), "\(best) of \(reference)")
    }

    @Test("loses less where columns are important, with the better encoder", arguments: Kernels.encodedBlocks)
    func importance(type: BlockType) throws {
        let weights = Array(NormalWeights.normal.prefix(16 * 1024))
        let importance = NormalWeights.student.prefix(1024).map { $0 * $0 }
        let found = try EncoderQuality.allCases.map { quality in
            let encoder = try BlockEncoder(type: type, quality: quality, kernels: Kernels())
            return try #require(
                try Self.encode(encoder, weights, [16, 1024], importance: importance).errors.weightedRelativeRMSE)
        }
        #expect(found[1] < found[0], "\(found)")
    }

    @Test("makes the bytes and the counts of the kernel, chunk by chunk", arguments: [DType.F32, .BF16, .F16])
    func chunks(dtype: DType) throws {
        let rows = 96, columns = 1024, kernels = Kernels()
        var bytes = [UInt8](repeating: 0, count: rows * columns * (dtype.bitCount / 8))
        var span = bytes.mutableSpan
        let source = Array(NormalWeights.normal.prefix(rows * columns))
        kernels.narrow(source.span, to: dtype, into: &span)
        var weights = [Float](repeating: 0, count: rows * columns)
        var weightSpan = weights.mutableSpan
        kernels.widen(dtype, bytes.span, into: &weightSpan)

        let sink = MemoryParts(count: 1)
        let encoder = try BlockEncoder(type: .Q4_0, kernels: kernels)
        let errors = try encoder.encode(try Self.form([rows, columns], dtype), bytes, importance: nil, into: sink)

        var blocks = [UInt8](repeating: 0, count: rows * columns / 32 * 18)
        var blockSpan = blocks.mutableSpan
        let counts = kernels.encodeBlocks(.Q4_0, rows: weights.span, columns: columns, into: &blockSpan)
        #expect(sink.parts[0] == blocks)
        #expect(errors.clippedCount == counts.clippedCount && counts.clippedCount > 0)
        #expect(errors.elementCount == rows * columns)
    }

    @Test("stores one part of as many bytes as it says", arguments: Kernels.encodedBlocks)
    func parts(type: BlockType) throws {
        let encoder = try BlockEncoder(type: type, kernels: Kernels())
        let parts = try encoder.parts(of: try Self.form([3, 5, 512]))
        #expect(parts == [PartForm(.same, role: "data", type: .block(type), shape: [3, 5, 512])])
        let weights = Array(NormalWeights.normal.prefix(3 * 5 * 512))
        #expect(try Self.encode(encoder, weights, [3, 5, 512]).blocks.count == parts[0].byteCount)
    }

    @Test("gives each matrix of a stack its own importances", arguments: EncoderQuality.allCases)
    func stack(quality: EncoderQuality) throws {
        let encoder = try BlockEncoder(type: .Q4_K, quality: quality, kernels: Kernels())
        let weights = Array(NormalWeights.normal.prefix(3 * 4 * 512))
        let importance = NormalWeights.student.prefix(3 * 512).map { abs($0) }
        let stacked = try Self.encode(encoder, weights, [3, 4, 512], importance: importance)
        let single = try (0..<3).map { matrix in
            try Self.encode(
                encoder, Array(weights[matrix * 2048..<(matrix + 1) * 2048]), [4, 512],
                importance: Array(importance[matrix * 512..<(matrix + 1) * 512]))
        }
        #expect(stacked.blocks == single.flatMap(\.blocks))
        #expect(stacked.errors.weightedError == single.reduce(0.0) { $0 + ($1.errors.weightedError ?? 0) })
    }

    @Test("refuses rows that are not whole blocks") func shortRows() throws {
        let encoder = try BlockEncoder(type: .Q4_K, kernels: Kernels())
        let expected = FormatError(
            .refused, "rows of 288 are not whole blocks of Q4_K, which hold 256",
            remedy: "Choose a type whose blocks divide the rows, or leave such tensors as they are")
        #expect(throws: expected) { try encoder.parts(of: try Self.form([2, 288])) }
        #expect(throws: expected) {
            try Self.encode(encoder, [Float](repeating: 1, count: 576), [2, 288])
        }
    }

    @Test("names the row and the block of weights that are too large") func large() throws {
        var weights = [Float](repeating: 1, count: 300 * 512)
        weights[299 * 512 + 100] = 1e6
        let encoder = try BlockEncoder(type: .Q4_0, kernels: Kernels())
        let error = try #require(throws: FormatError.self) { try Self.encode(encoder, weights, [300, 512]) }
        #expect(error.problem == "row 299: block 3 is too large for Q4_0's half-precision scale")
    }

    @Test("refuses importances of another width") func importanceCount() throws {
        let encoder = try BlockEncoder(type: .Q4_0, kernels: Kernels())
        let error = try #require(throws: FormatError.self) {
            try Self.encode(encoder, [Float](repeating: 1, count: 128), [2, 64], importance: [1, 2])
        }
        #expect(error.problem == "2 importances for 1 × 64 columns")
    }

    @Test("refuses types that it cannot make", arguments: [BlockType.Q8_1, .Q8_K, .IQ2_XXS, .IQ1_M])
    func unsupported(type: BlockType) throws {
        let error = try #require(throws: FormatError.self) { try BlockEncoder(type: type, kernels: Kernels()) }
        #expect(error.code == .unsupported && error.remedy.contains("Q4_K"))
    }
}
