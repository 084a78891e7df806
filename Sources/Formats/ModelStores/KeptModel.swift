package import Bytes

/// A model that another tool keeps in a store of its own.
package struct KeptModel: Sendable {
    /// What names it: a snapshot's folder, a manifest, or a weights file.
    package let path: String
    /// What the tool calls it, as far as names can hold it: `[owner/]model[:tag]`.
    package let name: String
    /// Where it was published, as the tool says: `owner/name`, or a registry's name.
    package let repository: String
    /// The commit or the manifest's digest; nil where the tool keeps none.
    package let revision: String?
    /// The files, by the names that they have in the model.
    let files: [FolderListing.Entry]
    let leftOut: [LeftOutFile]
    /// The SHA-256 that the tool's own names promise, by the files' names in the model.
    package let promised: [String: Digest]
    /// Remarks that the user should read.
    let notes: [String]

    /// What names cannot hold becomes `-`.
    package static func nameable(_ text: some StringProtocol) -> String {
        let name = text.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                || "._-".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
        }
        let trimmed = String(name).drop { ".-".contains($0) }
        return trimmed.isEmpty ? "model" : String(trimmed)
    }
}

/// The stores of other tools: Hugging Face's cache, Ollama's and LM Studio's.
package enum ModelStores {
    /// The model that a path names inside another tool's store; nil when it is in none.
    /// - Throws: `FormatError` when the store holds no such model, or not all of it.
    package static func model(at path: String) throws -> KeptModel? {
        let path = absolute(path)
        if let model = try HubCache.model(at: path) { return model }
        if let model = try OllamaStore.model(at: path) { return model }
        return try LMStudioFolder.model(at: path)
    }

    /// The models of a whole store, each by a path that names it; nil when the path is no store.
    package static func paths(in path: String) throws -> [String]? {
        let path = absolute(path)
        return try HubCache.paths(in: path) ?? OllamaStore.paths(in: path) ?? LMStudioFolder.paths(in: path)
    }

    private static func absolute(_ path: String) -> String { ModelSource.absolute(path) }
}

extension FolderListing {
    /// The GGUF files that are one model each, where a folder holds several sizes of it: shards of one go together.
    /// What tells each from the others is its tag.
    func quantizations() -> [(tag: String, first: Entry, files: [Entry])] {
        let models = files.filter { $0.path.hasSuffix(".gguf") && !Self.isAddition($0.path) }
        guard models.count > 1, files.allSatisfy({ !$0.path.hasSuffix(".safetensors") }) else { return [] }
        var stems: [String] = [], groups: [String: [Entry]] = [:]
        for file in models {
            let stem = ShardSet(path: file.path)?.stem ?? String(file.path.dropLast(".gguf".count))
            if groups[stem] == nil { stems.append(stem) }
            groups[stem, default: []].append(file)
        }
        guard stems.count > 1 else { return [] }
        let common = Self.commonStart(stems)
        return stems.compactMap { stem in
            guard let files = groups[stem], let first = files.first else { return nil }
            let rest = stem.dropFirst(common).drop { "-._/".contains($0) }
            return (rest.isEmpty ? KeptModel.nameable(stem) : KeptModel.nameable(rest), first, files)
        }
    }

    /// Projectors and drafts lie beside the model that they belong to.
    private static func isAddition(_ path: String) -> Bool { path.lowercased().contains("mmproj") }

    /// How many characters all have in common, up to a separator.
    private static func commonStart(_ stems: [String]) -> Int {
        guard var common = stems.first.map(Array.init) else { return 0 }
        for stem in stems {
            common = Array(zip(common, stem).prefix { $0 == $1 }.map(\.0))
        }
        return common.lastIndex { "-._/".contains($0) }.map { $0 + 1 } ?? 0
    }
}
