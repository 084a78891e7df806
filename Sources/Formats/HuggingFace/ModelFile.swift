package import Bytes
import Tokenizers

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

    /// The folder of the part of a pipeline that the file belongs to, below the model's; empty for the model's own. The
    /// file may lie deeper, when another file says that tensors are in it.
    package let folder: String

    /// - Parameter folder: the part's folder; nil for the one that the file lies in.
    package init(
        path: String, absolutePath: String, role: Role, identity: FileIdentity, layout: FileLayout?,
        folder: String? = nil
    ) {
        self.path = path
        self.absolutePath = absolutePath
        self.role = role
        self.identity = identity
        self.layout = layout
        self.folder = folder ?? Self.folder(of: path)
    }

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
        package init(companion path: String) {
            let name = ModelFile.name(of: path)
            let upper = name.uppercased()
            if name.hasSuffix(".index.json") {
                self = .index
            } else if TokenizerFileNames.isTokenizer(name) {
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
