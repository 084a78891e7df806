import Architectures
import Bytes
import Tokenizers
import Transforms

/// Chooses the tokens that stay, and writes the files that speak of their ids anew.
struct PruneVocabulary {
    let source: RewriteSource
    let model: ModelAxes

    /// - Returns: nil when the vocabulary stays.
    func cut(_ order: PruneOrder) throws -> VocabularyCut? {
        guard let wish = order.settings.vocabulary else { return nil }
        guard let rows = model.sizes[.vocabulary] else { return nil }
        let texts = try texts(rows)
        switch wish {
        case .count(let count): return VocabularyCut(kept: try texts.lowest(count), names: texts)
        case .list:
            guard let list = order.list else { return nil }
            let ids = try list.entries.map { entry in
                switch entry {
                case .id(let id) where id < rows: return id
                case .id(let id):
                    throw FormatError(
                        .refused, "the id \(id) is no token of the model", file: list.path,
                        remedy: "List ids from 0 to \(rows - 1)")
                case .text(let text):
                    guard let id = texts.id(of: text) else { throw Self.unknown("'\(text.shortened)'", list.path) }
                    return id
                }
            }
            return VocabularyCut(kept: texts.closed(ids), names: texts)
        }
    }

    private static func unknown(_ token: String, _ path: String) -> FormatError {
        FormatError(
            .refused, "\(token) is no token of the model", file: path,
            remedy: "Spell tokens as tokenizer.json does, or list their ids as a JSON array")
    }

    private func texts(_ rows: Int) throws -> VocabularyTexts {
        let named = try namedTokens()
        if let document = try bytes("tokenizer.json") {
            do {
                let tree = try JSONValue(parsing: document, dialect: .python)
                return try VocabularyTexts(tokenizer: tree, named: named, rows: rows)
            } catch { throw error.within(file: "tokenizer.json") }
        }
        if let name = source.companions.map(\.path).first(where: TokenizerFileNames.isTokenizer) {
            throw FormatError(
                .unsupported, "the model's tokenizer is no tokenizer.json, and only that can be written with other ids",
                file: name, remedy: "Save the tokenizer with transformers, and register the folder again")
        }
        return try VocabularyTexts(count: rows, named: named)
    }

    /// The tokens that the configurations name.
    private func namedTokens() throws -> [NamedToken] {
        try namedTokens("config.json") + namedTokens("generation_config.json")
    }

    private func namedTokens(_ file: String) throws -> [NamedToken] {
        guard let document = try bytes(file) else { return [] }
        do {
            return NamedToken.needed(by: try JSONValue(parsing: document, dialect: .python), file: file)
        } catch { throw error.within(file: file) }
    }

    /// A companion's bytes; nil when there is none.
    func bytes(_ path: String) throws -> [UInt8]? {
        guard let file = source.companions.first(where: { $0.path == path }) else { return nil }
        return try source.bytes(of: file)
    }
}

extension RewriteSource {
    /// What a companion holds.
    func bytes(of file: ExportPlan.File) throws -> [UInt8] {
        switch file.content {
        case .made(let bytes): bytes
        case .copy(let stored): try source.bytes(of: stored)
        case .weights: []
        }
    }
}
