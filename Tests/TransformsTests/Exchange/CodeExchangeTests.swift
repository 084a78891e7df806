import Architectures
import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats
@testable import Transforms

@Suite("Codes that go over to another layout") struct CodeExchangeTests {
    static let rows = 64, columns = 256

    /// A matrix in a layout, as its encoder makes it.
    private static func encoded(_ scheme: TensorScheme) throws -> StoredCodes {
        let kernels = Kernels()
        let matrix = MatrixForm(
            shape: try #require(Shape([rows, columns])), dtype: .F32, computeDtype: .F16)
        let weights = SampleWeights.heavyTailed.prefix(rows * columns).map { Float(Float16($0 * 0.03)) }
        let encoder = try scheme.encoder(QuantizeSettings(target: .scheme(scheme)), kernels: kernels)
        let sink = MemoryParts(count: try encoder.parts(of: matrix).count)
        _ = try encoder.encode(matrix, SampleWeights.bytes(weights, as: .F32), importance: nil, into: sink)
        return StoredCodes(scheme, matrix.shape, try encoder.parts(of: matrix), sink.parts)
    }

    private static func mapping(_ order: TensorMapping.RowOrder = .asStored) -> TensorMapping {
        var mapping = TensorMapping(
            name: "w.weight", shape: [rows, columns], content: .sources([.init(name: "w.weight")]))
        mapping.rowOrder = order
        return mapping
    }

    private static func exchanged(
        _ source: StoredCodes, to scheme: TensorScheme, _ mapping: TensorMapping = mapping()
    ) throws -> (StoredCodes, ErrorSums) {
        let exchange = try CodeExchange(mapping, of: [source.tensor], to: scheme, kernels: Kernels())
        let sink = MemoryParts(count: exchange.parts.count)
        let codes = try #require(try CodeSource(source.tensor, parts: source, kernels: Kernels()))
        if exchange.dependsOnNumbers { try exchange.check([codes]) }
        let errors = try exchange.write([codes], importance: nil, into: sink)
        for (form, bytes) in zip(exchange.parts, sink.parts) { #expect(form.byteCount == bytes.count, "\(form.role)") }
        return (StoredCodes(exchange.scheme, exchange.form.shape, exchange.parts, sink.parts), errors)
    }

    struct Way: CustomTestStringConvertible, Sendable {
        let from: String
        let to: String
        var testDescription: String { "\(from) to \(to)" }
    }

    static let exactWays = [
        ("gptq-4-g128", "awq-4-g128"), ("gptq-4-g128", "ct-int4-g128"), ("gptq-4-g128", "ct-int4-g128-asym"),
        ("awq-4-g128", "gptq-4-g128-v2"), ("awq-4-g128", "ct-int4-g128-asym"), ("awq-4-g64", "awq-4-g32"),
        ("ct-int4-g128", "gptq-4-g128"), ("ct-int4-g128", "awq-4-g128"), ("ct-int4-g128-asym", "awq-4-g128"),
        ("ct-int4-g128-asym", "gptq-4-g128-v2"), ("ct-int4-channel", "gptq-4-gchannel"),
        ("gptq-8-g32", "gguf-q8_0"), ("gptq-4-g32", "gguf-q4_0"), ("ct-int4-g32", "gguf-q4_0"),
        ("gguf-q4_0", "gptq-4-g32"), ("gguf-q4_0", "awq-4-g32"), ("gguf-q4_0", "ct-int4-g32"),
        ("gguf-q4_0", "mlx-affine4-g32"), ("gguf-q4_1", "mlx-affine4-g32"), ("gguf-q5_0", "mlx-affine5-g32"),
        ("gguf-q5_1", "mlx-affine5-g32"), ("gguf-q8_0", "mlx-affine8-g32"), ("gguf-q8_0", "gptq-8-g32"),
        ("mlx-affine4-g32", "gguf-q4_1"), ("mlx-affine4-g64", "gguf-q4_1"), ("mlx-affine5-g128", "gguf-q5_1"),
        ("gptq-4-g128", "mlx-affine4-g64"), ("ct-mxfp4", "gguf-mxfp4"), ("gguf-mxfp4", "mlx-mxfp4"),
        ("mlx-mxfp4", "ct-mxfp4"), ("ct-mxfp8", "mlx-mxfp8"), ("mlx-mxfp4", "gguf-mxfp4"),
    ].map { Way(from: $0, to: $1) }

    @Test("are the same codes for the same numbers", arguments: exactWays) func exact(way: Way) throws {
        let source = try Self.encoded(TensorScheme(named: way.from))
        let (result, errors) = try Self.exchanged(source, to: TensorScheme(named: way.to))
        #expect(errors.squaredError == 0)
        #expect(errors.squaredWeight > 0)
        #expect(errors.elementCount == Self.rows * Self.columns)
        // By the readers of both layouts, whose libraries round to their own dtypes.
        let (old, new) = (try source.decoded(), try result.decoded())
        let found = Kernels().measure(old.span, decoded: new.span, columns: Self.columns)
        #expect((found.squaredError / found.squaredWeight).squareRoot() < 0x1p-8)
        #expect(try source.codes() == result.codes())
    }

    @Test(
        "come back as the same bytes",
        arguments: [
            ("gguf-q4_0", "mlx-affine4-g32"), ("gguf-q4_0", "gptq-4-g32"), ("gguf-q8_0", "mlx-affine8-g32"),
            ("gguf-q5_1", "mlx-affine5-g32"), ("gguf-mxfp4", "ct-mxfp4"), ("awq-4-g128", "ct-int4-g128-asym"),
        ])
    func roundTrip(first: String, second: String) throws {
        let source = try Self.encoded(TensorScheme(named: first))
        let (between, _) = try Self.exchanged(source, to: TensorScheme(named: second))
        let (back, _) = try Self.exchanged(between, to: TensorScheme(named: first))
        #expect(back.parts == source.parts)
    }

    @Test("follow the rows that a convention reorders") func reordered() throws {
        let source = try Self.encoded(TensorScheme(named: "ct-mxfp4"))
        let order = TensorMapping.RowOrder.interleaved(heads: 4)
        let (result, errors) = try Self.exchanged(
            source, to: TensorScheme(named: "gguf-mxfp4"), Self.mapping(order))
        #expect(errors.squaredError == 0)
        let old = try source.decoded(), new = try result.decoded()
        for row in 0..<Self.rows {
            let origin = order.sourceRow(of: row, among: Self.rows)
            #expect(
                new[row * Self.columns..<(row + 1) * Self.columns]
                    == old[origin * Self.columns..<(origin + 1) * Self.columns])
        }
    }

    @Test(
        "are refused where the other layout has no place for them",
        arguments: [
            ("gptq-4-g64", "awq-4-g128", "64 of its columns share a scale"),
            ("gptq-8-g128", "awq-4-g128", "8 bits, not 4"),
            ("gguf-q6_k", "mlx-affine6-g32", "no other layout has codes like these"),
            ("gguf-q4_0", "bnb-nf4", "codes of its own"),
            ("gguf-q4_0", "gguf-mxfp4", "whole numbers"),
            ("mlx-affine4-g32", "gptq-4-g32", "no whole multiple"),
            ("awq-4-g128", "ct-int4-g128", "is not one of 8"),
            ("gguf-q4_1", "gguf-q4_0", "no whole multiple"),
        ]) func refused(from: String, to: String, reason: String) throws
    {
        let source = try Self.encoded(TensorScheme(named: from))
        let error = #expect(throws: FormatError.self) {
            _ = try Self.exchanged(source, to: TensorScheme(named: to))
        }
        #expect(error?.problem.contains(reason) == true, "\(error?.problem ?? "")")
        #expect(error?.remedy.isEmpty == false)
    }

    @Test("say what rounding a scale loses") func lossy() throws {
        // The bias of a zero point of 7 has more digits than F16.
        let source = try Self.encoded(TensorScheme(named: "awq-4-g128"))
        let (_, errors) = try Self.exchanged(source, to: TensorScheme(named: "mlx-affine4-g128"))
        #expect(errors.squaredError > 0)
        #expect((errors.squaredError / errors.squaredWeight).squareRoot() < 0x1p-9)
    }
}

/// A quantized matrix in memory, as its reader sees it.
private struct StoredCodes: PartBytes {
    let tensor: LogicalTensor
    let forms: [PartForm]
    let parts: [[UInt8]]

    init(_ scheme: TensorScheme, _ shape: Shape, _ forms: [PartForm], _ parts: [[UInt8]]) {
        self.forms = forms
        self.parts = parts
        let encoding: LogicalTensor.Encoding =
            switch scheme {
            case .blocks(let type): .blocks(BlockState(type: type))
            case .mlx(let state): .mlx(state)
            case .gptq(let state): .gptq(state)
            case .awq(let state): .awq(state)
            case .compressedTensors(let state): .compressedTensors(state)
            case .fourBit, .int8Rows, .scaledFloat: .dense
            }
        tensor = LogicalTensor(
            name: "w.weight", encoding: encoding, dtype: .F16, shape: shape,
            parts: forms.map { form in
                LogicalTensor.Part(
                    role: form.role,
                    tensor: TensorDescription(
                        name: form.name(for: "w.weight"), type: form.type,
                        shape: Shape(form.shape) ?? shape, byteRange: 0..<form.byteCount), file: 0)
            })
    }

    func byteCount(_ role: String) -> Int? { place(role).map { parts[$0].count } }
    func bytes(_ role: String, _ range: Range<Int>) -> [UInt8] { place(role).map { Array(parts[$0][range]) } ?? [] }
    private func place(_ role: String) -> Int? { forms.firstIndex { $0.role == role } }

    func decoded() throws -> [Float] {
        let decoder = try Dequantizers.make(for: tensor, parts: self, kernels: Kernels())
        return try decoder.numbers(0..<decoder.rowCount)
    }

    func codes() throws -> [UInt8] {
        let source = try #require(try CodeSource(tensor, parts: self, kernels: Kernels()))
        return try source.codes(ofRows: 0..<CodeExchangeTests.rows).codes
    }
}
