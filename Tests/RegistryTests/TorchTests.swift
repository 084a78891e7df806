import Bytes
import Formats
import Foundation
import Registry
import Tensors
import Testing

/// PyTorch's checkpoints from registration to export.
@Suite("PyTorch files") struct TorchTests {
    private static func path(_ name: String) -> String { fixtures + "/torch/" + name }

    private static func reading(
        state: String? = nil, strips: Bool = false, skips: Bool = false
    ) -> ReadingOptions {
        var options = ReadingOptions()
        options.statePath = state
        options.stripsPrefixes = strips
        options.skipsUnknown = skips
        return options
    }

    @discardableResult private static func register(
        _ file: String, _ reading: ReadingOptions, in home: TemporaryHome
    ) async throws -> RegisterReport {
        var request = RegisterRequest(path: path(file))
        request.name = "t"
        request.reading = reading
        return try await home.registry.register(request)
    }

    private static func names(in home: TemporaryHome) throws -> [QueryValue] {
        try CastExportTests.rows("SELECT name FROM tensor_summary ORDER BY name", in: home).map { $0[0] }
    }

    private static func golden(_ file: String) throws -> [String: String] {
        let all = try JSONValue(parsing: ConvertTests.bytes(path("expected_more.json")))
        let members = try #require(all[file]?.objectValue).members
        return Dictionary(members.compactMap { name, value in value["sha256"]?.stringValue.map { (name, $0) } }) { $1 }
    }

    @Test("are registered from the dictionary that is named, without prefixes") func nested() async throws {
        let home = try TemporaryHome()
        let report = try await Self.register("training_plain.pt", Self.reading(state: "model", strips: true), in: home)
        #expect(report.tensorCount == 3)
        #expect(try Self.names(in: home) == ["a.bias", "a.weight", "tied.weight"].map { .text($0) })
        var request = ExportRequest(name: "t", destination: home.path("out.npz"))
        request.format = .npz
        _ = try await home.registry.export(request)
        let tensors = try ModelRegistry.inspect(home.path("out.npz")).tensors
        let file = try OpenFile(home.path("out.npz"))
        let digests = try tensors.map { tensor in
            let bytes = try file.bytes(tensor.byteOffset..<tensor.byteOffset + tensor.bytes)
            return (tensor.name, Digest(of: bytes).hex)
        }
        #expect(try Dictionary(uniqueKeysWithValues: digests) == Self.golden("training_plain.pt"))
    }

    @Test("keep their prefixes unless they are to be taken off") func prefixes() async throws {
        let home = try TemporaryHome()
        let report = try await Self.register("training_plain.pt", Self.reading(state: "model"), in: home)
        let names = ["a.bias", "a.weight", "tied.weight"].map { QueryValue.text("_orig_mod.module." + $0) }
        #expect(try Self.names(in: home) == names)
        #expect(report.notes.isEmpty == false)
    }

    @Test("give other dictionaries when those are named", arguments: [("optimizer", 2), ("ema", 2)])
    func otherState(state: String, count: Int) async throws {
        let home = try TemporaryHome()
        #expect(try await Self.register("training_plain.pt", Self.reading(state: state), in: home).tensorCount == count)
    }

    @Test("are refused for a dictionary that is not there, with what is there") func unknownState() async throws {
        let home = try TemporaryHome()
        await #expect {
            try await Self.register("training_plain.pt", Self.reading(state: "models"), in: home)
        } throws: {
            "\($0)".contains("models") && "\($0)".contains("'model'")
        }
        #expect(try CastExportTests.rows("SELECT * FROM artifact_summary", in: home).isEmpty)
    }

    @Test("with objects of unknown classes are refused, or read without them") func unknown() async throws {
        let home = try TemporaryHome()
        await #expect {
            try await Self.register("training.pt", Self.reading(), in: home)
        } throws: {
            "\($0)".contains("argparse.Namespace") && "\($0)".contains("--skip-unknown")
        }
        let report = try await Self.register("training.pt", Self.reading(strips: true, skips: true), in: home)
        #expect(report.notes.contains { $0.contains("argparse.Namespace") })
        #expect(report.parameterCount == 15)
    }

    @Test("count tied tensors once") func counts() async throws {
        let home = try TemporaryHome()
        let options = Self.reading(state: "model", strips: true)
        let report = try await Self.register("training_plain.pt", options, in: home)
        #expect((report.tensorCount, report.parameterCount) == (3, 15))
        #expect(report.notes.contains { $0.hasPrefix("tied") && $0.hasSuffix("'tied.weight'") })
        let rows = try CastExportTests.rows(
            "SELECT name, parameters, bytes FROM tensor_summary ORDER BY name", in: home)
        let expected: [(String, Int64, Int64)] = [("a.bias", 3, 12), ("a.weight", 12, 48), ("tied.weight", 0, 48)]
        #expect(rows == expected.map { [.text($0.0), .integer($0.1), .integer($0.2)] })
        let bits = try CastExportTests.rows("SELECT parameters, bits_per_weight FROM artifact_summary", in: home)
        #expect(bits == [[.integer(15), .real(32)]])
        let looked = try ModelRegistry.inspect(Self.path("training_plain.pt"), reading: options)
        #expect((looked.tensorCount, looked.parameters, looked.bytes) == (3, 15, 60))
        #expect(looked.types.map(\.bytes) == [60])
        #expect(looked.tensors.map(\.bytes) == [12, 48, 48])
    }

    @Test("keep tied tensors tied: stored and written once, and the file says which stands for both")
    func ties() async throws {
        let home = try TemporaryHome()
        let registered = try await Self.register(
            "training_plain.pt", Self.reading(state: "model", strips: true), in: home)
        #expect(registered.newBytes == registered.logicalBytes)
        var request = ExportRequest(name: "t", destination: home.path("out"))
        request.format = .safetensors
        let report = try await home.registry.export(request)
        let dropped = report.changes.filter { $0.outcome == "dropped" }
        #expect(dropped.map(\.name) == ["tied.weight"])
        #expect(dropped.first?.reason?.contains("'a.weight'") == true)
        let header = try SafetensorsHeader(reading: OpenFile(home.path("out/model.safetensors")))
        #expect(header.tensors.map(\.name).sorted() == ["a.bias", "a.weight"])
        #expect(header.metadata.first { $0.key == "tied.weight" }?.value == "a.weight")
        // As it was, the file comes back with both names.
        _ = try await home.registry.export(ExportRequest(name: "t", destination: home.path("same.pt")))
        #expect(try ConvertTests.bytes(home.path("same.pt")) == ConvertTests.bytes(Self.path("training_plain.pt")))
    }

    /// Views of one storage in other arrangements are tensors of their own.
    @Test("count views in another arrangement each") func views() throws {
        let report = try ModelRegistry.inspect(Self.path("state_dict_zip.pt"))
        let listed = report.tensors.reduce(0) { $0 + $1.bytes }
        #expect(report.bytes <= listed)
        #expect(report.bytes == report.types.reduce(0) { $0 + $1.bytes })
        #expect(report.tensorCount == report.types.reduce(0) { $0 + $1.tensorCount })
    }
}
