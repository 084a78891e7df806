import Bytes
import Foundation
import Testing

@testable import Formats

@Suite("Hugging Face's cache") struct HubCacheTests {
    static let commit = String(repeating: "0123456789", count: 4)
    static let weights: [UInt8] = { (try? SmallCheckpoint.bytes(("a", 3))) ?? [] }()

    /// A repository as huggingface_hub lays it out: blobs, links to them, and a ref.
    @discardableResult
    static func write(
        _ files: [String: [UInt8]], as repository: String, in folder: TemporaryFolder, commit: String = commit,
        ref: String? = "main"
    ) throws -> String {
        let root = "hub/models--" + repository.replacingOccurrences(of: "/", with: "--")
        for (name, bytes) in files {
            let etag =
                name.hasSuffix(".safetensors") || name.hasSuffix(".gguf")
                ? Digest(of: bytes).hex : "\(name.utf8.count)abc"
            try folder.write("\(root)/blobs/\(etag)", bytes)
            let link = "\(root)/snapshots/\(commit)/\(name)", depth = name.split(separator: "/").count + 1
            try Folder.make((folder.path + "/" + link as NSString).deletingLastPathComponent)
            try folder.link(link, to: String(repeating: "../", count: depth) + "blobs/\(etag)")
        }
        if let ref { try folder.write("\(root)/refs/\(ref)", commit) }
        return folder.path + "/" + root
    }

    @Test("is read by repository, by snapshot and as a whole") func places() throws {
        let folder = try TemporaryFolder()
        let root = try Self.write(
            ["model.safetensors": Self.weights, "config.json": Array("{}".utf8)], as: "Some-Owner/the.model", in: folder
        )
        try Folder.make(folder.path + "/hub/datasets--Some-Owner--data/snapshots/x")
        try Folder.make(folder.path + "/hub/models--Some-Owner--empty/snapshots")
        let snapshot = "\(root)/snapshots/\(Self.commit)"
        for path in [root, root + "/", snapshot] {
            let source = try ModelSource(scanning: path)
            #expect(source.path == snapshot)
            #expect(source.files.map(\.path) == ["config.json", "model.safetensors"])
            let kept = try #require(source.kept)
            #expect(kept.name == "Some-Owner/the.model")
            #expect(kept.repository == "Some-Owner/the.model")
            #expect(kept.revision == Self.commit)
            #expect(kept.promised == ["model.safetensors": Digest(of: Self.weights)])
        }
        #expect(try ModelStores.paths(in: folder.path) == [snapshot])
        #expect(try ModelStores.paths(in: folder.path + "/hub/") == [snapshot])
        #expect(try ModelStores.paths(in: root) == nil)
    }

    @Test("without a main ref has one snapshot, or asks which") func snapshots() throws {
        let folder = try TemporaryFolder()
        let root = try Self.write(["model.safetensors": Self.weights], as: "a/b", in: folder, ref: nil)
        #expect(try ModelSource(scanning: root).kept?.revision == Self.commit)
        let other = String(repeating: "f", count: 40)
        try Self.write(["model.safetensors": Self.weights], as: "a/b", in: folder, commit: other, ref: nil)
        let error = #expect(throws: FormatError.self) { try ModelSource(scanning: root) }
        #expect(error?.description.contains("2 snapshots of a/b") == true)
        #expect(error?.description.contains(Self.commit) == true)
        #expect(try ModelSource(scanning: root + "/snapshots/" + other).kept?.revision == other)
        #expect(throws: FormatError.self) { try ModelSource(scanning: root + "/snapshots/none") }
    }

    @Test("with shared blobs promises what the first link is called") func sharedBlobs() throws {
        let folder = try TemporaryFolder()
        let root = try Self.write([:], as: "a/b", in: folder), digest = Digest(of: Self.weights)
        try folder.write("hub/blobs/ab/abcdef", Self.weights)
        try Folder.make("\(root)/blobs")
        try Folder.make("\(root)/snapshots/\(Self.commit)")
        try folder.link("hub/models--a--b/blobs/\(digest.hex)", to: "../../blobs/ab/abcdef")
        try folder.link(
            "hub/models--a--b/snapshots/\(Self.commit)/model.safetensors", to: "../../blobs/\(digest.hex)")
        #expect(try ModelSource(scanning: root).kept?.promised == ["model.safetensors": digest])
    }

    @Test("does not lead elsewhere") func outside() throws {
        let folder = try TemporaryFolder()
        try folder.write("elsewhere/model.safetensors", Self.weights)
        let root = try Self.write([:], as: "a/b", in: folder)
        try Folder.make("\(root)/snapshots/\(Self.commit)")
        try folder.link(
            "hub/models--a--b/snapshots/\(Self.commit)/model.safetensors",
            to: folder.path + "/elsewhere/model.safetensors")
        let error = #expect(throws: FormatError.self) { try ModelSource(scanning: root) }
        #expect(error?.description.contains("leads out of the cache") == true)
    }

    @Test("says what the repository has and the cache has not") func incomplete() throws {
        let folder = try TemporaryFolder()
        let root = try Self.write(["model.safetensors": Self.weights], as: "a/b", in: folder)
        try folder.write(
            "hub/models--a--b/trees/\(Self.commit).json",
            #"{"format_version":1,"files":{"model.safetensors":{"size":1},"tokenizer.json":{"size":2},".gitattributes":{}}}"#
        )
        #expect(try ModelSource(scanning: root).notes == ["1 file of a/b not in the cache: tokenizer.json"])
    }

    @Test("gives each size of a model in GGUF files") func quantizations() throws {
        let folder = try TemporaryFolder()
        let gguf = try Data(contentsOf: URL(filePath: Fixtures.path("gguf/align128.gguf")))
        let names = ["small-Q4_K_M.gguf", "small-Q8_0.gguf", "mmproj-small.gguf", "README.md"]
        let root = try Self.write(
            Dictionary(uniqueKeysWithValues: names.map { ($0, Array(gguf)) }), as: "a/small-GGUF", in: folder)
        let paths = try #require(try ModelStores.paths(in: folder.path))
        #expect(
            paths.map { $0.dropFirst("\(root)/snapshots/\(Self.commit)/".count) } == [
                "small-Q4_K_M.gguf", "small-Q8_0.gguf",
            ])
        let sources = try paths.map { try ModelSource(scanning: $0) }
        #expect(sources.map { $0.kept?.name } == ["a/small-GGUF:Q4_K_M", "a/small-GGUF:Q8_0"])
        #expect(sources.map { $0.files.map(\.path) } == [["small-Q4_K_M.gguf"], ["small-Q8_0.gguf"]])
    }
}
