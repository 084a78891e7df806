package import Bytes

/// One file of a model that is about to be registered.
package struct ModelFile: Equatable, Sendable {
    /// The file's path below the model's folder, with `/`; for a bare file its name.
    package let path: String
    /// Where to open it.
    package let absolutePath: String
    package let role: Role
    /// The file's state when it was found; its length is `identity.byteCount`.
    package let identity: FileIdentity
    /// Where its tensors lie; weights files alone have it.
    package let layout: FileLayout?

    /// The folder that holds the file, below the model's; empty for the model's own.
    package var folder: String { Self.folder(of: path) }

    package static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// What a file is for.
    package enum Role: String, CaseIterable, Sendable {
        case weights, index, config, tokenizer, license, card, other
        case chatTemplate = "chat_template"

        /// The role of a file that holds no weights, as its name tells.
        init(companion path: String) {
            let name = ModelFile.name(of: path)
            let upper = name.uppercased()
            if name.hasSuffix(".index.json") {
                self = .index
            } else if Self.tokenizerNames.contains(name) || name.hasSuffix(".tiktoken") {
                self = .tokenizer
            } else if name.hasSuffix(".jinja") || name == "chat_template.json" {
                self = .chatTemplate
            } else if name.hasSuffix("config.json") || Self.configNames.contains(name) {
                self = .config
            } else if ["LICENSE", "LICENCE", "NOTICE", "COPYING", "USE_POLICY"].contains(where: upper.hasPrefix) {
                self = .license
            } else if path.lowercased() == "readme.md" {
                self = .card
            } else {
                self = .other
            }
        }

        private static let tokenizerNames: Set<String> = [
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
            "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "source.spm",
            "target.spm", "tekken.json", "tokenizer.model.v3",
        ]
        private static let configNames: Set<String> = [
            "modules.json", "model_index.json", "params.json", "config_sentence_transformers.json",
        ]
    }
}

/// A file that does not travel with its model, and why.
package struct LeftOutFile: Equatable, Sendable {
    /// The path below the model's folder; a whole folder ends in `/`.
    package let path: String
    package let reason: String
}
