import Bytes
import Formats
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Encoded matrices") struct EncodedMatrixTests {
    static let rows = 160, columns = 256

    private static func matrix(_ dtype: DType, compute: DType = .BF16, _ dimensions: [Int] = [rows, columns]) throws
        -> MatrixForm
    {
        MatrixForm(shape: try #require(Shape(dimensions)), dtype: dtype, computeDtype: compute)
    }

    /// Weights with rows of zeros, of one sign, with an outlier, and of very small numbers.
    static let weights: [Float] = {
        var weights = SampleWeights.heavyTailed.prefix(rows * columns).map { $0 * 0.03 }
        for column in 0..<columns {
            weights[columns + column] = 0
            weights[2 * columns + column] = abs(weights[2 * columns + column])
            weights[3 * columns + column] = -abs(weights[3 * columns + column])
            weights[5 * columns + column] *= 1e-5
        }
        weights[4 * columns + 7] = 12
        return weights
    }()

    @Test(
        "are found again by their readers, and decode to what was measured", arguments: WrittenScheme.all,
        EncoderQuality.allCases)
    func roundTrip(scheme: WrittenScheme, quality: EncoderQuality) throws {
        let matrix = try Self.matrix(.BF16)
        let bytes = SampleWeights.bytes(Self.weights, as: .BF16)
        let importance = (0..<Self.columns).map { Float($0 % 7 + 1) }
        let made = try EncodedMatrix(scheme.make(quality, Kernels()), matrix, bytes, importance: importance)
        let tensor = try made.recognized(config: scheme.config)
        #expect(tensor.name == EncodedMatrix.name)
        #expect(tensor.scheme == scheme.id)
        #expect(tensor.shape == matrix.shape)
        #expect(tensor.parts.count == made.forms.count)
        #expect(tensor.parts.map(\.role) == made.forms.map(\.role))
        let decoded = try made.decoded(config: scheme.config), weights = EncodedMatrix.floats(bytes, .BF16)
        let found = Kernels().measure(
            weights.span, decoded: decoded.span, columns: Self.columns, importance: importance)
        func isNear(_ left: Double?, _ right: Double?) -> Bool {
            guard let left, let right else { return false }
            return abs(left - right) <= 1e-6 * max(abs(left), abs(right))
        }
        #expect(isNear(found.squaredError, made.errors.squaredError), "\(found) \(made.errors)")
        #expect(isNear(found.product, made.errors.product))
        #expect(isNear(found.weightedError, made.errors.weightedError))
        #expect(found.maximumError == made.errors.maximumError)
        #expect(found.zeroCount == made.errors.zeroCount)
        #expect(found.elementCount == made.errors.elementCount)
        #expect(made.errors.clippedCount < weights.count / 4)
    }

    @Test("do not depend on the level of instructions", arguments: WrittenScheme.all, EncoderQuality.allCases)
    func levels(scheme: WrittenScheme, quality: EncoderQuality) throws {
        let matrix = try Self.matrix(.F32)
        let bytes = SampleWeights.bytes(Self.weights, as: .F32)
        let made = try KernelLevel.supported.map { level in
            try EncodedMatrix(scheme.make(quality, try Kernels(level: level)), matrix, bytes)
        }
        for other in made.dropFirst() {
            #expect(other.parts == made[0].parts)
            #expect(other.errors == made[0].errors)
        }
    }

    @Test("of a stack are those of its matrices", arguments: WrittenScheme.all.filter(\.holdsStacks))
    func stacks(scheme: WrittenScheme) throws {
        let single = try Self.matrix(.BF16), stack = try Self.matrix(.BF16, [2, Self.rows, Self.columns])
        let first = SampleWeights.bytes(Self.weights, as: .BF16)
        let second = SampleWeights.bytes(Self.weights.reversed(), as: .BF16)
        let importance = (0..<2 * Self.columns).map { Float($0 % 11 + 1) }
        let encoder = scheme.make(.best, Kernels())
        let made = try EncodedMatrix(encoder, stack, first + second, importance: importance)
        let halves = try [(first, 0), (second, 1)].map { bytes, index in
            let part = Array(importance[index * Self.columns..<(index + 1) * Self.columns])
            return try EncodedMatrix(encoder, single, bytes, importance: part)
        }
        for part in made.parts.indices { #expect(made.parts[part] == halves[0].parts[part] + halves[1].parts[part]) }
        #expect(try made.recognized(config: scheme.config).shape == stack.shape)
    }

    @Test("of stacks are refused where the layout has none", arguments: WrittenScheme.all.filter { !$0.holdsStacks })
    func refusedStacks(scheme: WrittenScheme) throws {
        let stack = try Self.matrix(.BF16, [2, 128, 256])
        #expect(throws: FormatError.self) { try scheme.make(.reference, Kernels()).parts(of: stack) }
    }

    @Test("are refused when groups do not divide their rows") func groups() throws {
        let matrix = try Self.matrix(.BF16, [64, 96])
        for id in ["mlx-affine4-g64", "mlx-affine3-g128", "awq-4-g64", "ct-int4-g128"] {
            let scheme = try #require(WrittenScheme.all.first { $0.id == id })
            let error = #expect(throws: FormatError.self) { try scheme.make(.reference, Kernels()).parts(of: matrix) }
            #expect(error?.code == .refused)
            #expect(error?.problem.contains("96") == true)
        }
        let odd = try Self.matrix(.BF16, [63, 128])
        for id in ["gptq-4-g128", "awq-4-g128"] {
            let scheme = try #require(WrittenScheme.all.first { $0.id == id })
            #expect(throws: FormatError.self) { try scheme.make(.reference, Kernels()).parts(of: odd) }
        }
    }

    @Test("may end within a group where the layout allows it") func shortGroups() throws {
        let matrix = try Self.matrix(.BF16, [160, 96]), count = 160 * 96
        let bytes = SampleWeights.bytes(Array(SampleWeights.normal.prefix(count)), as: .BF16)
        for id in ["gptq-4-g64", "fp8-block128", "ct-fp8-block128x128"] {
            let scheme = try #require(WrittenScheme.all.first { $0.id == id })
            for quality in EncoderQuality.allCases {
                let made = try EncodedMatrix(scheme.make(quality, Kernels()), matrix, bytes)
                let decoded = try made.decoded(config: scheme.config), weights = EncodedMatrix.floats(bytes, .BF16)
                let found = Kernels().measure(weights.span, decoded: decoded.span, columns: 96)
                #expect(abs(found.squaredError / made.errors.squaredError - 1) < 1e-6, "\(id)")
            }
        }
    }
}
