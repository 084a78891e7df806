import Bytes
import GRDB
import Testing

@testable import Catalog

@Suite("Notes") struct NoteTests {
    @Test("stay with the bytes, are one each, and come back from manifests") func notes() throws {
        let test = try TestCatalog()
        let draft = ArtifactDraft.sample(["a"])
        _ = try test.catalog.insert(draft, naming: Naming(try tag("m")))
        #expect(try test.catalog.addNote("first\nof two lines", to: draft.digest, at: .day(1)))
        #expect(try test.catalog.addNote("first\nof two lines", to: draft.digest, at: .day(2)) == false)
        #expect(try test.catalog.addNote("é'\"; DROP TABLE note", to: draft.digest, at: .day(3)))
        let wanted = [
            NoteRecord(text: "first\nof two lines", writtenAt: .day(1)),
            NoteRecord(text: "é'\"; DROP TABLE note", writtenAt: .day(3)),
        ]
        #expect(try test.catalog.notes(of: draft.digest) == wanted)
        #expect(try test.text("SELECT artifact FROM note_summary") == ["m", "m"])
        _ = try test.catalog.forget([draft.digest])
        #expect(try test.text("SELECT substr(artifact, 1, 1) FROM note_summary") == ["@", "@"])
        _ = try test.catalog.insert(draft, naming: Naming(try tag("again")))
        #expect(try test.catalog.search("lines").rows.map(\.summary.label) == ["again"])

        let path = test.folder.path + "/again.sqlite"
        _ = try CatalogDatabase.restore(to: path) { _, _ in .raw }
        let restored = try CatalogDatabase(path: path, access: .readOnly)
        #expect(try restored.notes(of: draft.digest) == wanted)
        #expect(try restored.search("lines").rows.map(\.summary.label) == ["again"])
        #expect(try restored.search("layer weight").rows.count == 1)
    }

    @Test("of an artifact that is not there are refused") func unknown() throws {
        let test = try TestCatalog()
        #expect(try catalogError { _ = try test.catalog.addNote("x", to: Digest(of: "no")) }?.code == .unknownName)
    }
}
