import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("ONNX models") struct ONNXTests {
    private static func open(_ file: String) throws -> OpenFile { try OpenFile(Fixtures.path("onnx/" + file)) }

    private static func expect(_ tensor: TensorDescription, in source: any ByteSource) throws {
        let expected = try #require(try Fixtures.json("onnx/expected.json")[tensor.name])
        let types: [DType: Int] = [.BF16: 16, .F32: 1, .F16: 10, .I64: 7, .I8: 3]
        #expect(tensor.dtype.flatMap { types[$0] } == expected["data_type"]?.intValue)
        #expect(tensor.shape.dimensions == expected["dims"]?.arrayValue?.compactMap(\.intValue))
        let content = try TensorReader(source).content(of: tensor)
        #expect(Digest(of: content).hex == expected["sha256"]?.stringValue, "\(tensor.name)")
    }

    @Test("give their initializers, raw and typed") func inline() throws {
        let source = try Self.open("inline.onnx")
        #expect(try Recognition.names(of: source) == ["onnx"])
        let contents = try ONNX.contents(of: source)
        #expect(Set(contents.layout.tensors.map(\.name)) == ["W", "H", "B", "I8", "I", "F"])
        #expect(contents.external == [])
        for tensor in contents.layout.tensors { try Self.expect(tensor, in: source) }
        #expect(contents.layout.metadata.contains { $0.key == "ir_version" })
    }

    @Test("give those in another file, which is checked when it is opened") func external() throws {
        let contents = try ONNX.contents(of: try Self.open("external.onnx"))
        let other = try Self.open("external.bin")
        #expect(!contents.external.isEmpty)
        for found in contents.external {
            #expect(found.location == "external.bin")
            try found.check(fileByteCount: other.byteCount)
            try Self.expect(found.tensor, in: other)
            let error = #expect(throws: FormatError.self) { try found.check(fileByteCount: other.byteCount - 1) }
            #expect(error?.file == "external.bin")
        }
        #expect(contents.layout.notes == ["1 tensor lies in other files: external.bin"])
    }

    @Test(
        "are not taken for what is not, and what is not for them",
        arguments: [
            "bnb/README.md", "torch/state_dict_zip.pt", "torch/state_dict_legacy.pth", "npz/v1.npy", "npz/stored.npz",
            "safetensors/all_dtypes.safetensors", "onnx/external.bin", "onnx/expected.json",
        ])
    func recognition(file: String) throws {
        let bytes = Array(try Fixtures.bytes(file).prefix(512))
        let recognized = ONNX.recognizes(bytes.span)
        #expect(!recognized)
    }

    @Test(
        "begin with a version and fields of a model",
        arguments: [
            ([], false), ([8], false), ([8, 8], false), ([8, 0, 18, 1, 65], false), ([8, 8, 18, 1, 65], true),
            ([8, 8, 18, 1, 0], false), ([8, 8, 58, 200, 1, 9], true), ([8, 8, 74, 1, 9], false),
            ([8, 8, 40, 1], true), ([8, 8, 18], false), ([16, 8, 18, 1, 65], false), ([8, 200, 1, 18, 1, 65], false),
        ] as [([UInt8], Bool)])
    func start(bytes: [UInt8], isModel: Bool) {
        let recognized = ONNX.recognizes(bytes.span)
        #expect(recognized == isModel)
    }
}

@Suite("Hostile ONNX models") struct ONNXHostileTests {
    private static func read(_ source: any ByteSource) throws {
        let contents = try ONNX.contents(of: source)
        for tensor in contents.layout.tensors { try TensorReader(source).forEachPiece(of: tensor) { _ in } }
    }

    @Test("are all there") func complete() throws {
        #expect(try HostileFolder.isComplete("onnx"))
        #expect(HostileFolder.cases("onnx").count > 50)
    }

    @Test("are refused, each for its own reason, with the byte", arguments: HostileFolder.cases("onnx"))
    func refused(test: HostileFolder.Case) throws {
        try HostileFolder.expectRefusal(test, Self.read)
    }

    @Test("are refused or read without harm when any byte changes", arguments: HostileFolder.cases("onnx"))
    func changed(test: HostileFolder.Case) throws {
        try HostileFolder.expectNoCrash(test.path, seed: 3, Self.read)
    }

    @Test("as are goldens", arguments: 0..<UInt64(20))
    func changedGolden(seed: UInt64) throws {
        try HostileFolder.expectNoCrash(Fixtures.path("onnx/inline.onnx"), seed: seed, Self.read)
    }
}
