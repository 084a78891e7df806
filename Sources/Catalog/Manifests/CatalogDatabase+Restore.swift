package import Bytes
import GRDB

/// What came back when a catalog was made again.
package struct Restoration: Sendable {
    package internal(set) var artifactCount = 0
    package internal(set) var nameCount = 0
    package internal(set) var resultCount = 0
    package internal(set) var blobCount = 0
    /// Manifests that could not be used, by file name, each with the reason.
    package internal(set) var damaged: [(file: String, problem: String)] = []
    /// Blobs that manifests name and the store does not hold.
    package internal(set) var missing: [Digest] = []
    /// Names whose artifact has no manifest.
    package internal(set) var lostNames: [String] = []
}

extension CatalogDatabase {
    /// Why the catalog at `path` cannot be used; nil when it is sound.
    /// - Throws: `CatalogError` `tooNew` and what keeps it from being read, which say nothing against its bytes.
    package static func damage(at path: String) throws -> String? {
        do {
            let answers = try DatabaseQueue(path: CatalogLocation(path: path).readable().path).read { database in
                try CatalogSchema.check(database, path: path)
                return try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
            }
            return answers == ["ok"] ? nil : answers.joined(separator: "; ")
        } catch let error as DatabaseError {
            let translated = CatalogError(error, path: path)
            guard [.failed, .notACatalog].contains(translated.code) else { throw translated }
            return translated.problem
        } catch let error as CatalogError where [.missing, .notACatalog, .failed].contains(error.code) {
            return error.problem
        }
    }

    /// Makes the catalog at `path` again from the manifests beside it. Nothing is at `path`.
    ///
    /// It is filled under another name and gets its own when it is complete and on disk, so that a process that is
    /// killed leaves nothing that looks like a catalog.
    /// - Parameter find: how a blob of a digest and a length lies in the store; nil when it does not.
    package static func restore(
        to path: String, find: @escaping (Digest, Int) -> FoundBlob?
    ) throws -> Restoration {
        let temporary = path + ".new"
        for suffix in ["", "-wal", "-shm", "-journal"] { try Folder.unlink(temporary + suffix) }
        let catalog = try CatalogDatabase(path: temporary, access: .readWrite)
        let folder = catalog.manifestFolder
        let restoration = try catalog.queue.write { database in
            try database.execute(sql: "PRAGMA defer_foreign_keys = ON")
            let restoration = try fill(database, from: folder, find: find)
            try SearchWriter(database: database).noteAllTensors()
            try database.execute(
                sql: """
                    UPDATE derivation_parent SET parent_id = (
                        SELECT a.id FROM artifact AS a WHERE a.digest = derivation_parent.parent_digest);
                    DELETE FROM manifest_due;
                    """)
            return restoration
        }
        try catalog.close()
        try Folder.rename(temporary, to: path)
        try Folder.sync(CatalogLocation(path: path).folder)
        return restoration
    }

    /// Puts what was written into the catalog's one file, and closes it. Nobody else knows of it yet.
    func close() throws {
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try queue.close()
        try Folder.unlink(path + "-turn")
    }

    private static func fill(
        _ database: Database, from folder: String, find: @escaping (Digest, Int) -> FoundBlob?
    ) throws -> Restoration {
        var restoration = Restoration()
        var manifests: [ManifestReader] = []
        let entries = Folder.exists(folder) ? try Folder.entries(of: folder) : []
        for name in entries {
            guard let subject = ManifestSubject(fileName: name) else { continue }
            do {
                manifests.append(try ManifestReader(folder + "/" + name, subject: subject))
            } catch { restoration.damaged.append((name, problem(error))) }
        }
        var restorer = ManifestRestorer(database, find: find)
        // In the order in which they came, artifacts before the names that they have.
        manifests.sort {
            ($0.subject.rank, $0.order, $0.subject.digest) < ($1.subject.rank, $1.order, $1.subject.digest)
        }
        for manifest in manifests {
            var attempt = restorer
            do {
                try database.inSavepoint {
                    try attempt.restore(manifest)
                    return .commit
                }
                restorer = attempt
            } catch { restoration.damaged.append((manifest.subject.fileName, problem(error))) }
        }
        restoration.missing = restorer.missing
        restoration.lostNames = restorer.lostNames
        func count(_ table: String) throws -> Int {
            try Int.fetchOne(database, sql: "SELECT count(*) FROM \(table)") ?? 0
        }
        restoration.artifactCount = try count("artifact")
        restoration.nameCount = try count("tag")
        restoration.resultCount = try count("result")
        restoration.blobCount = try count("blob")
        return restoration
    }

    private static func problem(_ error: any Error) -> String {
        switch error {
        case let error as FormatError: error.problem
        case let error as CatalogError: error.problem
        case let error as DatabaseError: error.message ?? "it contradicts itself"
        default: "\(error)"
        }
    }
}

extension ManifestSubject {
    /// What must be there before comes first.
    fileprivate var rank: Int {
        switch self {
        case .artifact: 0
        case .results: 1
        case .exports: 2
        case .names: 3
        }
    }
}
