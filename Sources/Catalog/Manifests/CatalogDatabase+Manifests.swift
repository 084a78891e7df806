import Bytes
import GRDB

/// ## Manifests
///
/// Beside the catalog, `manifests/` says the same in files of JSON: one for each artifact, one for what was measured of
/// it, one for its exports, and `names.jsonl` for all names and settings. The catalog can be made again from them and
/// the blobs (`CatalogDatabase.restore`). Jobs, and when blobs were last verified, are not in them.
///
/// The transaction comes first, and notes in `manifest_due` which manifests it has made stale; the manifests follow
/// before the act returns, each written beside its place, synced and renamed, and only then the notes go. So a manifest
/// never tells of what was refused or undone, and a process that is killed between leaves a note with which the next
/// act that writes brings the manifest up to date. Bytes of forgotten artifacts are unlinked by `sweepRemovals`, after
/// the manifest is gone: what a manifest promises is there. What can be lost is the last act before a kill, and only
/// when the catalog is lost too before anything else is written.
extension CatalogDatabase {
    /// The folder of the manifests.
    var manifestFolder: String { CatalogLocation(path: path).folder + "/manifests" }

    /// Writes the manifests that are due. One process writes at a time: the catalog's write lock is held.
    /// - Returns: how many there were.
    @discardableResult package func writeManifests() throws -> Int {
        let isAnyDue = try queue.read { try Self.due($0, atMost: 1) }
        guard !isAnyDue.isEmpty else { return 0 }
        let folder = manifestFolder
        return try writeAlone { database in
            let due = try Self.due(database, atMost: .max)
            try Folder.make(folder)
            let writer = ManifestWriter(database: database, folder: folder)
            for subject in due { try writer.write(subject) }
            try Folder.sync(folder)
            try database.execute(sql: "DELETE FROM manifest_due")
            return due.count
        }
    }

    /// Writes what is due, if that can be done now. What the act itself did is committed, so that a manifest that cannot
    /// be written, on a full disk perhaps, does not make it fail: the note stays, and the next act tries again.
    func keepManifests() {
        do { try writeManifests() } catch { return }
    }

    private static func due(_ database: Database, atMost limit: Int) throws -> [ManifestSubject] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT kind, digest FROM manifest_due ORDER BY kind, digest LIMIT ?", arguments: [limit])
        return try rows.compactMap { ManifestSubject(kind: try $0.text("kind"), digest: try $0.text("digest")) }
    }
}
