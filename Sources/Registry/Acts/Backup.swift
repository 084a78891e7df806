import Blobs
import Bytes
import Catalog

extension ModelRegistry {
    /// Writes a backup of the catalog: names, lineage, results, recipes, tensors with their statistics and errors,
    /// settings, and which blobs belong to what. The blobs themselves are copied only where a folder for them is named.
    ///
    /// Others may go on reading and writing meanwhile; the backup is the catalog as it was at one moment.
    /// - Parameters:
    ///   - path: where nothing is.
    ///   - blobFolder: gets a copy of each blob that it does not have, and can be named to `repair` as a source.
    public func backUp(
        to path: String, blobFolder: String? = nil, progress: ProgressHandler? = nil
    ) throws -> BackupReport {
        let start = ContinuousClock.now
        guard !Folder.exists(path) else {
            throw RegistryError("there is something at \(path) already", remedy: "Choose another file")
        }
        let temporary = path + ".catalog"
        try Folder.removeTree(temporary)
        let result = Result {
            try catalog.backUp(to: temporary)
            let counts = try catalog.storeCounts()
            return try BackupFile.write(path, catalog: temporary, counts: counts)
        }
        try Folder.removeTree(temporary)
        let header = try result.get()
        let copied = try blobFolder.map { try copyBlobs(to: $0, progress: progress) } ?? 0
        return header.report(
            "written", file: path, byteCount: FileIdentity(path: path).map { Int($0.byteCount) } ?? 0,
            blobFolder: blobFolder, copied: copied, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// What a backup may replace.
    public enum ExistingHome: Sendable {
        /// A home that has a catalog is left alone.
        case refuse
        /// Its catalog is put aside.
        case replace
    }

    /// Makes a home's catalog what a backup holds, after its bytes have been compared with their digest.
    ///
    /// Blobs stay as they are; those that the backup's catalog names and the home does not hold are counted.
    public static func restore(_ path: String, to home: String, existing: ExistingHome = .refuse) throws -> BackupReport
    {
        let start = ContinuousClock.now
        let backup = try BackupFile(path)
        let target = home + "/catalog.sqlite"
        guard existing == .replace || !Folder.exists(target) else {
            throw RegistryError(
                "\(home) has a catalog already", remedy: "Restore into an empty home, or say --force to put it aside")
        }
        let store = BlobStore(home: home)
        try store.prepare()
        let temporary = target + ".new"
        for suffix in ["", "-wal", "-shm"] { try Folder.unlink(temporary + suffix) }
        try backup.extract(to: temporary)
        _ = try CatalogDatabase.prepareRestored(at: temporary)
        let kept = Folder.exists(target) ? try putAside(target) : nil
        try Folder.rename(temporary, to: target)
        try Folder.sync(home)
        // Manifests of what the replaced catalog knew would bring that back, so they go with it.
        if let kept, Folder.exists(home + "/manifests") {
            try Folder.rename(home + "/manifests", to: kept + ".manifests")
        }
        let registry = try ModelRegistry(home: home, access: .readWrite)
        try registry.catalog.writeManifests()
        let missing = try registry.catalog.blobs().filter { $0.storage != .evicted && !registry.isThere($0) }
        var report = backup.header.report(
            "restored", file: path, byteCount: backup.byteCount, blobFolder: nil, copied: 0,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        report.missingBlobs = missing.count
        report.oldCatalog = kept
        if !missing.isEmpty {
            report.notes.append(
                "\(missing.count) blobs are not in the home: 'ingot repair --all --from FOLDER' brings them from a copy"
            )
        }
        return report
    }

    /// Copies blobs that the folder lacks, comparing each with its digest.
    private func copyBlobs(to folder: String, progress: ProgressHandler?) throws -> Int {
        let target = BlobStore(home: folder)
        try target.prepare()
        let blobs = try catalog.blobs().filter { blob in
            (blob.storage == .raw || blob.storage == .coded) && !target.contains(blob.digest, byteCount: blob.byteCount)
        }
        let meter = ProgressMeter("backup", total: blobs.reduce(0) { $0 + $1.byteCount }, handler: progress)
        let reader = StoredFileReader(store: store)
        let area = try StagingArea(in: target, name: "backup-\(Int.random(in: 0...Int.max))")
        let result = Result {
            for blob in blobs {
                let writer = try BlobWriter(in: area)
                let segment = StoredFile.Segment(
                    blob: blob.digest, blobByteCount: blob.byteCount, blobOffset: 0, byteCount: blob.byteCount,
                    reference: nil)
                try reader.forEachPiece(of: [segment]) { piece in
                    try writer.append(piece)
                    meter.add(piece.count)
                }
                let sealed = try writer.seal()
                try sealed.digest.check(blob.digest, of: "blob \(blob.digest.hex.prefix(12))")
                try target.publish([sealed])
            }
        }
        try area.discard()
        try result.get()
        return blobs.count
    }
}
