import Blobs
import Bytes
import Catalog

extension ModelRegistry {
    /// Whether a catalog that is sound is made again.
    public enum SoundCatalog: Sendable {
        case refuse, replace
    }

    /// Makes the catalog of a home again, from its manifests and blobs. The old one, if there is one, is put aside.
    ///
    /// Jobs, and when blobs were verified, are not known afterwards.
    /// - Throws: `RegistryError` when there is nothing to make it from, or the catalog is sound.
    public static func repairCatalog(home: String, sound: SoundCatalog = .refuse) throws -> CatalogRepairReport {
        let start = ContinuousClock.now
        let path = home + "/catalog.sqlite"
        guard Folder.isFolder(home + "/manifests") else {
            throw RegistryError(
                "\(home) has no manifests, from which a catalog could be made",
                remedy: "Check --home, or restore a backup with 'ingot backup --restore FILE'")
        }
        let exists = Folder.exists(path)
        if exists, try CatalogDatabase.damage(at: path) == nil, sound == .refuse {
            throw RegistryError(
                "the catalog at \(path) is sound", remedy: "To make it again nevertheless, say --force")
        }
        let store = BlobStore(home: home)
        try store.prepare()
        let kept = exists ? try putAside(path) : nil
        let restoration = try CatalogDatabase.restore(to: path) { store.form(of: $0, byteCount: $1) }
        try ModelRegistry(home: home, access: .readWrite).readCards()
        var notes = ["when blobs were verified is not known any more: 'ingot verify' reads them all"]
        if !restoration.missing.isEmpty {
            notes.append("\(restoration.missing.count) blobs are missing: 'ingot repair --all' looks for them")
        }
        return CatalogRepairReport(
            artifactCount: restoration.artifactCount, nameCount: restoration.nameCount,
            resultCount: restoration.resultCount, blobCount: restoration.blobCount,
            damagedManifests: restoration.damaged.map { .init(file: $0.file, problem: $0.problem) },
            missingBlobs: restoration.missing.map(\.hex), lostNames: restoration.lostNames, oldCatalog: kept,
            notes: notes, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// Gives a catalog, with its log, another name.
    /// - Returns: the new path.
    static func putAside(_ path: String) throws -> String {
        let stamp = Timestamp.now().text.filter { $0.isNumber || $0 == "T" || $0 == "Z" }
        var kept = "\(path).\(stamp)"
        var number = 1
        while Folder.exists(kept) {
            number += 1
            kept = "\(path).\(stamp)-\(number)"
        }
        // The log belongs to the file, so it goes first: a catalog without its log is older, but whole.
        for suffix in ["-wal", "-shm"] where Folder.exists(path + suffix) {
            try Folder.rename(path + suffix, to: kept + suffix)
        }
        try Folder.rename(path, to: kept)
        return kept
    }
}

extension BlobStore {
    /// How a blob lies in the store; nil when it does not, in its length.
    func form(of digest: Digest, byteCount: Int) -> FoundBlob? {
        if FileIdentity(path: path(of: digest))?.byteCount == Int64(byteCount) { return .raw }
        guard let coded = codedForm(of: digest), coded.byteCount == byteCount else { return nil }
        return .coded(byteCount: coded.storedByteCount, base: coded.base, depth: coded.depth)
    }
}
