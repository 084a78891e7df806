package import Bytes
import GRDB

extension CatalogDatabase {
    /// The artifacts with their names, as view `artifact_summary` shows them, by name, tag, version and digest.
    /// - Parameters:
    ///   - text: only names that contain it, ignoring case.
    ///   - kind: only artifacts of this kind.
    ///   - isSized: whether bytes on disk are added up, which looks at every blob of every artifact.
    package func summaries(
        nameContaining text: String? = nil, kind: ArtifactKind? = nil, sized isSized: Bool = true
    ) throws -> [ArtifactSummary] {
        try read { database in
            try ArtifactSummary.fetchAll(
                database,
                sql: Self.summary(isSized ? .sizes : .facts) + """
                     WHERE (?1 IS NULL OR instr(lower(s.name || ':' || coalesce(s.tag, '')), lower(?1)) > 0)
                    AND (?2 IS NULL OR a.kind = ?2) ORDER BY \(Self.summaryOrder)
                    """, arguments: [text, kind?.rawValue])
        }
    }

    /// All artifacts with their names, in the order of `summaries`.
    static func listed(_ database: Database, sized isSized: Bool) throws -> [ArtifactSummary] {
        try ArtifactSummary.fetchAll(
            database, sql: summary(isSized ? .sizes : .facts) + " ORDER BY \(summaryOrder)")
    }

    /// An artifact under each of its names; empty when there is no such artifact.
    package func summaries(of digest: Digest) throws -> [ArtifactSummary] {
        try read { database in
            try ArtifactSummary.fetchAll(
                database, sql: Self.summary(.counts) + " WHERE a.digest = ? ORDER BY \(Self.summaryOrder)",
                arguments: [digest.hex])
        }
    }

    /// How much of an artifact is added up from its parts.
    private enum SummaryDetail {
        case facts
        /// Bytes on disk too.
        case sizes
        /// Files and tensors too, which takes most of the time.
        case counts
    }

    /// Sums that are not asked for are not computed: SQLite leaves out what a view's query does not use. That nothing
    /// was evicted, as in most homes, an index tells without a look at any blob.
    private static func summary(_ detail: SummaryDetail) -> String {
        """
        SELECT a.*, s.name, s.tag, s.version,
            \(detail == .facts ? "NULL AS stored_bytes, NULL AS unique_bytes" : "s.stored_bytes, s.unique_bytes"),
            s.rel_rmse, s.weighted_rel_rmse,
            \(detail == .counts ? "s.files, s.tensors" : "NULL AS files, NULL AS tensors"),
            CASE WHEN EXISTS (SELECT 1 FROM blob WHERE storage = 'evicted') THEN s.evicted_blobs ELSE 0 END
                AS evicted_blobs
        FROM artifact AS a JOIN artifact_summary AS s ON s.digest = a.digest
        """
    }
    private static let summaryOrder = "s.name IS NULL, s.name, s.tag IS NOT 'latest', s.tag, s.version, a.digest"

    /// The files of an artifact with what they are made of, by path.
    package func files(of digest: Digest) throws -> [FileRecord] {
        try read { database in
            let segments = try Row.fetchAll(
                database,
                sql: """
                    SELECT s.file_id, b.digest AS blob, s.blob_offset, s.byte_count
                    FROM artifact AS a JOIN file AS f ON f.artifact_id = a.id JOIN segment AS s ON s.file_id = f.id
                    JOIN blob AS b ON b.id = s.blob_id
                    WHERE a.digest = ? ORDER BY s.file_id, s.ordinal
                    """, arguments: [digest.hex])
            let byFile = try Dictionary(grouping: segments) { try $0.decode(Int64.self, forColumn: "file_id") }
            let files = try Row.fetchAll(
                database,
                sql: """
                    SELECT f.* FROM artifact AS a JOIN file AS f ON f.artifact_id = a.id
                    WHERE a.digest = ? ORDER BY f.path
                    """, arguments: [digest.hex])
            return try files.map { row in
                FileRecord(
                    path: try row.text("path"), digest: try row.digest("digest"),
                    byteCount: try row.integer("byte_count"), role: try row.text("role"),
                    segments: try byFile[row.decode(Int64.self, forColumn: "id"), default: []].map(Segment.init))
            }
        }
    }

    /// The tensors of an artifact as its files hold them, in order.
    package func tensors(of digest: Digest) throws -> [TensorRecord] {
        try read { try Self.tensors($0, of: digest) }
    }

    static func tensors(_ database: Database, of digest: Digest) throws -> [TensorRecord] {
        try TensorRecord.fetchAll(
            database,
            sql: """
                SELECT t.*, f.path AS file, p.name AS principal, e.squared_error, e.squared_reference, e.cosine,
                    e.maximum_error, e.element_count AS measured_count, e.zero_count, e.clipped_count,
                    e.weighted_squared_error, e.weighted_squared_reference
                FROM artifact AS a JOIN tensor AS t ON t.artifact_id = a.id JOIN file AS f ON f.id = t.file_id
                LEFT JOIN tensor AS p ON p.id = t.principal_id
                LEFT JOIN tensor_error AS e ON e.tensor_id = t.id AND e.derivation_id =
                    (SELECT min(o.derivation_id) FROM tensor_error AS o WHERE o.tensor_id = t.id)
                WHERE a.digest = ? ORDER BY t.position
                """, arguments: [digest.hex])
    }

    /// The blobs that an artifact's files are made of, by digest.
    package func blobs(of digest: Digest) throws -> [BlobRecord] {
        try read { database in
            try Self.blobs(
                database,
                sql: """
                    SELECT b.* FROM artifact AS a JOIN artifact_blob AS ab ON ab.artifact_id = a.id
                    JOIN blob AS b ON b.id = ab.blob_id WHERE a.digest = ? ORDER BY b.digest
                    """, arguments: [digest.hex])
        }
    }

    /// All blobs that artifacts are made of, by digest.
    package func blobs() throws -> [BlobRecord] {
        try read { try Self.blobs($0, sql: "SELECT * FROM blob ORDER BY digest", arguments: []) }
    }

    /// The blob with this digest; nil when no artifact is made of it.
    package func blob(_ digest: Digest) throws -> BlobRecord? {
        try read { try Self.blobs($0, sql: "SELECT * FROM blob WHERE digest = ?", arguments: [digest.hex]).first }
    }

    static func blobs(
        _ database: Database, sql: String, arguments: StatementArguments
    ) throws -> [BlobRecord] {
        let places = try database.cachedStatement(
            sql: "SELECT * FROM blob_reference WHERE blob_id = ? ORDER BY path")
        return try Row.fetchAll(database, sql: sql, arguments: arguments).map { row in
            let id = try row.decode(Int64.self, forColumn: "id")
            let storage: BlobRecord.Storage =
                switch try row.text("storage") {
                case "raw": .raw
                case "coded": .coded
                case "evicted": .evicted
                default: .references(try BlobReference.fetchAll(places, arguments: [id]))
                }
            return BlobRecord(
                digest: try row.digest("digest"), byteCount: try row.integer("byte_count"), storage: storage)
        }
    }
}
