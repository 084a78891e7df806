import Bytes
import Catalog
import Foundation
import Testing

@testable import Registry

@Suite("Model cards in the search") struct CardTests {
    private func home() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        try MadeModel.llama().write(to: home.path("m"))
        try Data("---\nlicense: mit\ntags: [tiny]\n---\nTrained on stories.".utf8)
            .write(to: URL(fileURLWithPath: home.path("m/README.md")))
        try await home.register(home.path("m"), as: "m")
        return home
    }

    @Test("are read as a model is registered") func register() async throws {
        let home = try await home()
        let found = try home.registry.search("stories").matches
        #expect(found.map(\.artifact.name) == ["m"])
        #expect(found.first?.column == "card")
        #expect(try home.registry.show("m").cardTags == ["tiny"])
        #expect(try home.registry.catalog.artifactsWithUnreadCards(atMost: 9) == [])
    }

    @Test("come back from the store when the catalog is made again") func restored() async throws {
        let home = try await home()
        _ = try home.registry.addNote("keep", to: "m")
        _ = try ModelRegistry.repairCatalog(home: home.registry.home, sound: .replace)
        let again = try ModelRegistry(home: home.registry.home, access: .readOnly)
        #expect(try again.search("stories keep").matches.map(\.artifact.name) == ["m"])
        #expect(try again.notes(of: "m").notes.map(\.text) == ["keep"])
        #expect(try again.show("m").cardTags == ["tiny"])
    }

    /// As a catalog that an older version made.
    @Test("that were not read are read by the next act that stores something") func later() async throws {
        let home = try await home()
        let digest = try home.registry.artifact(named: "m").digest
        try home.registry.catalog.forgetCard(of: digest)
        #expect(try home.registry.search("stories").matches.isEmpty)
        #expect(
            try ModelRegistry.examine(home: home.registry.home).notes.contains {
                $0.what.contains("1 model card cannot")
            })
        try await home.register(fixtures + "/models/tiny-llama", as: "other")
        #expect(try home.registry.search("stories").matches.map(\.artifact.name) == ["m"])
    }

    @Test("whose bytes are gone do not come in the way") func missing() async throws {
        let home = try await home()
        let digest = try home.registry.artifact(named: "m").digest
        try home.registry.catalog.forgetCard(of: digest)
        for file in try home.storedFiles() { try FileManager.default.removeItem(atPath: file) }
        try await home.register(fixtures + "/models/tiny-llama", as: "other")
        #expect(try home.registry.catalog.artifactsWithUnreadCards(atMost: 9) == [])
        #expect(try home.registry.search("stories").matches.isEmpty)
    }

    @Test("--deep finds a search that lacks an artifact") func deep() async throws {
        let home = try await home()
        #expect(try ModelRegistry.examine(home: home.registry.home, check: .deep).faults.isEmpty)
        let report = try ModelRegistry.examine(home: home.registry.home, check: .deep)
        #expect(report.catalog?.check == "deep")
        #expect(report.catalog?.searchBytes ?? 1 > 0)
    }
}
