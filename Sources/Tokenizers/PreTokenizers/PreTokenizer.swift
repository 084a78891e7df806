import Bytes

/// One way to cut text that llama.cpp knows: its id, and how a tokenizer.json says the same.
package struct PreTokenizer: Sendable {
    /// What stands in `tokenizer.ggml.pre`.
    package let id: String
    /// Other ids that llama.cpp treats exactly so.
    package let aliases: [String]
    /// Why no tokenizer.json can say it; nil for one that can be said.
    let obstacle: String?
    /// The `pre_tokenizer` objects that cut text so; the first is the one to write.
    let forms: [JSONValue]
    /// The `normalizer` object to write.
    let normalizer: JSONValue
    /// Whether a piece that is a token is left whole.
    let ignoresMerges: Bool
    /// Whether llama.cpp puts the beginning token in front when the file says nothing.
    let addsBeginning: Bool
    /// The values of `model_type` of the models that it was named for.
    let modelTypes: [String]

    /// The form to write as a value that can be compared.
    var structures: [PreTokenizerStructure] {
        forms.map { PreTokenizerStructure(normalizer: normalizer, preTokenizer: $0, ignoresMerges: ignoresMerges) }
    }

    /// The id of files that name none.
    static let defaultID = "default"

    /// Every one, in the order in which ids of the same structure are chosen.
    package static let all: [PreTokenizer] = {
        do {
            return try read(PackageResources.pre_tokenizers_json)
        } catch {
            preconditionFailure("Tables/pre_tokenizers.json: \(error)")  // a fault of the build; the tests read it
        }
    }()

    /// The one that a file names; nil when it is not in the table.
    package static func named(_ id: String) -> PreTokenizer? {
        all.first { $0.id == id || $0.aliases.contains(id) }
    }

    /// Reads the table: `structures` holds lists of forms by name, `pre_tokenizers` the ids that have them.
    static func read(_ json: [UInt8]) throws(FormatError) -> [PreTokenizer] {
        let table = try JSONValue(parsing: json)
        guard let rows = table["pre_tokenizers"]?.arrayValue else { throw fault("no list 'pre_tokenizers'") }
        var all: [PreTokenizer] = []
        for row in rows {
            guard let id = row["id"]?.stringValue else { throw fault("an entry without id") }
            let forms = row["structure"]?.stringValue.flatMap { table["structures"]?[$0]?.arrayValue } ?? []
            let obstacle = row["absent"]?.stringValue
            guard forms.isEmpty == (obstacle != nil) else { throw fault("'\(id)' needs a structure or a reason") }
            all.append(
                PreTokenizer(
                    id: id, aliases: row["also"]?.arrayValue?.compactMap(\.stringValue) ?? [], obstacle: obstacle,
                    forms: forms, normalizer: row["normalizer"] ?? .null,
                    ignoresMerges: row["ignore_merges"]?.boolValue == true,
                    addsBeginning: row["adds_bos"]?.boolValue == true,
                    modelTypes: row["model_types"]?.arrayValue?.compactMap(\.stringValue) ?? []))
        }
        return all
    }

    private static func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, problem, remedy: "Compare it with the other entries")
    }
}
