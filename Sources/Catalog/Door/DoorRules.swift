import GRDBSQLite

/// What a query may do: read tables and views, call functions that only compute, and ask for the schema.
///
/// The rules list what is allowed; whatever a later SQLite adds is refused until it is listed here.
enum DoorRules {
    /// Pragmas that tell about tables and columns; all of them also as functions, such as `pragma_table_info('x')`.
    private static let pragmas: Set = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    ]
    /// What FTS5 asks on its own when it searches: whether someone has written meanwhile.
    private static let inner = "data_version"

    /// Functions that are asked like tables.
    static var tableFunctions: [String] { pragmas.map { "pragma_\($0)" } + ["json_each", "json_tree"] }

    /// Functions of SQLite and its shell that reach beyond the database.
    private static let functions: Set = [
        "load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "lsmode", "fileio_ls", "zipfile",
        "sqlite_rename_column", "sqlite_rename_table",
    ]

    /// Why SQLite's authorizer must refuse an action; nil when it may pass.
    /// - Parameters:
    ///   - action: one of the authorizer's action codes.
    ///   - first: its first argument, such as the pragma's name.
    ///   - second: its second argument, such as the function's name.
    static func refusal(of action: Int32, _ first: String?, _ second: String?) -> String? {
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return nil
        case SQLITE_FUNCTION:
            let name = second?.lowercased() ?? ""
            return functions.contains(name) ? "the function \(name) is not open to queries" : nil
        case SQLITE_PRAGMA:
            let name = first?.lowercased() ?? ""
            // With a second argument, every pragma of the list only says which table it is asked about.
            if name == inner, second == nil { return nil }
            return pragmas.contains(name) ? nil : "PRAGMA \(name) is not open to queries"
        case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE:
            // So SQLite writes down what it makes, a table of its own that is first asked for included.
            if first?.hasPrefix("sqlite_") == true {
                return "only reading is open to queries, and only of the catalog's tables and views"
            }
            return "\(word(for: action)) is not open to queries, which can only read"
        default: return "\(word(for: action)) is not open to queries, which can only read"
        }
    }

    private static func word(for action: Int32) -> String {
        switch action {
        case SQLITE_INSERT: "INSERT"
        case SQLITE_UPDATE: "UPDATE"
        case SQLITE_DELETE: "DELETE"
        case SQLITE_ATTACH: "ATTACH"
        case SQLITE_DETACH: "DETACH"
        case SQLITE_TRANSACTION: "BEGIN, COMMIT or ROLLBACK"
        case SQLITE_SAVEPOINT: "SAVEPOINT"
        case SQLITE_ALTER_TABLE: "ALTER TABLE"
        case SQLITE_REINDEX: "REINDEX"
        case SQLITE_ANALYZE: "ANALYZE"
        case SQLITE_DROP_TABLE, SQLITE_DROP_VIEW, SQLITE_DROP_INDEX, SQLITE_DROP_TRIGGER, SQLITE_DROP_TEMP_TABLE,
            SQLITE_DROP_TEMP_VIEW, SQLITE_DROP_TEMP_INDEX, SQLITE_DROP_TEMP_TRIGGER, SQLITE_DROP_VTABLE:
            "DROP"
        case SQLITE_CREATE_TABLE, SQLITE_CREATE_VIEW, SQLITE_CREATE_INDEX, SQLITE_CREATE_TRIGGER,
            SQLITE_CREATE_TEMP_TABLE, SQLITE_CREATE_TEMP_VIEW, SQLITE_CREATE_TEMP_INDEX, SQLITE_CREATE_TEMP_TRIGGER,
            SQLITE_CREATE_VTABLE:
            "CREATE"
        default: "this statement"
        }
    }
}
