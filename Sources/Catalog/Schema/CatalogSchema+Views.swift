import GRDB

/// The public views as text: with their documentation as comments, so that `sqlite3 .schema` tells it, and with the
/// interface version in which each came.
extension CatalogSchema {
    /// The version of the public views, which `ingot sql --schema` prints: the number of the migration that last added
    /// to them. Views and columns are only ever added, so a query that works with one version works with all later ones.
    static let interfaceVersion = 10

    /// Makes every view again, documented, and `catalog_view`, which lists them. The last step of the last migration
    /// that changes a view.
    static func describeViews(_ database: Database) throws {
        let views = try Row.fetchAll(
            database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY rowid")
        for view in views { try database.execute(sql: "DROP VIEW \(try view.text("name"))") }
        for view in views where try view.text("name") != viewList {
            let sql = try view.text("sql")
            guard let documentation = SchemaDocumentation.views.first(where: { $0.name == sql.viewName }) else {
                try database.execute(sql: sql)
                continue
            }
            try database.execute(sql: documented(sql, by: documentation))
        }
        try database.execute(sql: listOfViews)
    }

    /// The statement with comments behind its first line.
    static func documented(_ sql: String, by view: SchemaDocumentation.View) -> String {
        guard let start = sql.firstRange(of: " AS\n") else { return sql }
        // Comments of an earlier description go.
        let body = sql[start.upperBound...].drop { $0.isWhitespace }.split(
            separator: "\n", omittingEmptySubsequences: false
        ).drop { $0.hasPrefix("--") }.joined(separator: "\n")
        let width = view.columns.map(\.name.count).max() ?? 0
        let columns = view.columns.map { column in
            "--   \(column.name)\(String(repeating: " ", count: width - column.name.count + 2))\(column.meaning)"
        }
        let comments = ["-- \(view.name): \(view.meaning)."] + columns
        return sql[..<start.upperBound] + comments.joined(separator: "\n") + "\n" + body
    }

    private static let viewList = "catalog_view"

    private static var listOfViews: String {
        let rows = SchemaDocumentation.views.map { "    ('\($0.name)', \($0.since))" }.joined(separator: ",\n")
        let sql = """
            CREATE VIEW \(viewList) AS
            SELECT v.column1 AS name, v.column2 AS since, \(interfaceVersion) AS interface_version
            FROM (VALUES
            \(rows)
            ) AS v
            """
        return documented(sql, by: SchemaDocumentation.catalogView)
    }
}

extension String {
    /// The name that a `CREATE VIEW` statement gives.
    fileprivate var viewName: String? {
        split(maxSplits: 3, whereSeparator: \.isWhitespace).dropFirst(2).first.map(String.init)
    }
}
