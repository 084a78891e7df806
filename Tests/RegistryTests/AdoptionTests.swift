import Bytes
import Foundation
import Registry
import Testing

@Suite("Models that other tools keep") struct AdoptionTests {
    private static let commit = String(repeating: "ab", count: 20)

    /// A repository in the layout of Hugging Face's cache; gives its folder.
    private static func cache(in home: TemporaryHome) throws -> String {
        let root = home.path("hub/models--owner--small"), snapshot = "\(root)/snapshots/\(commit)"
        try MadeModel.llama().write(to: snapshot)
        try Folder.make("\(root)/blobs")
        try Folder.make("\(root)/refs")
        for name in try Folder.entries(of: snapshot) {
            let path = "\(snapshot)/\(name)", etag = try TemporaryHome.digest(path)
            try Folder.rename(path, to: "\(root)/blobs/\(etag)")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "../../blobs/\(etag)")
        }
        try Data(commit.utf8).write(to: URL(filePath: "\(root)/refs/main"))
        return root
    }

    private static func weights(_ root: String) throws -> String {
        try #require(Folder.resolved("\(root)/snapshots/\(commit)/model.safetensors"))
    }

    @Test(
        "keep their name, and where they come from",
        arguments: [RegisterRequest.Storage?.none, .copy, .link, .reference])
    func origin(storage: RegisterRequest.Storage?) async throws {
        let home = try TemporaryHome(), root = try Self.cache(in: home)
        var request = RegisterRequest(path: root)
        request.storage = storage
        let report = try await home.registry.register(request)
        #expect(report.name == "owner/small")
        let detail = try home.registry.show("owner/small")
        #expect(detail.sourceRepository == "owner/small")
        #expect(detail.sourceRevision == Self.commit)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try TemporaryHome.files(under: home.registry.home + "/incoming").isEmpty)
        let again = try await home.registry.register(request)
        #expect(again.outcome == "unchanged")
    }

    @Test("are found again where they were published") func publishedLater() async throws {
        let home = try TemporaryHome(), root = try Self.cache(in: home)
        try MadeModel.llama().write(to: home.path("plain"))
        try await home.register(home.path("plain"), as: "plain")
        #expect(try home.registry.show("plain").sourceRepository == nil)
        let report = try await home.registry.register(RegisterRequest(path: root))
        #expect(report.notes.isEmpty)
        #expect(try home.registry.show("plain").sourceRepository == "owner/small")
        #expect(try home.registry.show("plain").sourceRevision == Self.commit)
        try Folder.removeTree(root)
        try await home.register(home.path("plain"), as: "again")
        #expect(try home.registry.show("again").sourceRevision == Self.commit)
    }

    @Test("stay whole when the other tool removes them", arguments: [RegisterRequest.Storage?.none, .link])
    func prune(storage: RegisterRequest.Storage?) async throws {
        let home = try TemporaryHome(), root = try Self.cache(in: home)
        let wanted = try TemporaryHome.digest(try Self.weights(root))
        var request = RegisterRequest(path: root)
        request.storage = storage
        _ = try await home.registry.register(request)
        try Folder.removeTree(root)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        _ = try await home.registry.export(ExportRequest(name: "owner/small", destination: home.path("out")))
        #expect(try TemporaryHome.digest(home.path("out/model.safetensors")) == wanted)
    }

    @Test("are linked only when that is asked for") func links() async throws {
        let home = try TemporaryHome(), root = try Self.cache(in: home), weights = try Self.weights(root)
        let inode = try #require(FileIdentity(path: weights)).inode
        func holdsLink() throws -> Bool {
            try home.storedFiles().contains { FileIdentity(path: $0)?.inode == inode }
        }
        _ = try await home.registry.register(RegisterRequest(path: root))
        #expect(try !holdsLink())
        let other = try TemporaryHome(), otherRoot = try Self.cache(in: other)
        let place = try #require(FileIdentity(path: try Self.weights(otherRoot))).inode
        var request = RegisterRequest(path: otherRoot)
        request.storage = .link
        _ = try await other.registry.register(request)
        #expect(try other.storedFiles().contains { FileIdentity(path: $0)?.inode == place })
    }

    @Test(
        "are refused when their bytes are not what their name says", arguments: [RegisterRequest.Storage?.none, .link])
    func damaged(storage: RegisterRequest.Storage?) async throws {
        let home = try TemporaryHome(), root = try Self.cache(in: home), weights = try Self.weights(root)
        var bytes = try Data(contentsOf: URL(filePath: weights))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(filePath: weights))
        var request = RegisterRequest(path: root)
        request.storage = storage
        let error = await #expect(throws: FormatError.self) { try await home.registry.register(request) }
        #expect(error?.description.contains("its name promises the SHA-256") == true)
        #expect(error?.file?.hasSuffix("model.safetensors") == true)
        #expect(try home.storedFiles().isEmpty)
        #expect(try home.registry.list().isEmpty)
    }

    @Test("go back into the cache under their commit, and are found there") func export() async throws {
        let home = try TemporaryHome(), root = try Self.cache(in: home)
        _ = try await home.registry.register(RegisterRequest(path: root))
        let cache = home.path("other")
        var request = ExportRequest(name: "owner/small", destination: cache)
        let report = try await home.registry.exportToHubCache(request)
        #expect(report.destination == "\(cache)/models--owner--small/snapshots/\(Self.commit)")
        for name in try Folder.entries(of: report.destination) {
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: "\(report.destination)/\(name)")
            #expect(link.hasPrefix("../../blobs/"))
            #expect(
                try TemporaryHome.digest("\(report.destination)/\(name)")
                    == TemporaryHome.digest("\(root)/snapshots/\(Self.commit)/\(name)"))
        }
        #expect(try String(contentsOfFile: "\(cache)/models--owner--small/refs/main", encoding: .utf8) == Self.commit)
        #expect(try Folder.entries(of: "\(cache)/models--owner--small") == ["blobs", "refs", "snapshots"])
        // The same again is no other commit; what is written anew is one.
        _ = try await home.registry.exportToHubCache(request)
        request.dtype = "f16"
        let error = await #expect(throws: RegistryError.self) { try await home.registry.exportToHubCache(request) }
        #expect(error?.description.contains("'main' of owner/small in this cache is the commit") == true)
        request.existing = .replace
        let other = try await home.registry.exportToHubCache(request)
        #expect(other.destination != report.destination)
        var found = RegisterRequest(path: "\(cache)/models--owner--small")
        found.name = "halves"
        #expect(try await home.registry.register(found).scheme == "f16")
    }

    @Test("are called as git and the hub call them") func gitNames() {
        // `printf 'hello\n' | git hash-object --stdin`
        #expect(GitBlob.name(of: Array("hello\n".utf8)) == "ce013625030ba8dba906f756967f9e9ca394464a")
    }

    @Test("a repository's name is one", arguments: ["", "a/b/c", "../x", "a/..", "a b", "/x", "a--b/c"])
    func badRepository(name: String) async throws {
        let home = try TemporaryHome()
        try await home.register(try MadeModel.llama().write(to: home.path("m")), as: "m")
        let request = ExportRequest(name: "m", destination: home.path("cache"))
        await #expect(throws: RegistryError.self) {
            try await home.registry.exportToHubCache(request, repository: name)
        }
        #expect(!Folder.exists(home.path("cache")))
    }
}
