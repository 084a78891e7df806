import Bytes

/// The store of Ollama: `manifests/<host>/<namespace>/<model>/<tag>` names layers, `blobs/sha256-<hex>` holds them.
///
/// Source: ollama, `docs/import.md` and `server/images.go`.
enum OllamaStore {
    /// - Parameter path: absolute; a manifest.
    static func model(at path: String) throws -> KeptModel? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 5, parts[parts.count - 5] == "manifests" else { return nil }
        let root = parts.dropLast(5).joined(separator: "/")
        guard Folder.isFolder(root + "/blobs"), case .file = PathKind(path) else { return nil }
        return try Manifest(path, root: root, place: Array(parts.suffix(4))).model()
    }

    static func paths(in path: String) throws -> [String]? {
        let root = Folder.isFolder(path + "/models/manifests") ? path + "/models" : path
        guard Folder.isFolder(root + "/manifests"), Folder.isFolder(root + "/blobs") else { return nil }
        var paths = [root + "/manifests"]
        for _ in 0..<4 {  // host, namespace, model, tag
            paths = try paths.filter(Folder.isFolder).flatMap { folder in
                try Folder.entries(of: folder).filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }
            }
        }
        return paths.filter { if case .file = PathKind($0) { true } else { false } }
    }

    private struct Manifest {
        let path: String
        let root: String
        /// Host, namespace, model, tag.
        let place: [String]
        let bytes: [UInt8]
        private var files: [FolderListing.Entry] = []
        private var promised: [String: Digest] = [:]
        private var leftOut: [LeftOutFile] = []

        init(_ path: String, root: String, place: [String]) throws {
            self.path = path
            self.root = root
            self.place = place
            bytes = try CompanionReader.bytes(of: path, atMost: 16 << 20)
            do {
                try readLayers()
            } catch let error as FormatError { throw error.within(file: path) }
        }

        func model() -> KeptModel {
            let (host, space, model, tag) = (place[0], place[1], place[2], place[3])
            let owner = space == "library" ? "" : KeptModel.nameable(space) + "/"
            return KeptModel(
                path: path, name: "\(owner)\(KeptModel.nameable(model)):\(KeptModel.nameable(tag))",
                repository: "\(host)/\(space)/\(model):\(tag)", revision: Digest(of: bytes).hex, files: files,
                leftOut: leftOut, promised: promised, notes: [])
        }

        private mutating func readLayers() throws {
            let manifest = try JSONValue(parsing: bytes)
            guard let layers = manifest["layers"]?.arrayValue, !layers.isEmpty else {
                throw FormatError(
                    .corrupt, "the manifest names no layers", remedy: "Pull the model again with Ollama")
            }
            for layer in layers { try add(layer) }
            if let config = manifest["config"], config["digest"] != nil { try add(config, as: "ollama.json") }
            if let identity = FileIdentity(path: path) {
                files.append(FolderListing.Entry(path: "manifest.json", absolutePath: path, identity: identity))
            }
        }

        /// What a layer of each type is called in a model's folder.
        private static let names = [
            "model": "model.gguf", "adapter": "adapter.gguf", "projector": "mmproj.gguf", "draft": "draft.gguf",
            "embed": "embed.gguf", "template": "template.txt", "prompt": "template.txt", "system": "system.txt",
            "params": "params.json", "messages": "messages.json", "license": "LICENSE",
        ]

        private mutating func add(_ layer: JSONValue, as name: String? = nil) throws {
            let type = layer["mediaType"]?.stringValue ?? "no type"
            let kind = String(type.split(separator: ".").last ?? "")
            let own = layer["name"]?.stringValue
            let wanted: String
            switch kind {
            case "tensor": wanted = (own ?? "tensor") + ".safetensors"
            case "json": wanted = own ?? "config.json"
            default: wanted = name ?? Self.names[kind] ?? "\(KeptModel.nameable(kind)).layer"
            }
            guard let text = layer["digest"]?.stringValue, text.hasPrefix("sha256:"),
                let digest = Digest(hex: String(text.dropFirst(7)))
            else {
                throw FormatError(
                    .corrupt, "a layer '\(type)' has no SHA-256 digest", remedy: "Pull the model again with Ollama")
            }
            let blob = "\(root)/blobs/sha256-\(digest.hex)"
            guard case .file(let identity) = PathKind(blob) else {
                throw FormatError(
                    .corrupt, "the layer '\(wanted)' is not in the store: \(blob)",
                    remedy: "Pull the model again with Ollama")
            }
            if let size = layer["size"]?.intValue, Int64(size) != identity.byteCount {
                throw FormatError(
                    .corrupt, "the layer '\(wanted)' has \(identity.byteCount) bytes, not \(size): \(blob)",
                    remedy: "Pull the model again with Ollama")
            }
            let path = try unused(wanted)
            promised[path] = digest
            files.append(FolderListing.Entry(path: path, absolutePath: blob, identity: identity))
        }

        /// A name that no other layer has, and that stays inside the model's folder.
        private func unused(_ wanted: String) throws -> String {
            let parts = wanted.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
                throw FormatError(
                    .refused, "a layer is called \(PlainName.quoted(wanted)), which is no path inside a folder",
                    remedy: "Pull the model again with Ollama")
            }
            try PlainName.check(file: wanted, in: path)
            let name = ModelFile.name(of: wanted), folder = wanted.dropLast(name.count)
            let dot = name.lastIndex(of: ".") ?? name.endIndex
            var path = wanted, number = 2
            while promised[path] != nil || path == "manifest.json" {
                path = "\(folder)\(name[..<dot])-\(number)\(name[dot...])"
                number += 1
            }
            return path
        }
    }
}
