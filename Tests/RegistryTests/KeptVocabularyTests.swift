import Blobs
import Bytes
import Catalog
import Foundation
import Testing

@testable import Registry

/// What becomes of the list of tokens with which a vocabulary was cut.
@Suite("A vocabulary cut by a list") struct KeptVocabularyTests {
    let home: TemporaryHome
    private let list: String

    init() async throws {
        home = try TemporaryHome()
        list = home.path("tokens.txt")
        try await home.register(PrunableModel.llama(), as: "m", tokenizer: PrunableModel.tokenizer)
        try Data("abcd\nij\n".utf8).write(to: URL(fileURLWithPath: list))
    }

    private func prune() async throws {
        var request = PruneRequest(name: "m")
        request.vocabulary = list
        request.newName = "small"
        _ = try await home.registry.prune(request)
    }

    @Test("is derived again when the list's file is gone") func proof() async throws {
        try await prune()
        try FileManager.default.removeItem(atPath: list)
        #expect(try await home.registry.rederive("small").outcome == "proven")
    }

    @Test("comes back after an eviction, which leaves what tells the tokens") func eviction() async throws {
        try await prune()
        try FileManager.default.removeItem(atPath: list)
        _ = try await home.export("small", to: "before", nil)
        let evicted = try await home.registry.evict(EvictRequest(names: ["small"]))
        #expect(evicted.variants.map(\.outcome) == ["evicted"] && evicted.freedBytes > 0)
        #expect(try home.registry.show("small").artifact.evictedBlobs > 0)
        let again = try await home.registry.evict(EvictRequest(names: ["small"]))
        #expect(again.variants.map(\.outcome) == ["unchanged"])
        _ = try await home.export("small", to: "after", nil)
        for name in try FileManager.default.contentsOfDirectory(atPath: home.path("before")) {
            #expect(
                try TemporaryHome.digest(home.path("before/\(name)"))
                    == TemporaryHome.digest(home.path("after/\(name)")), "\(name)")
        }
    }

    @Test("says what is missing when neither the list nor the record is there") func missing() async throws {
        try await prune()
        let files = try home.registry.files(of: home.registry.artifact(named: "small").digest)
        let record = try #require(files.first { $0.path == "pruning.json" }?.segments.first?.blob)
        try FileManager.default.removeItem(atPath: home.registry.store.path(of: record))
        let error = await #expect(throws: RegistryError.self) { _ = try await home.registry.rederive("small") }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("pruning.json") && text.contains("--vocabulary FILE"), "\(text)")
    }

    @Test(
        "comes back with the list's file when the record was lost or damaged after an eviction",
        arguments: [true, false])
    func lostRecord(isLost: Bool) async throws {
        try await prune()
        let small = try home.registry.artifact(named: "small").digest
        _ = try await home.registry.evict(EvictRequest(names: ["small"]))
        let files = try home.registry.files(of: small)
        let record = try #require(files.first { $0.path == "pruning.json" }?.segments.first?.blob)
        let path = home.registry.store.path(of: record)
        if isLost { try FileManager.default.removeItem(atPath: path) } else { try Self.damage(path) }
        var request = EvictRequest(names: ["small"])
        let refused = await #expect(throws: RegistryError.self) { _ = try await home.registry.undoEviction(request) }
        let text = refused.map { "\($0)" } ?? ""
        #expect(text.contains("ingot evict --undo small --vocabulary FILE"), "\(text)")
        request.files.vocabularyPath = home.path("source-m/config.json")
        let other = await #expect(throws: RegistryError.self) { _ = try await home.registry.undoEviction(request) }
        #expect(other.map { "\($0)" }?.contains("another file") == true)
        request.files.vocabularyPath = list
        let report = try await home.registry.undoEviction(request)
        #expect(report.variants.map(\.outcome) == ["rebuilt"])
        #expect(try await home.registry.verify(VerifyRequest(name: "small")).damage.isEmpty)
    }

    /// Another id in the first run, in as many bytes.
    private static func damage(_ path: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let place = try #require(bytes.indices.dropLast().first { bytes[$0] == 0x22 && bytes[$0 + 1] == 0x30 })
        bytes[place + 1] = 0x31
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    @Test("is a step of a recipe, with the list's file") func recipe() async throws {
        let digest = try TemporaryHome.digest(list)
        let path = home.path("tokens.yaml")
        try Data("steps:\n- {transform: prune, parameters: {vocabulary_list: \(digest)}}\n".utf8)
            .write(to: URL(fileURLWithPath: path))
        var request = PipelineRequest(recipePath: path, name: "m")
        let failed = try await home.registry.run(request)
        #expect(failed.steps[0].reason?.contains("--vocabulary FILE") == true, "\(failed.steps[0].reason ?? "")")
        request.vocabularyPath = home.path("source-m/config.json")
        let other = try await home.registry.run(request)
        #expect(other.steps[0].reason?.contains("another file") == true, "\(other.steps[0].reason ?? "")")
        request.vocabularyPath = list
        let report = try await home.registry.run(request)
        #expect(report.outcome == "done")
        try await prune()
        let name = try #require(report.steps[0].name)
        #expect(try home.registry.artifact(named: "small").digest == home.registry.artifact(named: name).digest)
    }
}
