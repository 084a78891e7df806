import Bytes

/// A vocabulary of which some tokens stay, with new ids in the order of the old ones.
package struct VocabularyCut: Equatable, Sendable {
    /// The old ids of the tokens that stay, in ascending order.
    package let kept: [Int]
    private let newIDs: [Int: Int]
    /// The texts of the tokens that stay, in UTF-8.
    private let texts: Set<[UInt8]>

    /// - Parameters:
    ///   - kept: the old ids of the tokens that stay.
    ///   - names: the texts of all tokens; nil for a model without a tokenizer.
    package init(kept: [Int], names: VocabularyTexts? = nil) {
        self.kept = Set(kept).sorted()
        texts = names?.texts(of: self.kept) ?? []
        newIDs = Dictionary(self.kept.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    /// The new id of a token; nil when it goes.
    package func newID(_ id: Int) -> Int? { newIDs[id] }

    /// Whether a file says the same as tokenizer.json, and is left out rather than kept with wrong ids.
    package static func isDropped(_ name: String) -> Bool {
        ["tokenizer.model", "spiece.model"].contains(name) || TokenizerFileNames.whyUnread(name) != nil
    }

    /// A file of the model's folder with the new ids.
    /// - Parameters:
    ///   - name: the file's name.
    ///   - bytes: what it holds.
    /// - Returns: nil for a file that speaks of no ids.
    /// - Throws: `FormatError` for a damaged file, and for a special token that goes.
    package func rewritten(_ name: String, _ bytes: () throws -> [UInt8]) throws -> [UInt8]? {
        switch name {
        case "tokenizer.json": return Self.text(try tokenizer(try Self.tree(name, bytes())))
        case "tokenizer_config.json": return Self.text(tokenizerConfiguration(try Self.tree(name, bytes())))
        case "config.json", "generation_config.json":
            return Self.text(try configuration(try Self.tree(name, bytes()), name))
        case "vocab.json", "added_tokens.json": return Self.text(table(try Self.tree(name, bytes())))
        case "vocab.txt": return lines(try bytes())
        case "merges.txt": return merges(try bytes())
        default: return nil
        }
    }

    private static func tree(_ name: String, _ bytes: [UInt8]) throws(FormatError) -> JSONValue {
        do { return try JSONValue(parsing: bytes, dialect: .python) } catch { throw error.within(file: name) }
    }

    private static func text(_ value: JSONValue) -> [UInt8] { Array((value.text(.indented) + "\n").utf8) }

    // MARK: tokenizer.json

    private func tokenizer(_ tree: JSONValue) throws(FormatError) -> JSONValue {
        guard var root = tree.objectValue, var model = root["model"]?.objectValue else {
            throw FormatError(.corrupt, "it has no 'model'", file: "tokenizer.json", remedy: "Fetch the file again")
        }
        var texts: Set<[UInt8]> = []
        switch model["vocab"] {
        case .object(let vocabulary)?:
            let entries = entries(vocabulary)
            texts = Set(entries.members.map { Array($0.key.utf8) })
            model["vocab"] = .object(entries)
        case .array(let pieces)?:
            let left = kept.compactMap { $0 < pieces.count ? pieces[$0] : nil }
            model["vocab"] = .array(left)
        default: break
        }
        if let unknown = model["unk_id"]?.intValue { model["unk_id"] = newID(unknown).map { .number($0) } ?? .null }
        if let merges = model["merges"]?.arrayValue {
            model["merges"] = .array(
                merges.filter { VocabularyTexts.parts(of: $0).map { Self.isWhole($0, texts) } ?? false })
        }
        root["model"] = .object(model)
        if let added = root["added_tokens"]?.arrayValue { root["added_tokens"] = .array(added.compactMap(entry)) }
        if var padding = root["padding"]?.objectValue, let id = padding["pad_id"]?.intValue, let new = newID(id) {
            padding["pad_id"] = .number(new)
            root["padding"] = .object(padding)
        }
        if let processor = root["post_processor"] { root["post_processor"] = renumbered(processor) }
        return .object(root)
    }

    /// The entries that stay, in the order of ids.
    private func entries(_ vocabulary: JSONObject) -> JSONObject {
        let left = vocabulary.members.compactMap { member in
            member.value.intValue.flatMap { newID($0) }.map { (member.key, $0) }
        }
        return JSONObject(left.sorted { $0.1 < $1.1 }.map { ($0.0, .number($0.1)) })
    }

    /// Whether both parts of a merge and what they make are tokens that stay. Texts are compared by their bytes, as
    /// tokenizers do: some tokens differ in nothing but how an accent is composed.
    private static func isWhole(_ merge: (left: String, right: String), _ texts: Set<[UInt8]>) -> Bool {
        let left = Array(merge.left.utf8), right = Array(merge.right.utf8)
        return texts.contains(left) && texts.contains(right) && texts.contains(left + right)
    }

    private func entry(_ token: JSONValue) -> JSONValue? {
        guard var object = token.objectValue, let id = object["id"]?.intValue, let new = newID(id) else { return nil }
        object["id"] = .number(new)
        return .object(object)
    }

    /// The ids that a template of special tokens names, and the pairs of a text and its id.
    private func renumbered(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            var changed = object
            for (key, member) in object.members {
                if key == "ids", let ids = member.arrayValue {
                    changed[key] = .array(ids.map { $0.intValue.flatMap { newID($0) }.map { .number($0) } ?? $0 })
                } else if ["sep", "cls"].contains(key), let pair = member.arrayValue, pair.count == 2,
                    let id = pair[1].intValue.flatMap({ newID($0) })
                {
                    changed[key] = .array([pair[0], .number(id)])
                } else {
                    changed[key] = renumbered(member)
                }
            }
            return .object(changed)
        case .array(let values): return .array(values.map(renumbered))
        default: return value
        }
    }

    // MARK: Other files

    private func tokenizerConfiguration(_ tree: JSONValue) -> JSONValue {
        guard var root = tree.objectValue, let decoder = root["added_tokens_decoder"]?.objectValue else { return tree }
        let left = decoder.members.compactMap { member in
            Int(member.key).flatMap { newID($0) }.map { (String($0), member.value) }
        }
        root["added_tokens_decoder"] = .object(JSONObject(left))
        return .object(root)
    }

    private func table(_ tree: JSONValue) -> JSONValue {
        tree.objectValue.map { .object(entries($0)) } ?? tree
    }

    private func lines(_ bytes: [UInt8]) -> [UInt8] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return Array(kept.compactMap { $0 < lines.count ? Array(lines[$0]) + [UInt8(ascii: "\n")] : nil }.joined())
    }

    /// The lines of merges.txt of which all tokens stay, and its first one, which tells the version.
    private func merges(_ bytes: [UInt8]) -> [UInt8] {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { line in
            if line.starts(with: Array("#version".utf8)) { return true }
            let text = String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            return TokenizerJSON.mergeParts(text).map { Self.isWhole($0, texts) } ?? false
        }
        return Array(lines.map { Array($0) + [UInt8(ascii: "\n")] }.joined())
    }
}
