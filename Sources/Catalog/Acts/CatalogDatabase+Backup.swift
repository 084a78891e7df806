import GRDB

extension CatalogDatabase {
    /// Copies the catalog, as it is at one moment, to a new file, while others go on reading and writing.
    ///
    /// - Parameter path: where nothing is; the copy is one file, without a log beside it.
    package func backUp(to path: String) throws {
        do {
            let copy = try DatabaseQueue(path: path)
            try queue.backup(to: copy)
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
        } catch let error as DatabaseError { throw CatalogError(error, path: path) }
    }

    /// Makes a copy that `backUp` has written, and that lies at `path`, ready to be used in a home: brought up to this
    /// version, with all manifests due, as they tell of the catalog that it replaces.
    package static func prepareRestored(at path: String) throws -> StoreCounts {
        let catalog = try CatalogDatabase(path: path, access: .readWrite)
        try catalog.queue.write { database in
            let faults = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
            guard faults == ["ok"], try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") == nil else {
                throw CatalogError(
                    .failed, "the catalog in the backup is damaged: \(faults.joined(separator: "; "))",
                    remedy: "Use another backup")
            }
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO manifest_due SELECT 'artifact', digest FROM artifact;
                    INSERT OR IGNORE INTO manifest_due SELECT DISTINCT 'results', artifact_digest FROM result;
                    INSERT OR IGNORE INTO manifest_due SELECT DISTINCT 'results', artifact_digest FROM note;
                    INSERT OR IGNORE INTO manifest_due SELECT DISTINCT 'exports', artifact_digest FROM export;
                    INSERT OR IGNORE INTO manifest_due VALUES ('names', '');
                    UPDATE job SET state = 'interrupted', finished_at = started_at WHERE state = 'running';
                    DELETE FROM job_blob;
                    """)
        }
        let counts = try catalog.storeCounts()
        try catalog.close()
        return counts
    }
}
