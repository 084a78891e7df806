import Bytes
import Catalog
import Formats
import Foundation
import Testing

@testable import Registry

/// The same bytes, read in several ways.
@Suite("Readings") struct ReadingTests {
    private static func options(_ change: (inout ReadingOptions) -> Void = { _ in }) -> ReadingOptions {
        var options = ReadingOptions()
        change(&options)
        return options
    }

    @discardableResult private static func register(
        _ file: String, as name: String, _ reading: ReadingOptions = options(), in home: TemporaryHome
    ) async throws -> RegisterReport {
        var request = RegisterRequest(path: fixtures + "/" + file)
        request.name = name
        request.reading = reading
        return try await home.registry.register(request)
    }

    private static func digest(of file: String, as path: String) throws -> String {
        Digest(of: "\(path)\t\(try TemporaryHome.digest(fixtures + "/" + file))\n").hex
    }

    /// The names of the tensors that an export writes.
    private static func exported(_ name: String, in home: TemporaryHome) async throws -> [String] {
        var request = ExportRequest(name: name, destination: home.path("out-" + name))
        request.format = .safetensors
        _ = try await home.registry.export(request)
        return try ModelRegistry.inspect(home.path("out-" + name)).tensors.map(\.name)
    }

    @Test("of a PyTorch file stand side by side, and share every byte") func states() async throws {
        let home = try TemporaryHome()
        let file = "torch/training_plain.pt"
        let usual = try await Self.register(file, as: "a", in: home)
        let before = try home.storedFiles()
        let other = try await Self.register(file, as: "b", Self.options { $0.statePath = "ema" }, in: home)
        #expect(usual.digest == (try Self.digest(of: file, as: "training_plain.pt")))
        #expect(other.digest != usual.digest)
        #expect(other.newBytes == 0)
        #expect(try home.storedFiles() == before)
        let expected = try ["a": Self.options(), "b": Self.options { $0.statePath = "ema" }].mapValues { reading in
            try ModelRegistry.inspect(fixtures + "/" + file, reading: reading).tensors.map(\.name)
        }
        #expect(expected["a"] != expected["b"])
        for name in ["a", "b"] {
            #expect(try home.registry.tensors(of: name).map(\.name).sorted() == expected[name])
            let copy = home.path(name + ".pt")
            _ = try await home.registry.export(ExportRequest(name: name, destination: copy))
            #expect(try TemporaryHome.digest(copy) == TemporaryHome.digest(fixtures + "/" + file))
        }
        // Of the tied names, one is written.
        #expect(Set(try await Self.exported("a", in: home)).isSubset(of: expected["a"] ?? []))
        #expect(try await Self.exported("b", in: home) == expected["b"])
        #expect(try home.registry.show("a").reading == nil)
        #expect(try home.registry.show("b").reading == "--state-path ema")
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        _ = try home.registry.remove(["a"])
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try home.registry.tensors(of: "b").map(\.name).sorted() == expected["b"])
    }

    @Test("with other names are other artifacts") func prefixes() async throws {
        let home = try TemporaryHome()
        let file = "torch/training_plain.pt"
        let usual = try await Self.register(file, as: "a", in: home)
        let stripped = try await Self.register(file, as: "b", Self.options { $0.stripsPrefixes = true }, in: home)
        #expect(usual.digest != stripped.digest)
        #expect(try await Self.exported("b", in: home).contains("a.weight"))
        #expect(try await Self.exported("a", in: home).contains("_orig_mod.module.a.weight"))
    }

    @Test("with another dtype are other artifacts") func void() async throws {
        let home = try TemporaryHome()
        for dtype in ["bf16", "f16"] {
            let report = try await Self.register(
                "npz/bf16_as_void.npy", as: dtype, Self.options { $0.voidDtype = dtype }, in: home)
            #expect(report.scheme == dtype)
        }
        for dtype in ["bf16", "f16"] {
            #expect(try home.registry.tensors(of: dtype).map(\.dtype) == [dtype.uppercased()])
            #expect(try home.registry.show(dtype).artifact.scheme == dtype)
        }
    }

    @Test("that give the same tensors are the same artifact") func sameReading() async throws {
        let home = try TemporaryHome()
        let file = "torch/training_plain.pt"
        let usual = try await Self.register(file, as: "a", in: home)
        let named = try await Self.register(file, as: "b", Self.options { $0.statePath = "model" }, in: home)
        let ema = try await Self.register(file, as: "c", Self.options { $0.statePath = "ema" }, in: home)
        let both = try await Self.register(
            file, as: "d", Self.options { ($0.statePath, $0.stripsPrefixes) = ("ema", true) }, in: home)
        #expect(named.digest == usual.digest)
        let names = try home.registry.tensors(of: "c").map(\.name)
        #expect((both.digest == ema.digest) == (try home.registry.tensors(of: "d").map(\.name) == names))
        // Leave to skip what is unknown chooses nothing.
        let skipped = try await Self.register(
            "torch/training.pt", as: "e", Self.options { $0.skipsUnknown = true }, in: home)
        #expect(skipped.digest == (try Self.digest(of: "torch/training.pt", as: "training.pt")))
    }

    /// As a version would have left it that did not know the layout.
    @Test("of an older version give way when the same bytes come again") func stale() async throws {
        let home = try TemporaryHome()
        let report = try await Self.register("quantized/gptq-w4g128", as: "m", in: home)
        let known = try home.registry.tensors(of: "m").map(\.name)
        let digest = try #require(Digest(hex: report.digest))
        let catalog = home.registry.catalog
        _ = try catalog.insert(
            ArtifactDraft(
                digest: digest, weightsDigest: Digest(of: "old"), kind: .checkpoint, origin: .imported, scheme: "i32",
                format: "safetensors", parameterCount: 0, weightByteCount: 0,
                blobs: try catalog.blobs(of: digest).map { BlobDraft(digest: $0.digest, byteCount: $0.byteCount) },
                files: try catalog.files(of: digest).map {
                    FileDraft(
                        path: $0.path, digest: $0.digest, byteCount: $0.byteCount, role: $0.role, segments: $0.segments)
                }))
        #expect(try home.registry.show("m").artifact.scheme == "i32")
        let again = try await Self.register("quantized/gptq-w4g128", as: "m", in: home)
        #expect(again.digest == report.digest)
        #expect(again.notes.contains { $0.contains("another version of Ingot") })
        let artifact = try home.registry.show("m").artifact
        #expect(artifact.scheme == report.scheme)
        #expect(artifact.weightsDigest == report.weightsDigest)
        #expect(try home.registry.tensors(of: "m").map(\.name) == known)
        let last = try await Self.register("quantized/gptq-w4g128", as: "m", in: home)
        #expect((last.outcome, last.notes) == ("unchanged", report.notes))
    }

    @Test("of a variant that comes back find what the conversion had noted", arguments: ["nf4", "fp4-dq", "nf4-b128"])
    func variant(scheme: String) async throws {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try MadeModel.llama().write(to: home.path("m")))
        request.name = "m"
        _ = try await home.registry.register(request)
        let made = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        _ = try await home.registry.export(ExportRequest(name: made.name, destination: home.path("out")))
        let before = try home.registry.tensors(of: made.name)
        var again = RegisterRequest(path: home.path("out"))
        again.name = "back"
        let report = try await home.registry.register(again)
        #expect(report.digest == made.digest)
        #expect(!report.notes.contains { $0.contains("another version") }, "\(report.notes)")
        #expect(report.scheme == made.scheme)
        let artifact = try home.registry.show("back").artifact
        #expect(artifact.quantization == (try ModelRegistry.inspect(home.path("out")).quantization))
        #expect(try home.registry.tensors(of: "back").map(\.groupSize) == before.map(\.groupSize))
        #expect(before.contains { $0.groupSize == (scheme == "nf4-b128" ? 128 : 64) && $0.bits == 4 })
    }
}
