extension SQLDoor {
    /// One view or table, with its columns in order.
    struct Relation {
        let name: String
        let isView: Bool
        let columns: [String]

        /// Whether queries are meant for it: the views, and the table for full text.
        var isPublic: Bool { isView || name == SQLDoor.searchTable }
    }

    /// The views that queries are meant for, each with its columns and what they mean; before them how they go together,
    /// after them examples.
    package func schemaText() throws -> String {
        var text = SchemaDocumentation.introduction
        let relations = try relations().filter(\.isPublic)
        for (place, relation) in relations.sorted(by: { Self.rank($0.name) < Self.rank($1.name) }).enumerated() {
            let documentation = SchemaDocumentation.views.first { $0.name == relation.name }
            text += place == 0 ? "" : "\n"
            text += relation.name + (documentation.map { ": \($0.meaning)" } ?? "") + "\n"
            let width = relation.columns.map(\.count).max() ?? 0
            for column in relation.columns {
                let meaning = documentation?.columns.first { $0.name == column }?.meaning
                let padding = String(repeating: " ", count: width - column.count + 2)
                text += "  " + column + (meaning.map { padding + $0 } ?? "") + "\n"
            }
        }
        return text + SchemaDocumentation.examples
    }

    /// The table for full text.
    static let searchTable = "artifact_search"

    /// All views and tables, by name.
    func relations() throws -> [Relation] {
        var found: [(name: String, isView: Bool, columns: [String])] = []
        let query = """
            SELECT s.name, s.type, c.name
            FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
            WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite%' AND s.name NOT LIKE 'grdb%'
                AND s.name NOT LIKE '\(Self.searchTable)@_%' ESCAPE '@'
            ORDER BY s.name, c.cid
            """
        _ = try run(query) { row in
            guard case .text(let name) = row[0], case .text(let type) = row[1], case .text(let column) = row[2] else {
                return
            }
            if found.last?.name != name { found.append((name, type == "view", [])) }
            found[found.count - 1].columns.append(column)
        }
        return found.map { Relation(name: $0.name, isView: $0.isView, columns: $0.columns) }
    }

    /// What may help with an error that SQLite words as `no such column: x`; without a schema, where to look.
    func remedy(for message: String, _ query: String) -> String {
        let general = "See the views and their columns with 'ingot sql --schema'"
        if message.hasPrefix("fts5:") || message.hasPrefix("unterminated string") {
            return "Put what is no plain word between double quotes: MATCH '\"q_proj\"*'"
        }
        if message.contains("MATCH") {
            return "MATCH asks the table \(Self.searchTable) alone: WHERE \(Self.searchTable) MATCH 'word*'"
        }
        let parts = message.split(separator: ":", maxSplits: 1).map { $0.drop { $0 == " " } }
        guard parts.count == 2, let word = parts[1].split(separator: ".").last.map(String.init),
            let relations = try? relations()
        else { return general }
        switch parts[0] {
        case "no such table": return Suggestions.remedy(for: word, among: relations.map(\.name)) ?? general
        case "no such column": return columnRemedy(for: word, query, relations) ?? general
        case "no such function":
            return Suggestions.remedy(for: word, among: SQLiteHandle.functionNames)
                ?? "Beside SQLite's own functions there are \(SQLiteHandle.functionNames.joined(separator: ", "))"
        default: return general
        }
    }

    /// The nearest column of what the query names, or the views that have such a column.
    private func columnRemedy(for word: String, _ query: String, _ relations: [Relation]) -> String? {
        let words = Set(query.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
        let named = relations.filter { words.contains($0.name) }
        let owners = relations.filter { $0.isPublic && $0.columns.contains(word.lowercased()) }.map(\.name)
        if !owners.isEmpty { return "'\(word)' is a column of \(owners.joined(separator: ", "))" }
        return Suggestions.remedy(for: word, among: named.flatMap(\.columns))
    }

    private static func rank(_ view: String) -> Int {
        SchemaDocumentation.views.firstIndex { $0.name == view } ?? SchemaDocumentation.views.count
    }
}
