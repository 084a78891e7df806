import Bytes
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Training grids") struct TrainingGridTests {
    @Test(
        "are read and written in the same words",
        arguments: [
            ("int4 symmetric group 32", "int4 symmetric group 32"), ("INT8, sym, channel", "int8 symmetric channel"),
            ("group 128 int4 asymmetric", "int4 asymmetric group 128"), ("int8 asym tensor", "int8 asymmetric tensor"),
            ("int4 symmetric group 32 absmax/7", "int4 symmetric group 32"),
            ("int4 symmetric group 32 absmax/7.5", "int4 symmetric group 32 absmax/7.5"),
            ("int3 symmetric row absmax/4", "int3 symmetric channel absmax/4"),
        ])
    func words(text: String, canonical: String) throws {
        #expect(try TrainingGrid(parsing: text).text == canonical)
        #expect(try TrainingGrid(parsing: canonical) == TrainingGrid(parsing: text))
    }

    @Test(
        "say what is missing, unknown or too much",
        arguments: [
            ("", "how many bits"), ("int4", "symmetric or asymmetric"), ("int4 symmetric", "share a scale"),
            ("int9 symmetric channel", "not 9"), ("int4 symmetric group", "needs a number"),
            ("int4 symmetric group 1", "not 1"), ("int4 int4 symmetric channel", "one word too many"),
            ("int4 symmetric channel fuzzy", "'fuzzy'"), ("int4 symmetric channel absmax/9", "absmax/7.5"),
            ("int4 asymmetric channel absmax/7", "asymmetric grids"), ("nf4 symmetric channel", "'nf4'"),
        ])
    func faults(text: String, word: String) {
        #expect { try TrainingGrid(parsing: text) } throws: { "\($0)".contains(word) }
    }

    /// A matrix of 8 rows of 64 numbers on the grid: whole numbers from -7 to 7 times a power of two a group, with a
    /// 7 in each group, so that the scale comes out as it was.
    private func onGrid(seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<16).flatMap { group -> [Float] in
            let scale = Float(sign: .plus, exponent: group - 8, significand: 1)
            return (0..<32).map { $0 == 5 ? 7 * scale : Float(Int.random(in: -7...7, using: &generator)) * scale }
        }
    }

    private func error(
        _ numbers: [Float], _ encoder: any MatrixEncoder, _ form: MatrixForm
    ) throws -> ErrorSums {
        let parts = try encoder.parts(of: form)
        return try encoder.encode(
            form, LittleEndianFloats.encode(numbers), importance: nil, into: MemoryParts(count: parts.count))
    }

    @Test(
        "go into every layout that holds them without loss, where libraries would find other scales",
        arguments: ["gguf-q4_0", "gguf-q4_1", "ct-int4-g32", "gptq-4-g32", "awq-4-g32", "mlx-affine4-g32"],
        0..<UInt64(3))
    func exact(scheme: String, seed: UInt64) throws {
        let grid = try TrainingGrid(parsing: "int4 symmetric group 32")
        let scheme = try TensorScheme(named: scheme)
        let numbers = onGrid(seed: seed)
        let form = MatrixForm(shape: try #require(Shape([8, 64])), dtype: .F32, computeDtype: .BF16)
        let settings = QuantizeSettings(target: .scheme(scheme))
        let encoder = try #require(
            try TrainedGridEncoder(grid, in: scheme, columns: 64, settings, kernels: Kernels()))
        #expect(try error(numbers, encoder, form).squaredError == 0)
        let usual = try scheme.encoder(settings, kernels: Kernels())
        #expect(try error(numbers, usual, form).squaredError > 0, "seed \(seed)")
    }

    @Test("round to the nearest code, ties to even, and stay within the codes") func rounding() throws {
        let grid = try TrainingGrid(parsing: "int4 symmetric group 32")
        let scheme = try TensorScheme(named: "gguf-q4_0")
        var numbers = [Float](repeating: 0, count: 32)
        numbers.replaceSubrange(0..<8, with: [7, -7, 0.5, 1.5, -0.5, -1.5, 2.49, -6.6])
        let form = MatrixForm(shape: try #require(Shape([1, 32])), dtype: .F32, computeDtype: .BF16)
        let encoder = try #require(
            try TrainedGridEncoder(
                grid, in: scheme, columns: 32, QuantizeSettings(target: .scheme(scheme)), kernels: Kernels()))
        let sink = MemoryParts(count: 1)
        _ = try encoder.encode(form, LittleEndianFloats.encode(numbers), importance: nil, into: sink)
        let codes = sink.parts[0][2..<10].map { Int($0 & 15) - 8 }
        #expect(codes == [7, -7, 0, 2, 0, -2, 2, -7])
        #expect(Array(sink.parts[0][0..<2]) == [0x00, 0x3C])  // the scale is 1
    }

    @Test(
        "are not held by other bits, larger groups and codebooks",
        arguments: [
            "gguf-q8_0", "gguf-q4_k", "bnb-nf4", "ct-int4-g128", "ct-nvfp4", "gptq-4-g128",
        ])
    func notHeld(scheme: String) throws {
        let grid = try TrainingGrid(parsing: "int4 symmetric group 32")
        #expect(!grid.isHeld(by: try TensorScheme(named: scheme), columns: 256))
        let wide = try TrainingGrid(parsing: "int4 symmetric channel")
        #expect(wide.isHeld(by: try TensorScheme(named: "ct-int4-g128"), columns: 256))
    }

    @Test("of asymmetric codes have zero points that are codes") func asymmetric() throws {
        let grid = try TrainingGrid(parsing: "int4 asymmetric group 32")
        let scheme = try TensorScheme(named: "ct-int4-g32-asym")
        // From -1 to 14 in steps of 1: the zero point is code 1.
        let numbers = (0..<8 * 64).map { Float($0 % 16 - 1) }
        let form = MatrixForm(shape: try #require(Shape([8, 64])), dtype: .F32, computeDtype: .F32)
        let encoder = try #require(
            try TrainedGridEncoder(
                grid, in: scheme, columns: 64, QuantizeSettings(target: .scheme(scheme)), kernels: Kernels()))
        #expect(try error(numbers, encoder, form).squaredError == 0)
    }
}
