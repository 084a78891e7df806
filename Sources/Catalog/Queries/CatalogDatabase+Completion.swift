import GRDB

extension CatalogDatabase {
    /// Names that begin with `prefix`, ignoring case, as they are typed: bare ones, `model:tag` and, once `@` is typed,
    /// `model@vN`; in the order of their text.
    package func names(beginningWith prefix: String, limit: Int) throws -> [String] {
        try read { database in
            let sql =
                prefix.contains("@")
                ? """
                SELECT m.name || '@v' || v.number AS name FROM version AS v JOIN model AS m ON m.id = v.model_id
                WHERE lower(substr(m.name || '@v' || v.number, 1, length(?1))) = lower(?1)
                ORDER BY m.name, v.number DESC LIMIT ?2
                """
                : """
                SELECT m.name || CASE WHEN t.name = 'latest' THEN '' ELSE ':' || t.name END AS name
                FROM tag AS t JOIN model AS m ON m.id = t.model_id
                WHERE lower(substr(m.name || ':' || t.name, 1, length(?1))) = lower(?1)
                ORDER BY m.name, t.name <> 'latest', t.name LIMIT ?2
                """
            return try String.fetchAll(database, sql: sql, arguments: [prefix, limit])
        }
    }

    /// Names of runs that begin with `prefix`, ignoring case, in the order of their text.
    package func runNames(beginningWith prefix: String, limit: Int) throws -> [String] {
        let sql = "SELECT name FROM run WHERE lower(substr(name, 1, length(?1))) = lower(?1) ORDER BY name LIMIT ?2"
        return try read { try String.fetchAll($0, sql: sql, arguments: [prefix, limit]) }
    }
}
