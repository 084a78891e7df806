import Bytes
import GRDB

/// Writes manifests: what the catalog says of one subject, as lines of JSON in a file of its own.
///
/// The first line names the subject. Then each table has a line with its columns (`{"table":…,"columns":[…]}`) and one
/// for each row, an array in the order of the columns. The last line counts the rows and has the SHA-256 of all bytes
/// before it, so that a manifest that was cut off or damaged is known.
struct ManifestWriter {
    let database: Database
    let folder: String

    /// Brings one manifest up to date: written anew, or removed when there is nothing left to say.
    ///
    /// The folder is to be synced afterwards.
    func write(_ subject: ManifestSubject) throws {
        let path = folder + "/" + subject.fileName
        guard try hasRows(subject) else { return try Folder.unlink(path) }
        let temporary = path + Self.unfinished
        try Folder.unlink(temporary)
        let lines = ManifestLines(try NewFile(temporary))
        let heading = JSONObject([
            ("ingot_manifest", .number(Self.version)), ("kind", .string(subject.kind)),
            ("digest", .string(subject.digest)), ("order", .number(try order(of: subject))),
        ])
        try lines.add(Array(JSONValue.object(heading).text().utf8))
        for (name, sql) in subject.tables { try write(name, sql, of: subject, to: lines) }
        try lines.finish()
        try Folder.rename(temporary, to: path)
    }

    /// The form's number; a reader refuses a later one.
    static let version = 1
    /// What the name of a manifest that is being written ends with.
    static let unfinished = ".new"

    private func hasRows(_ subject: ManifestSubject) throws -> Bool {
        if subject == .names { return true }
        // Without its artifact, an artifact has nothing else.
        let tables = if case .results = subject { subject.tables } else { Array(subject.tables.prefix(1)) }
        return try tables.contains { table in
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (\(table.sql))", arguments: [subject.digest]) ?? false
        }
    }

    /// In which order artifacts came, for the restoration to keep.
    private func order(of subject: ManifestSubject) throws -> Int {
        guard case .artifact(let digest) = subject else { return 0 }
        return try Int.fetchOne(
            database, sql: "SELECT id FROM artifact WHERE digest = ?", arguments: [digest.hex]) ?? 0
    }

    private func write(_ table: String, _ sql: String, of subject: ManifestSubject, to lines: ManifestLines) throws {
        let statement = try database.cachedStatement(sql: sql)
        let columns = statement.columnNames
        let rows = try Row.fetchCursor(statement, arguments: [subject.digest])
        let heading = JSONObject([
            ("table", .string(table)), ("columns", .array(columns.map(JSONValue.string))),
            ("ids", try Self.range(of: columns, sql, subject, database)),
        ])
        try lines.add(Array(JSONValue.object(heading).text().utf8))
        while let row = try rows.next() { try lines.add(row, columnCount: columns.count) }
    }

    /// The least and the greatest `id`, so that a reader knows before the first row whether they are free.
    private static func range(
        of columns: [String], _ sql: String, _ subject: ManifestSubject, _ database: Database
    ) throws -> JSONValue {
        guard columns.contains("id"),
            let row = try Row.fetchOne(
                database, sql: "SELECT min(id) AS least, max(id) AS greatest FROM (\(sql))",
                arguments: [subject.digest]),
            let least: Int = try row.optional("least"), let greatest: Int = try row.optional("greatest")
        else { return .null }
        return .array([.number(least), .number(greatest)])
    }
}

/// A manifest's lines on their way to the disk.
private final class ManifestLines {
    private let file: NewFile
    private var buffer: [UInt8] = []
    private var digest = DigestStream()
    private var rowCount = 0

    init(_ file: NewFile) { self.file = file }

    func add(_ line: [UInt8]) throws {
        buffer += line
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= 1 << 18 { try flush() }
    }

    func add(_ row: Row, columnCount: Int) throws {
        buffer.append(UInt8(ascii: "["))
        for index in 0..<columnCount {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            switch row.databaseValue(at: index).storage {
            case .null: buffer += Array("null".utf8)
            case .int64(let value): buffer += Array(String(value).utf8)
            // The shortest text that gives the very same number; it always has a point or an exponent.
            case .double(let value): buffer += Array(value.description.utf8)
            case .string(let text): buffer += Array(JSONValue.string(text).text().utf8)
            case .blob: throw ArtifactDraft.fault("the catalog holds bytes where it has none")
            }
        }
        rowCount += 1
        try add(Array("]".utf8))
    }

    /// Writes the last line, and makes the file durable.
    func finish() throws {
        try flush()
        let end = JSONObject([("rows", .number(rowCount)), ("sha256", .string(digest.finish().hex))])
        digest = DigestStream()
        let last = Array((JSONValue.object(end).text() + "\n").utf8)
        try file.append(last.span)
        try file.seal()
    }

    private func flush() throws {
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        digest.update(bytes.span)
        try file.append(bytes.span)
    }
}

extension Row {
    fileprivate func databaseValue(at index: Int) -> DatabaseValue { self[index] }
}
