package import Bytes
import GRDB

/// How a blob lies in the store, found by looking there.
package enum FoundBlob: Sendable {
    /// As it is.
    case raw
    /// Compressed, in so many bytes; against another blob when it is the difference from one.
    case coded(byteCount: Int, base: Digest?, depth: Int)
}

/// Fills an empty catalog with the rows of manifests, inside a transaction of its caller.
///
/// Rows keep their numbers where these are free, so that views show what they showed before; where a manifest of
/// something forgotten has survived, its numbers may be taken, and its rows get others.
struct ManifestRestorer {
    let database: Database
    /// How a blob of this digest and length lies in the store; nil when it does not.
    let find: (Digest, Int) -> FoundBlob?
    /// What was added to the numbers of each space, for the manifest that is being read.
    private var shifts: [Space: Int64] = [:]
    /// The numbers of blobs: in the manifest, and here.
    private var blobs: [Int64: Int64] = [:]
    private var known: [String: Set<String>] = [:]
    private(set) var missing: [Digest] = []
    private(set) var lostNames: [String] = []
    private var models: [Int64: String] = [:]

    private enum Space: Hashable { case artifact, file, tensor, derivation, export, blob }

    init(_ database: Database, find: @escaping (Digest, Int) -> FoundBlob?) {
        self.database = database
        self.find = find
    }

    /// - Throws: when the manifest contradicts itself; its rows are then to be undone.
    mutating func restore(_ manifest: ManifestReader) throws {
        shifts = [:]
        blobs = [:]
        var current: ManifestReader.Table?
        var inserted = self
        try manifest.forEachRow {
            current = $0
            try inserted.begin($0)
        } row: { values in
            if let current { try inserted.insert(values, into: current) }
        }
        self = inserted
        if case .artifact(let digest) = manifest.subject { try finish(digest) }
    }

    private mutating func begin(_ table: ManifestReader.Table) throws {
        if known[table.name] == nil {
            let columns = try String.fetchAll(
                database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table.name])
            known[table.name] = Set(columns)
        }
        let own = known[table.name] ?? []
        guard !own.isEmpty,
            table.columns.allSatisfy({ own.contains($0) || $0 == "artifact_digest" })
        else {
            throw FormatError(
                .unsupported, "the manifest has a table or column that is not known: \(table.name)",
                remedy: "Update ingot")
        }
        guard let ids = table.ids, let space = Self.space(of: "id", in: table.name), space != .blob else { return }
        let isTaken = try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM \(table.name) WHERE id BETWEEN ? AND ?)",
            arguments: [ids.lowerBound, ids.upperBound])
        let greatest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM \(table.name)") ?? 0
        shifts[space] = isTaken == true ? greatest + 1 - ids.lowerBound : 0
    }

    /// What a column's numbers count; nil for plain values.
    private static func space(of column: String, in table: String) -> Space? {
        switch (table, column) {
        case ("artifact", "id"), ("file", "artifact_id"), ("tensor", "artifact_id"), ("derivation", "child_id"):
            .artifact
        case ("file", "id"), ("segment", "file_id"), ("tensor", "file_id"): .file
        case ("tensor", "id"), ("tensor", "principal_id"), ("tensor_error", "tensor_id"): .tensor
        case ("derivation", "id"), ("derivation_parent", "derivation_id"), ("tensor_error", "derivation_id"):
            .derivation
        case ("export", "id"), ("export_tensor", "export_id"): .export
        case ("segment", "blob_id"), ("blob_reference", "blob_id"): .blob
        default: nil
        }
    }

    private mutating func insert(_ values: [JSONValue], into table: ManifestReader.Table) throws {
        var row: [String: DatabaseValue] = [:]
        for (column, value) in zip(table.columns, values) { row[column] = try Self.value(value) }
        switch table.name {
        case "blob": return try insertBlob(row)
        case "result", "note": row["id"] = nil
        case "tag", "version": guard try resolveArtifact(&row, table.name) else { return }
        case "model":
            if let id = Int64.fromDatabaseValue(row["id"] ?? .null) {
                models[id] = String.fromDatabaseValue(row["name"] ?? .null)
            }
        default: break
        }
        for (column, value) in row {
            guard let space = Self.space(of: column, in: table.name), let id = Int64.fromDatabaseValue(value) else {
                continue
            }
            row[column] = try number(id, in: space).databaseValue
        }
        try insert(row, into: table.name)
    }

    private func number(_ id: Int64, in space: Space) throws -> Int64 {
        guard space == .blob else { return id + (shifts[space] ?? 0) }
        guard let known = blobs[id] else { throw ArtifactDraft.fault("a manifest does not list blob \(id)") }
        return known
    }

    private func insert(_ row: [String: DatabaseValue], into table: String) throws {
        let columns = row.keys.sorted()
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        let verb = table == "blob_reference" ? "INSERT OR REPLACE" : "INSERT"
        let statement = try database.cachedStatement(
            sql: "\(verb) INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
        try statement.execute(arguments: StatementArguments(columns.map { row[$0] ?? .null }))
    }

    private static func value(_ value: JSONValue) throws -> DatabaseValue {
        switch value {
        case .null: return .null
        case .string(let text): return text.databaseValue
        case .number(let literal):
            if let integer = Int64(literal) { return integer.databaseValue }
            if let real = Double(literal) { return real.databaseValue }
        default: break
        }
        throw FormatError(.corrupt, "a manifest holds a value that no column has", remedy: "Restore it from a backup")
    }

    // MARK: Blobs

    /// What the store holds decides how a blob lies there; the manifest only tells what there should be.
    private mutating func insertBlob(_ row: [String: DatabaseValue]) throws {
        guard let id = Int64.fromDatabaseValue(row["id"] ?? .null),
            let digest = String.fromDatabaseValue(row["digest"] ?? .null).flatMap({ Digest(hex: $0) }),
            let byteCount = Int.fromDatabaseValue(row["byte_count"] ?? .null),
            let storage = String.fromDatabaseValue(row["storage"] ?? .null)
        else { throw ArtifactDraft.fault("a manifest has a blob without digest or length") }
        blobs[id] = try self.blob(digest, byteCount: byteCount, storage: storage, preferred: id)
    }

    private mutating func blob(
        _ digest: Digest, byteCount: Int, storage: String, preferred: Int64?
    ) throws -> Int64 {
        if let known = try Int64.fetchOne(
            database, sql: "SELECT id FROM blob WHERE digest = ?", arguments: [digest.hex])
        {
            return known
        }
        let found = find(digest, byteCount)
        var base: Int64?
        var (kind, storedByteCount, depth) = (storage, 0, 0)
        switch found {
        case .raw: (kind, storedByteCount) = ("raw", byteCount)
        case .coded(let count, let other, let steps):
            (kind, storedByteCount, depth) = ("coded", count, steps)
            // Both have one length, as a difference has.
            base = try other.map { try self.blob($0, byteCount: byteCount, storage: "raw", preferred: nil) }
        case nil where storage == "coded" || storage == "raw":
            kind = "raw"
            storedByteCount = byteCount
            missing.append(digest)
        case nil: break
        }
        let isTaken = try preferred.map {
            try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM blob WHERE id = ?)", arguments: [$0]) == true
        }
        return try database.insert(
            """
            INSERT INTO blob (id, digest, byte_count, storage, stored_byte_count, base_id, depth, problem)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                isTaken == false ? preferred : nil, digest.hex, byteCount, kind, storedByteCount, base,
                base == nil ? 0 : depth, missing.last == digest ? "missing: it was not in the store" : nil,
            ])
    }

    // MARK: What holds manifests together

    /// Replaces an artifact's digest by its number; false when its manifest is lost.
    private mutating func resolveArtifact(_ row: inout [String: DatabaseValue], _ table: String) throws -> Bool {
        let digest = String.fromDatabaseValue(row["artifact_digest"] ?? .null) ?? ""
        row["artifact_digest"] = nil
        let id = try Int64.fetchOne(
            database, sql: "SELECT id FROM artifact WHERE digest = ?", arguments: [digest])
        guard let id else {
            let model = Int64.fromDatabaseValue(row["model_id"] ?? .null).flatMap { models[$0] } ?? "?"
            let tag = String.fromDatabaseValue(row["name"] ?? .null).map { ":\($0)" }
            let version = Int.fromDatabaseValue(row["number"] ?? .null).map { "@v\($0)" }
            lostNames.append(model + (tag ?? version ?? ""))
            return false
        }
        row["artifact_id"] = id.databaseValue
        return true
    }

    private func finish(_ digest: Digest) throws {
        try database.run(
            """
            INSERT INTO artifact_blob (artifact_id, blob_id)
            SELECT DISTINCT f.artifact_id, s.blob_id FROM artifact AS a JOIN file AS f ON f.artifact_id = a.id
            JOIN segment AS s ON s.file_id = f.id WHERE a.digest = ?
            """, [digest.hex])
    }
}
