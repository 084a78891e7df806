import Bytes
import Foundation
import Testing

@testable import Blobs

@Suite("Blob store") struct BlobStoreTests {
    private let home = NSTemporaryDirectory() + "ingot-blobs-" + UUID().uuidString

    private func makeStore() throws -> BlobStore {
        let store = BlobStore(home: home)
        try store.prepare()
        return store
    }

    private func put(_ text: String, _ store: BlobStore, _ area: StagingArea) throws -> SealedBlob {
        let writer = try BlobWriter(in: area)
        try writer.append(Array(text.utf8).span)
        return try writer.seal()
    }

    @Test("keeps a blob under its digest, read-only") func publishes() throws {
        defer { try? Folder.removeTree(home) }
        let store = try makeStore()
        let area = try StagingArea(in: store, name: "a")
        let blob = try put("weights", store, area)
        #expect(blob.digest == Digest(of: "weights"))
        #expect(!store.contains(blob.digest, byteCount: 7))
        #expect(try store.publish([blob]).gainedByteCount == 7)
        #expect(store.contains(blob.digest, byteCount: 7))
        #expect(try store.open(blob.digest).bytes(0..<7) == Array("weights".utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: store.path(of: blob.digest))[.posixPermissions]
        #expect(mode as? Int == 0o444)
    }

    @Test("gains nothing from bytes that it has") func publishesOnce() throws {
        defer { try? Folder.removeTree(home) }
        let store = try makeStore()
        let area = try StagingArea(in: store, name: "a")
        try store.publish([try put("same", store, area)])
        let again = try put("same", store, area)
        #expect(try store.publish([again]).gainedByteCount == 0)
        #expect(!Folder.exists(again.path))
        #expect(try TestFiles.count(under: home + "/blobs") == 1)
    }

    @Test("mends a blob that has rotted when the same bytes come again") func mends() throws {
        defer { try? Folder.removeTree(home) }
        let store = try makeStore()
        let area = try StagingArea(in: store, name: "a")
        try store.publish([try put("right", store, area)])
        let path = store.path(of: Digest(of: "right"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try Data("wrong".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try store.publish([try put("right", store, area)]).gainedByteCount == 0)
        #expect(try store.open(Digest(of: "right")).bytes(0..<5) == Array("right".utf8))
    }

    @Test("replaces a file that was cut short") func replacesShortFile() throws {
        defer { try? Folder.removeTree(home) }
        let store = try makeStore()
        let area = try StagingArea(in: store, name: "a")
        let blob = try put("whole", store, area)
        try Folder.make(home + "/blobs/" + blob.digest.hex.prefix(2))
        try Data("who".utf8).write(to: URL(fileURLWithPath: store.path(of: blob.digest)))
        #expect(try store.publish([blob]).gainedByteCount == 5)
        #expect(store.contains(blob.digest, byteCount: 5))
    }

    @Test("sweeps what a dead writer left, and spares a living one's") func sweeps() throws {
        defer { try? Folder.removeTree(home) }
        let store = try makeStore()
        let living = try StagingArea(in: store, name: "living")
        do {
            let dead = try StagingArea(in: store, name: "dead")
            _ = try put("half", store, dead)
        }
        #expect(try StagingArea.sweep(store) == ["dead"])
        #expect(Folder.exists(living.path))
        try living.discard()
        #expect(!Folder.exists(living.path))
    }

    @Test("refuses a second writer of one area") func locks() throws {
        defer { try? Folder.removeTree(home) }
        let store = try makeStore()
        let first = try StagingArea(in: store, name: "a")
        #expect(throws: FileError.self) { try StagingArea(in: store, name: "a") }
        #expect(try StagingArea.sweep(store).isEmpty)
        #expect(Folder.exists(first.path))
    }
}

private enum TestFiles {
    /// The regular files in a folder and those below it.
    static func count(under folder: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: folder).count { !Folder.isFolder("\(folder)/\($0)") }
    }
}
