import Blobs
import Bytes
import Catalog

extension ModelRegistry {
    /// Lets the bytes of variants go that can be derived again; their rows stay, and their bytes come back when they are
    /// exported or converted.
    ///
    /// A variant goes only when its parent's bytes are there, this version of Ingot can run its recipe, and (unless the
    /// request trusts the recipe) a derivation has given the same bytes. Blobs that other artifacts need stay.
    public func evict(_ request: EvictRequest, progress: ProgressHandler? = nil) async throws -> EvictReport {
        let start = ContinuousClock.now
        var report = EvictReport(variants: [], freedBytes: 0, notes: [], seconds: 0)
        for name in request.names {
            let variant = try await evict(name, request, progress: progress)
            report.variants.append(variant)
            report.freedBytes += variant.bytes
        }
        try removeForgottenBlobs()
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return report
    }

    private func evict(
        _ name: String, _ request: EvictRequest, progress: ProgressHandler?
    ) async throws -> EvictReport.Variant {
        let child = try artifact(named: name)
        let label = try catalog.label(of: child.digest)
        let derivation = try Derivation(
            of: child, in: self, files: request.files, threadCount: request.threadCount)
        guard derivation.known.parents.count == 1 else {
            throw RegistryError(
                "\(label) was made from \(derivation.known.parents.count) artifacts, and only what has one parent is evicted",
                remedy: "Keep it, or make room with 'ingot compress \(label)'")
        }
        let parent = try catalog.label(of: derivation.parent.digest)
        let missing = try missingBlobs(of: derivation.parent.digest)
        guard missing.isEmpty else {
            throw RegistryError(
                "the bytes of \(parent), from which \(label) would come back, are not all there "
                    + "(\(store.path(of: missing[0])))",
                remedy: "Bring them back first, with 'ingot repair \(parent)' or 'ingot evict --undo \(parent)'")
        }
        var isProven = derivation.known.provenVersion == Self.version
        if !isProven, request.proof == .required {
            let outcome = try await prove(derivation, progress: progress)
            guard outcome.assembly.digest == child.digest else {
                throw RegistryError(
                    "deriving \(label) again from \(parent) gives other bytes, so its own are kept",
                    remedy: "'ingot verify --rederive \(label)' tells which files differ")
            }
            isProven = true
        }
        let freed = try catalog.evict(
            child.digest, from: derivation.parent.digest, keeping: derivation.keptBlobs)
        let isThere = freed.blobs.isEmpty
        return .init(
            outcome: isThere ? "unchanged" : "evicted", name: label, digest: child.digest.hex, parent: parent,
            blobs: freed.blobs.count, bytes: freed.byteCount, isProven: isProven)
    }

    /// Brings the bytes of evicted variants back into the store.
    public func undoEviction(_ request: EvictRequest, progress: ProgressHandler? = nil) async throws -> EvictReport {
        let start = ContinuousClock.now
        var report = EvictReport(variants: [], freedBytes: 0, notes: [], seconds: 0)
        for name in request.names {
            let record = try artifact(named: name)
            let before = try catalog.storedByteCount()
            let count = try catalog.evictedBlobCount(of: record.digest)
            try await bringBack(
                record, files: request.files, threadCount: request.threadCount, progress: progress)
            let known = try catalog.derivations(of: record.digest).first
            report.variants.append(
                .init(
                    outcome: count == 0 ? "unchanged" : "rebuilt", name: try catalog.label(of: record.digest),
                    digest: record.digest.hex,
                    parent: try known.map { try catalog.label(of: $0.parents[0].digest) } ?? "",
                    blobs: count, bytes: max(0, try catalog.storedByteCount() - before),
                    isProven: known?.provenVersion == Self.version))
        }
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return report
    }

    /// Blobs of an artifact that neither the store nor a file elsewhere holds in their length.
    func missingBlobs(of artifact: Digest) throws -> [Digest] {
        try catalog.blobs(of: artifact).filter { !isThere($0) }.map(\.digest)
    }

    /// Whether a file is there that looks like the blob's.
    func isThere(_ blob: BlobRecord) -> Bool {
        switch blob.storage {
        case .raw, .coded: store.contains(blob.digest, byteCount: blob.byteCount)
        case .references:
            Self.reference(blob).map { FileIdentity(path: $0.path)?.matches($0.identity) == true } ?? false
        case .evicted: false
        }
    }

    // MARK: Coming back

    /// Brings an artifact's bytes back, before an act reads them, if they were evicted. They stay until the next
    /// `evict`, which then has nothing to prove.
    ///
    /// A registry that only reads opens the home once more for this.
    func bringBack(named name: String, progress: ProgressHandler?) async throws {
        let record = try artifact(named: name)
        guard try catalog.evictedBlobCount(of: record.digest) > 0 else { return }
        let registry = access == .readWrite ? self : try ModelRegistry(home: home, access: .readWrite)
        try await registry.bringBack(record, progress: progress)
    }

    /// For acts that cannot wait for a derivation.
    func refuseEvicted(_ name: String) throws {
        let record = try artifact(named: name)
        guard try catalog.evictedBlobCount(of: record.digest) > 0 else { return }
        throw RegistryError(
            "\(name) is evicted: its bytes are not in the store",
            remedy: "Bring them back first with 'ingot evict --undo \(name)'")
    }

    /// Brings back what a derivation reads.
    func bringBack(parentsOf derivation: Derivation, progress: ProgressHandler?) async throws {
        for parent in derivation.known.parents {
            guard let record = try catalog.artifact(parent.digest) else { continue }
            try await bringBack(record, progress: progress)
        }
    }

    func bringBack(
        _ record: ArtifactRecord, files: DerivationFiles = DerivationFiles(), threadCount: Int? = nil,
        progress: ProgressHandler?
    ) async throws {
        guard try catalog.evictedBlobCount(of: record.digest) > 0 else { return }
        let derivation = try Derivation(of: record, in: self, files: files, threadCount: threadCount)
        try await bringBack(parentsOf: derivation, progress: progress)
        let evicted = try catalog.blobs(of: record.digest).filter { $0.storage == .evicted }
        try refuseOverQuota(evicted.reduce(0) { $0 + $1.byteCount })
        try await withJob("rebuild", subject: record.digest.hex) { job in
            try await rebuild(derivation, evicted.map(\.digest), job, progress: progress)
            try catalog.noteRebuilt(record.digest, finishing: job.number)
        }
    }

    /// Derives a variant again into the store, and makes sure that the named blobs of it are there.
    func rebuild(
        _ derivation: Derivation, _ wanted: [Digest], _ job: ActiveJob, progress: ProgressHandler?
    ) async throws {
        let outcome = try await derivation.run(job, in: self, progress: progress)
        let label = try catalog.label(of: derivation.child.digest)
        guard outcome.assembly.digest == derivation.child.digest else {
            throw RegistryError(
                "deriving \(label) again gives other bytes",
                remedy: "'ingot verify --rederive \(label)' tells which files differ")
        }
        try job.publisher.finish()
        let made = outcome.assembly.files.map(\.file)
        let published = Set(made.flatMap(\.segments).map(\.blob))
        let contents = try BlobContents(registry: self, artifact: derivation.child.digest)
        let reader = StoredFileReader(store: store)
        for blob in wanted where !published.contains(blob) {
            // The same files were cut at other places before.
            let cut = contents.stretches(of: blob).first { stretch in
                stretch.segment.blobOffset == 0 && stretch.segment.byteCount == stretch.segment.blobByteCount
            }
            guard let cut, let file = made.first(where: { $0.path == cut.file.path }) else {
                throw RegistryError(
                    "blob \(blob.hex.prefix(12)) of \(label) is no stretch of its files", remedy: "Report it")
            }
            let writer = try BlobWriter(in: job.area)
            try reader.forEachPiece(of: cut.range, in: file) { try writer.append($0) }
            let sealed = try writer.seal()
            try sealed.digest.check(blob, of: label)
            try job.publisher.add(sealed)
        }
        try job.publisher.finish()
    }
}
