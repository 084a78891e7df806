import Bytes
import Tensors
import Testing

@testable import Formats

@Suite("Shards and their index") struct ShardTests {
    private let first = "model-00001-of-00002.safetensors"
    private let second = "model-00002-of-00002.safetensors"

    private func folder(_ index: String?, second hasSecond: Bool = true) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(first, try SmallCheckpoint.bytes(("a", 3), ("b", 1)))
        if hasSecond { try folder.write(second, try SmallCheckpoint.bytes(("c", 2))) }
        if let index { try folder.write("model.safetensors.index.json", index) }
        return folder
    }

    private func failure(_ map: [(String, String)], second: Bool = true) throws -> FormatError? {
        let folder = try folder(SmallCheckpoint.index(map), second: second)
        return #expect(throws: FormatError.self) { try folder.scan() }
    }

    @Test("agree, and other weights beside them are left out")
    func agreement() throws {
        let folder = try folder(SmallCheckpoint.index([("a", first), ("b", first), ("c", second)]))
        try folder.write("consolidated.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        let source = try folder.scan()
        #expect(source.weights.map(\.path) == [first, second])
        #expect(
            source.leftOut == [
                LeftOutFile(
                    path: "consolidated.safetensors",
                    reason: "weights that model.safetensors.index.json does not name")
            ])
    }

    @Test("are refused when the index names a tensor that its shard does not hold")
    func missingTensor() throws {
        let error = try failure([("a", first), ("b", first), ("c", second), ("d", second), ("e", first)])
        #expect(error?.problem.contains("names 2 tensors not in the place that it says: 'd' in \(second), 'e'") == true)
        #expect(error?.tensor == "d")
        #expect(error?.file?.hasSuffix("/model.safetensors.index.json") == true)
    }

    @Test("are refused when a shard holds a tensor that the index does not name")
    func extraTensor() throws {
        let error = try failure([("a", first), ("c", second)])
        #expect(error?.problem.contains("\(first) holds 1 tensor that the index does not place there: 'b'") == true)
    }

    @Test("are refused when the index places a tensor in another shard")
    func wrongShard() throws {
        #expect(try failure([("a", first), ("b", second), ("c", second)])?.tensor == "b")
    }

    @Test("are refused when the index names a shard that is not there")
    func missingShard() throws {
        let error = try failure([("a", first), ("b", first), ("c", second)], second: false)
        #expect(error?.problem.contains("of 2 shards that the index names 1 is missing: \(second)") == true)
    }

    @Test(
        "are refused when a shard's name leads elsewhere",
        arguments: ["../x.safetensors", "..", ".", "", "a/b.safetensors", "a\\b.safetensors", "/etc/passwd", "a\0b"])
    func escape(name: String) throws {
        let error = try failure([("a", first), ("b", name)])
        #expect(error?.code == .refused)
        #expect(error?.tensor == "b")
        #expect(error?.byteOffset != nil)
    }

    @Test("are taken without an index when all are there")
    func withoutIndex() throws {
        let source = try folder(nil).scan()
        #expect(source.weights.map(\.path) == [first, second])
        #expect(source.notes == ["the shards model-… have no index"])
    }

    @Test("are refused without an index when one is missing")
    func incomplete() throws {
        let folder = try folder(nil, second: false)
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem == "of 2 shards 1 is missing: \(second)")
        #expect(error?.remedy.contains("name one shard's file to register it alone") == true)
    }

    @Test(
        "are refused when the index is no index",
        arguments: [
            "", "{}", "[]", "{\"weight_map\":{}}", "{\"weight_map\":[]}", "{\"weight_map\":{\"a\":1}}",
            "{\"weight_map\":{\"a\":\"x\"},\"weight_map\":{}}", "{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}",
            "{\"weight_map\":{\"a\":\"x\"}} x",
        ])
    func broken(index: String) {
        #expect(throws: FormatError.self) { try SafetensorsIndex(parsing: Array(index.utf8)) }
    }

    @Test("come back from the text that is written of them")
    func text() throws {
        let source = try ModelSource(scanning: Fixtures.path("safetensors/tiny-llama-sharded"))
        let text = SafetensorsIndex.text(of: source.weights.map { ($0.path, $0.layout?.tensors ?? []) })
        let golden = try Fixtures.bytes("safetensors/tiny-llama-sharded/model.safetensors.index.json")
        #expect(try SafetensorsIndex(parsing: Array(text.utf8)) == SafetensorsIndex(parsing: golden))
        let withoutOptional = String(decoding: golden, as: UTF8.self)
            .replacing("    \"total_parameters\": 72000,\n", with: "")
        #expect(text == withoutOptional)
    }

    @Test(
        "are known by their names",
        arguments: [
            ("model-00002-of-00004.safetensors", "model", 2, 4), ("a/b-c-00001-of-00001.x", "a/b-c", 1, 1),
        ])
    func names(path: String, prefix: String, number: Int, count: Int) {
        let set = ShardSet(path: path)
        #expect(set?.prefix == prefix)
        #expect(set?.number == number)
        #expect(set?.count == count)
    }

    @Test(
        "are not seen in other names",
        arguments: [
            "model.safetensors", "model-00003-of-00002.safetensors", "model-00000-of-00002.safetensors",
            "model-1-of-2.safetensors", "model-00001-of-00002", "00001-of-00002.safetensors", "",
        ])
    func otherNames(path: String) {
        #expect(ShardSet(path: path) == nil)
    }
}
