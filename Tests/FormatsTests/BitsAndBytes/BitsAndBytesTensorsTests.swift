import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("bitsandbytes tensors") struct BitsAndBytesTensorsTests {
    static let stateName = "p.weight.quant_state.bitsandbytes__nf4"

    /// The tensors of one nested matrix of 33 × 500 in blocks of 64: 258 blocks, of which two share no scale.
    static let sound: [(name: String, dtype: DType, shape: [Int])] = [
        ("p.weight", .U8, [8250, 1]), ("p.weight.absmax", .U8, [258]), ("p.weight.nested_absmax", .F32, [2]),
        ("p.weight.nested_quant_map", .F32, [256]), ("p.weight.quant_map", .F32, [16]), (stateName, .U8, [150]),
        ("p.bias", .BF16, [33]),
    ]

    private func group(
        _ tensors: [(name: String, dtype: DType, shape: [Int])], state: String? = nil, config: JSONValue? = nil
    ) throws -> [LogicalTensor] {
        let stored = try tensors.enumerated().map { index, tensor in
            let shape = try #require(Shape(tensor.shape))
            let range = 0..<(shape.elementCount * tensor.dtype.bitCount / 8)
            return FiledTensor(
                file: index % 2,
                tensor: TensorDescription(name: tensor.name, dtype: tensor.dtype, shape: shape, byteRange: range))
        }
        let text = BitsAndBytesQuantState(type: .nf4, blockSize: 64, dtype: .F16, shape: [33, 500], nestedOffset: 1)
            .text
        return try LogicalTensor.group(stored, config: config) { tensor in
            #expect(tensor.tensor.name.contains("bitsandbytes__"))
            return Array((state ?? text).utf8)
        }.tensors
    }

    private func replacing(
        _ name: String, by tensor: (name: String, dtype: DType, shape: [Int])?
    ) -> [(name: String, dtype: DType, shape: [Int])] {
        Self.sound.compactMap { $0.name == name ? tensor : $0 }
    }

    @Test("make one matrix, also across files")
    func across() throws {
        let tensors = try group(Self.sound)
        #expect(tensors.map(\.name) == ["p.bias", "p.weight"])
        #expect(tensors[0].scheme == nil)
        #expect(tensors[0].parts.map(\.role) == ["data"])
        #expect(tensors[1].scheme == "bnb-nf4-dq")
        #expect(tensors[1].dtype == .F16)
        #expect(tensors[1].shape == Shape([33, 500]))
        #expect(tensors[1].principal?.name == "p.weight")
        #expect(Set(tensors[1].parts.map(\.file)) == [0, 1])
    }

    @Test(
        "may hold their codes as another dtype",
        arguments: [(.BF16, [4125, 1]), (.I8, [8250]), (.F16, [4125])] as [(DType, [Int])])
    func storage(dtype: DType, shape: [Int]) throws {
        let tensors = try group(replacing("p.weight", by: ("p.weight", dtype, shape)))
        #expect(tensors[1].shape == Shape([33, 500]))
    }

    @Test("are found under the names of older files")
    func legacy() throws {
        let renamed = Self.sound.map { tensor in
            let isPart = tensor.name.hasPrefix("p.weight.") && tensor.name != Self.stateName
            let name = isPart ? "p.weight.quant_state." + tensor.name.dropFirst("p.weight.".count) : tensor.name
            return (name: name, dtype: tensor.dtype, shape: tensor.shape)
        }
        #expect(try group(renamed).count == 2)
        #expect(
            try group(replacing(Self.stateName, by: ("p.weight.bitsandbytes__nf4", .U8, [150]))).count == 2)
    }

    @Test(
        "are refused when a part is missing or of another size",
        arguments: [
            ("p.weight", nil, "is not there itself"), ("p.weight", ("p.weight", .U8, [8249]), "8249 bytes of codes"),
            ("p.weight.absmax", nil, "'p.weight.absmax' is not there"),
            ("p.weight.absmax", ("p.weight.absmax", .U8, [257]), "absmax as U8 of 258 elements"),
            ("p.weight.absmax", ("p.weight.absmax", .F32, [258]), "absmax as U8 of 258 elements, found F32 [258]"),
            ("p.weight.nested_absmax", ("p.weight.nested_absmax", .F32, [1]), "nested_absmax as F32 of 2 elements"),
            ("p.weight.nested_quant_map", nil, "nested_quant_map' is not there"),
            ("p.weight.quant_map", ("p.weight.quant_map", .F32, [15]), "quant_map as F32 of 16 elements"),
            (stateName, (stateName, .U8, [70_000]), "70000 bytes"),
            (stateName, ("p.weight.quant_state.bitsandbytes__fp4", .U8, [150]), "under another type's name"),
            ("p.bias", ("p.weight.quant_state.bitsandbytes__fp4", .U8, [150]), "under another type's name"),
            ("p.bias", ("p.weight.bitsandbytes__nf4", .U8, [150]), "two quantization states"),
        ] as [(String, (name: String, dtype: DType, shape: [Int])?, String)])
    func refused(name: String, tensor: (name: String, dtype: DType, shape: [Int])?, problem: String) {
        let error = #expect(throws: FormatError.self) { try group(replacing(name, by: tensor)) }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.tensor == "p.weight")
        #expect(error?.remedy.isEmpty == false)
    }

    @Test("are refused when the state's shape cannot be counted")
    func overflow() {
        let state = #"{"quant_type":"nf4","blocksize":64,"dtype":"float16","shape":[4294967296,4294967296]}"#
        #expect(throws: FormatError.self) { try group(Self.sound, state: state) }
    }

    @Test("need a state where the configuration promises 4 bits, and only there")
    func promised() throws {
        let tensors = replacing(Self.stateName, by: nil)
        #expect(try group(tensors).count == 6)
        let config = try JSONValue(
            parsing: Array(#"{"quantization_config":{"quant_method":"bitsandbytes","load_in_4bit":true}}"#.utf8))
        let error = #expect(throws: FormatError.self) { try group(tensors, config: config) }
        #expect(error?.tensor == "p.weight")
        #expect(error?.problem.contains("no quantization state") == true)
    }

    @Test("of an empty matrix are empty")
    func empty() throws {
        let tensors = try group(
            [
                ("p.weight", .U8, [0, 1]), ("p.weight.absmax", .F32, [0]), ("p.weight.quant_map", .F32, [16]),
                (Self.stateName, .U8, [80]),
            ], state: #"{"quant_type":"nf4","blocksize":64,"dtype":"float16","shape":[0,7]}"#)
        #expect(tensors.count == 1)
        #expect(tensors[0].shape.elementCount == 0)
    }
}
