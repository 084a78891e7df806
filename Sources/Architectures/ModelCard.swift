import Yams

/// What a model card (README.md) says in the YAML block at its start, as the Hugging Face Hub reads it.
///
/// The block is written by hand and often broken. Only the fields below are cut out and read, so that a fault elsewhere
/// does no harm, and a fault in them is a note and no error.
package struct ModelCard: Equatable, Sendable {
    /// The license's identifier; for `other` the name that the card gives besides.
    package private(set) var license: String?
    /// The models that this one was made from, as repository names.
    package private(set) var baseModels: [String] = []
    /// What the model is for: `pipeline_tag`, such as `text-generation`.
    package private(set) var pipeline: String?
    /// The library that it is for: `library_name`.
    package private(set) var library: String?
    /// Language codes, as the card gives them.
    package private(set) var languages: [String] = []
    package private(set) var tags: [String] = []
    /// Data it was trained on, as repository names.
    package private(set) var datasets: [String] = []
    /// What follows the block, without tags of HTML: as much of it as is searched.
    package private(set) var text = ""
    /// What could not be read.
    package private(set) var notes: [String] = []

    /// How much of a card is looked at, in bytes; blocks with the figures of many benchmarks have some hundred
    /// thousand.
    private static let longestBlock = 1 << 20
    /// Longer fields are not read: names of licenses and models are short.
    private static let longestField = 16 << 10
    /// How much of a card's text is kept, in bytes.
    private static let longestText = 32 << 10

    /// - Parameter text: the file, or as much of its start as holds the block.
    package init(parsing text: [UInt8]) {
        let (lines, rest) = Self.parts(String(decoding: text.prefix(Self.longestBlock), as: UTF8.self))
        func values(_ key: String) -> [String] {
            do {
                return try Self.values(of: key, in: lines)
            } catch {
                notes.append("the model card's '\(key)' is not read: \(error.problem)")
                return []
            }
        }
        // What only a search uses is no fault when it cannot be read.
        func hints(_ key: String) -> [String] { (try? Self.values(of: key, in: lines)) ?? [] }
        license = values("license").first
        if license?.lowercased() == "other", let name = values("license_name").first { license = name }
        baseModels = values("base_model")
        pipeline = hints("pipeline_tag").first
        library = hints("library_name").first
        languages = hints("language")
        tags = hints("tags")
        datasets = hints("datasets")
        self.text = Self.prose(rest)
    }

    /// What is searched of the text behind the block. Tags of HTML say how it looks, and are left out.
    private static func prose(_ text: Substring) -> String {
        let plain = String(decoding: text.utf8.prefix(4 * longestText), as: UTF8.self)
            .replacing(/<[^<>]{1,2000}>/, with: " ").replacing("\0", with: " ")
        let start = String(decoding: plain.utf8.prefix(longestText), as: UTF8.self)
        return String(start.drop { $0.isWhitespace })
    }

    /// The lines between a first line `---` and the next, and the text behind them; no lines when there is no such block.
    private static func parts(_ text: String) -> (block: [Substring], rest: Substring) {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        func isMark(_ line: Substring) -> Bool { line.utf8.elementsEqual("---".utf8) }
        guard let first = lines.first else { return ([], text[...]) }
        guard isMark(first) || isMark(first.drop { $0 == "\u{FEFF}" }),
            let end = lines.dropFirst().firstIndex(where: isMark)
        else { return ([], text[...]) }
        return (Array(lines[1..<end]), text[lines[end].endIndex...])
    }

    /// The strings that a field of the top level holds: itself, or its list.
    private static func values(of key: String, in lines: [Substring]) throws(FieldFault) -> [String] {
        guard let start = lines.firstIndex(where: { $0.hasPrefix(key + ":") }) else { return [] }
        let rest = lines[(start + 1)...].prefix { line in
            line.isEmpty || line.hasPrefix(" ") || line.hasPrefix("- ") || line.hasPrefix("#")
        }
        let field = ([lines[start]] + rest).joined(separator: "\n")
        guard field.utf8.count <= longestField else { throw FieldFault("it is longer than \(longestField) bytes") }
        // An alias could stand for itself many times over, and brackets could nest without end.
        guard !field.contains(where: { "&*!?".contains($0) }), field.count(where: { "[{".contains($0) }) <= 8,
            !field.contains("- -")
        else {
            throw FieldFault("it is more than a name or a list of names")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: field)
        } catch {
            throw FieldFault("it is not YAML")
        }
        guard let value = node?.mapping?[Node(key)] else { return [] }
        if let list = value.sequence { return list.compactMap { name(in: $0) } }
        return name(in: value).map { [$0] } ?? []
    }

    private static func name(in node: Node) -> String? {
        guard let text = node.scalar?.string, !text.isEmpty, text != "null", text != "~" else { return nil }
        return text
    }

    private struct FieldFault: Error {
        let problem: String
        init(_ problem: String) { self.problem = problem }
    }
}
