import Bytes
import Foundation
import Testing

@testable import Formats

@Suite("Ollama's store, and LM Studio's folder") struct OllamaStoreTests {
    private static func gguf() throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: Fixtures.path("gguf/align128.gguf"))))
    }

    /// Writes layers and the manifest that names them, and gives the manifest's path.
    private static func write(
        _ layers: [(type: String, bytes: [UInt8])], as place: String, in folder: TemporaryFolder,
        sizeError: Int = 0
    ) throws -> String {
        var texts: [String] = []
        for (type, bytes) in layers {
            let digest = Digest(of: bytes).hex
            try folder.write("models/blobs/sha256-\(digest)", bytes)
            texts.append(
                #"{"mediaType":"application/vnd.ollama.image.\#(type)","digest":"sha256:\#(digest)","size":\#(bytes.count + sizeError)}"#
            )
        }
        let config = Array(#"{"model_format":"gguf"}"#.utf8), digest = Digest(of: config).hex
        try folder.write("models/blobs/sha256-\(digest)", config)
        return try folder.write(
            "models/manifests/\(place)",
            #"""
            {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":
            "application/vnd.docker.container.image.v1+json","digest":"sha256:\#(digest)","size":\#(config.count)},
            "layers":[\#(texts.joined(separator: ","))]}
            """#)
    }

    private static func layers() throws -> [(type: String, bytes: [UInt8])] {
        [
            ("model", try gguf()), ("template", Array("{{ .Prompt }}".utf8)), ("params", Array("{}".utf8)),
            ("license", Array("one".utf8)), ("license", Array("two".utf8)),
        ]
    }

    @Test("is read by manifest and as a whole") func places() throws {
        let folder = try TemporaryFolder()
        let path = try Self.write(try Self.layers(), as: "registry.ollama.ai/library/llama3.2/1b", in: folder)
        let other = try Self.write(try Self.layers(), as: "example.org/me/mine/latest", in: folder)
        #expect(Set(try #require(try ModelStores.paths(in: folder.path))) == [path, other])
        let source = try ModelSource(scanning: path), kept = try #require(source.kept)
        #expect(
            source.files.map { "\($0.path) \($0.role.rawValue)" } == [
                "LICENSE license", "LICENSE-2 license", "manifest.json other", "model.gguf weights",
                "ollama.json other",
                "params.json config", "template.txt other",
            ])
        #expect(kept.name == "llama3.2:1b")
        #expect(kept.repository == "registry.ollama.ai/library/llama3.2:1b")
        #expect(kept.revision == Digest(of: try Array(Data(contentsOf: URL(filePath: path)))).hex)
        #expect(kept.promised["model.gguf"] == Digest(of: try Self.gguf()))
        #expect(try ModelSource(scanning: other).kept?.name == "me/mine:latest")
    }

    @Test("names the layer that is missing or has another length") func damaged() throws {
        let folder = try TemporaryFolder()
        let path = try Self.write(try Self.layers(), as: "h/library/m/t", in: folder)
        try Folder.unlink("\(folder.path)/models/blobs/sha256-\(Digest(of: try Self.gguf()).hex)")
        let missing = #expect(throws: FormatError.self) { try ModelSource(scanning: path) }
        #expect(missing?.description.contains("'model.gguf' is not in the store") == true)
        let longer = try Self.write(try Self.layers(), as: "h/library/m/u", in: folder, sizeError: 1)
        let length = #expect(throws: FormatError.self) { try ModelSource(scanning: longer) }
        #expect(length?.description.contains("bytes, not") == true)
        #expect(length?.file == longer)
    }

    @Test(
        "refuses a manifest that is none",
        arguments: [
            "", "[]", "{}", #"{"layers":[]}"#, #"{"layers":[{"mediaType":"x"}]}"#,
            #"{"layers":[{"mediaType":"application/vnd.ollama.image.json","name":"../x","digest":"sha256:DIGEST"}]}"#,
        ])
    func hostile(manifest: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("models/blobs/sha256-\(Digest(of: "").hex)", "")
        let path = try folder.write(
            "models/manifests/h/n/m/t", manifest.replacingOccurrences(of: "DIGEST", with: Digest(of: "").hex))
        let error = #expect(throws: FormatError.self) { try ModelSource(scanning: path) }
        #expect(error?.file == path)
    }

    @Test("of LM Studio gives repositories, and each size of a model") func studio() throws {
        let folder = try TemporaryFolder(), gguf = try Self.gguf()
        let models = ".lmstudio/models"
        try folder.write("\(models)/one/single/model.gguf", gguf)
        try folder.write("\(models)/two/several/m-Q4_0.gguf", gguf)
        try folder.write("\(models)/two/several/m-Q8_0.gguf", gguf)
        let paths = try #require(try ModelStores.paths(in: folder.path + "/.lmstudio"))
        #expect(paths == (try ModelStores.paths(in: "\(folder.path)/\(models)")))
        #expect(
            paths.map { $0.dropFirst("\(folder.path)/\(models)/".count) } == [
                "one/single", "two/several/m-Q4_0.gguf", "two/several/m-Q8_0.gguf",
            ])
        let sources = try paths.map { try ModelSource(scanning: $0) }
        #expect(sources.map { $0.kept?.name } == ["one/single", "two/several:Q4_0", "two/several:Q8_0"])
        #expect(sources.map { $0.kept?.repository } == ["one/single", "two/several", "two/several"])
    }
}
