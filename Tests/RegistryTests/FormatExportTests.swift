import Bytes
import Foundation
import Registry
import Testing

@Suite("Export in another format") struct FormatExportTests {
    /// The digests of what was written, by path.
    @discardableResult private static func export(
        _ name: String, to path: String, _ format: ExportFormat, in home: TemporaryHome
    ) async throws -> [String: String] {
        var request = ExportRequest(name: name, destination: path)
        request.format = format
        let report = try await home.registry.export(request)
        return Dictionary(report.files.map { ($0.path, $0.digest) }) { first, _ in first }
    }

    @Test("brings every tensor of a Llama back from GGUF, and the same GGUF again") func roundTrip() async throws {
        let home = try TemporaryHome()
        let model = fixtures + "/models/tiny-llama"
        try await home.register(model, as: "m")
        let first = try await Self.export("m", to: home.path("m.gguf"), .gguf, in: home)
        try await home.register(home.path("m.gguf"), as: "g")
        var request = ExportRequest(name: "g", destination: home.path("back"))
        request.format = .safetensors
        let roundTrip = try #require(try await home.registry.export(request).roundTrip)
        #expect(roundTrip.identical == 38 && roundTrip.notCompared == 0)
        #expect(roundTrip.different == [] && roundTrip.changedKeys == [] && roundTrip.lostKeys == [])
        let back = try ConvertTests.tensors(home.path("back/model.safetensors"))
        #expect(try back == ConvertTests.tensors(model + "/model.safetensors"))
        try await home.register(home.path("back"), as: "m2")
        try await Self.export("m2", to: home.path("m2"), .safetensors, in: home)
        #expect(try ConvertTests.tensors(home.path("m2/model.safetensors")) == back)
        // A GGUF file that is written as it is keeps its bytes.
        let same = try await Self.export("g", to: home.path("same.gguf"), .gguf, in: home)
        #expect(first.keys.sorted() == ["m.gguf"] && same.keys.sorted() == ["same.gguf"])
        #expect(same["same.gguf"] == first["m.gguf"])
    }

    @Test("puts PyTorch's views in order, as PyTorch itself does") func views() async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/torch/state_dict_zip.pt", as: "t")
        try await Self.export("t", to: home.path("out"), .safetensors, in: home)
        let tensors = try ConvertTests.tensors(home.path("out/model.safetensors"))
        let goldens = try JSONValue(parsing: ConvertTests.bytes(fixtures + "/torch/expected.json"))
        let golden = try #require(goldens["state_dict_zip.pt"]?.objectValue)
        for (name, value) in golden.members {
            guard let digest = value["sha256_of_contiguous_le_bytes"]?.stringValue, let found = tensors[name] else {
                continue
            }
            #expect(found.hasSuffix(digest), "\(name)")
        }
        #expect(tensors.keys.count { golden[$0] != nil } > 10)
    }

    @Test("is asked for before 4 bits are made of a file whose elements lie otherwise") func refusesViews() async throws
    {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/torch/state_dict_zip.pt", as: "t")
        await #expect {
            try await home.registry.convert(ConvertRequest(name: "t", scheme: "nf4"))
        } throws: {
            "\($0)".contains("--format safetensors")
        }
    }

    @Test("is not needed before 4 bits are made of a GGUF file") func convertsGGUF() async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        try await Self.export("m", to: home.path("m.gguf"), .gguf, in: home)
        try await home.register(home.path("m.gguf"), as: "g")
        let report = try await home.registry.convert(ConvertRequest(name: "g", scheme: "nf4"))
        let direct = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        #expect(report.scheme == "bnb-nf4")
        #expect(report.relativeRmse == direct.relativeRmse)
    }
}
