import Architectures
import Bytes
import Catalog
import Formats

/// Whether models that are to be merged number their tokens alike: else the rows of their embeddings mean different
/// things, whatever their number is.
struct MergeVocabulary {
    let main: RewriteSource
    let others: [RewriteSource]

    /// - Throws: `FormatError` that names the embedding and a token. Models without a readable tokenizer.json are not
    ///   compared.
    func check() throws {
        guard let own = try vocabulary(of: main) else { return }
        for other in others where other.artifact.record.digest != main.artifact.record.digest {
            guard let found = try vocabulary(of: other), found != own else { continue }
            let tokens = Set(own.keys).union(found.keys).filter { own[$0] != found[$0] }
            guard let token = tokens.min(by: { $0.lexicographicallyPrecedes($1) }) else { continue }
            let text = String(decoding: token, as: UTF8.self)
            let (one, two) = (Self.place(own[token]), Self.place(found[token]))
            throw FormatError(
                .refused,
                "\(main.name) and \(other.name) have different vocabularies: the token '\(text.shortened)' is \(one) in "
                    + "the first and \(two) in the second, one of \(tokens.count)", tensor: embedding,
                remedy: "Merge models with one vocabulary")
        }
    }

    private static func place(_ number: Int?) -> String { number.map { "number \($0)" } ?? "missing" }

    private var embedding: String {
        main.tensors.first { main.family?.role(of: $0.name) == .embedding }?.name ?? "the embedding"
    }

    /// The tokens, in UTF-8, and their numbers, without added ones, which a tuned model may have more of.
    private func vocabulary(of model: RewriteSource) throws -> [[UInt8]: Int]? {
        guard let file = model.companions.first(where: { $0.path == "tokenizer.json" }) else { return nil }
        let bytes: [UInt8] =
            switch file.content {
            case .made(let bytes): bytes
            case .copy(let stored): try model.source.bytes(of: stored)
            case .weights: []
            }
        // What is no JSON tells nothing here; a program that needs it will say so.
        guard let json = try? JSONValue(parsing: bytes, dialect: .python), let list = json["model"]?["vocab"] else {
            return nil
        }
        if let members = list.objectValue?.members {
            let numbers = members.compactMap { key, value in value.intValue.map { (Array(key.utf8), $0) } }
            return Dictionary(numbers) { $1 }
        }
        let tokens = (list.arrayValue ?? []).map { Array(($0.arrayValue?.first?.stringValue ?? "").utf8) }
        return Dictionary(tokens.enumerated().map { ($1, $0) }) { $1 }
    }
}
