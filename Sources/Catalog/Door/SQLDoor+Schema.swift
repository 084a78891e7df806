extension SQLDoor {
    /// One view or table, with its columns in order.
    struct Relation {
        let name: String
        let isView: Bool
        let columns: [String]
    }

    /// The views that queries are meant for, each with its columns and what they mean.
    package func schemaText() throws -> String {
        var text = ""
        let relations = try relations().filter(\.isView)
        for relation in relations.sorted(by: { Self.rank($0.name) < Self.rank($1.name) }) {
            let documentation = SchemaDocumentation.views.first { $0.name == relation.name }
            text += text.isEmpty ? "" : "\n"
            text += relation.name + (documentation.map { ": \($0.meaning)" } ?? "") + "\n"
            let width = relation.columns.map(\.count).max() ?? 0
            for column in relation.columns {
                let meaning = documentation?.columns.first { $0.name == column }?.meaning
                let padding = String(repeating: " ", count: width - column.count + 2)
                text += "  " + column + (meaning.map { padding + $0 } ?? "") + "\n"
            }
        }
        return text
    }

    /// All views and tables, by name.
    func relations() throws -> [Relation] {
        var found: [(name: String, isView: Bool, columns: [String])] = []
        let query = """
            SELECT s.name, s.type, c.name
            FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
            WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite%' AND s.name NOT LIKE 'grdb%'
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
        let parts = message.split(separator: ":", maxSplits: 1).map { $0.drop { $0 == " " } }
        guard parts.count == 2, let word = parts[1].split(separator: ".").last.map(String.init),
            let relations = try? relations()
        else { return general }
        switch parts[0] {
        case "no such table":
            return Suggestions.remedy(for: word, among: relations.map(\.name)) ?? general
        case "no such column":
            let words = Set(query.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
            let named = relations.filter { words.contains($0.name) }
            return Suggestions.remedy(for: word, among: named.flatMap(\.columns)) ?? general
        default: return general
        }
    }

    private static func rank(_ view: String) -> Int {
        SchemaDocumentation.views.firstIndex { $0.name == view } ?? SchemaDocumentation.views.count
    }
}
