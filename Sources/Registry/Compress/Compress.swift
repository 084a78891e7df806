import Blobs
import Bytes
import Catalog
import Foundation

extension ModelRegistry {
    /// Stores an artifact's weights in less room; its files, digests and exports stay what they are.
    ///
    /// What it shares with other artifacts is compressed for them too. Weights that are not in the store (references)
    /// are left alone.
    /// - Throws: `CatalogError` for a name that means nothing, `RegistryError` when another process compresses for too long.
    public func compress(
        _ request: CompressRequest, progress: ProgressHandler? = nil
    ) async throws -> CompressReport {
        let artifact = try StoredArtifact(registry: self, name: request.name)
        let base =
            try request.base.map { try StoredArtifact(registry: self, name: $0) }
            ?? (request.effort == .max ? relative(of: artifact) : nil)
        return try await recoding(artifact, base: base, "compressed") { job, changed in
            let plan = try CompressionPlan(artifact, base: base, catalog: catalog)
            let total = plan.items.reduce(0) { $0 + $1.byteCount }
            let meter = ProgressMeter("compress \(request.name)", total: total, handler: progress)
            for batch in Self.batches(plan.items, byteCount: \.byteCount) {
                let recoder = recoder(job)
                let coded = batch.filter(\.isCoded)
                let threads = Self.threads(request.threadCount)
                try recoder.switchToRaw(
                    try await WorkQueue.map(coded, threadCount: threads) { try recoder.decode($0.digest) })
                let effort = request.effort
                let sealed = try await WorkQueue.map(batch, threadCount: threads) { item in
                    try recoder.code(item, effort: effort, progress: meter.add)
                }.compactMap(\.self)
                try recoder.switchToCoded(sealed)
                changed += sealed.count
            }
        }
    }

    /// Stores an artifact's weights as they are again.
    public func decompress(
        _ name: String, threadCount: Int? = nil, progress: ProgressHandler? = nil
    ) async throws -> CompressReport {
        let artifact = try StoredArtifact(registry: self, name: name)
        return try await recoding(artifact, base: nil, "restored") { job, changed in
            let codings = try catalog.codings(of: artifact.files.flatMap(\.segments).map(\.blob))
            let coded = codings.values.filter(\.isCoded).sorted { $0.digest.hex < $1.digest.hex }
            let meter = ProgressMeter(
                "restore \(name)", total: coded.reduce(0) { $0 + $1.byteCount }, handler: progress)
            for batch in Self.batches(coded, byteCount: \.byteCount) {
                let recoder = recoder(job)
                try recoder.switchToRaw(
                    try await WorkQueue.map(batch, threadCount: Self.threads(threadCount)) { blob in
                        try recoder.decode(blob.digest, progress: meter.add)
                    })
                changed += batch.count
            }
        }
    }

    private func recoder(_ job: ActiveJob) -> BlobRecoder {
        BlobRecoder(store: store, catalog: catalog, kernels: kernels, area: job.area, job: job.number)
    }

    /// Runs an act that changes how an artifact's blobs are held, and reports on it.
    private func recoding(
        _ artifact: StoredArtifact, base: StoredArtifact?, _ outcome: String,
        _ body: (ActiveJob, inout Int) async throws -> Void
    ) async throws -> CompressReport {
        let start = ContinuousClock.now
        let label = try catalog.label(of: artifact.record.digest)
        let segments = artifact.files.flatMap(\.segments)
        let before = try catalog.codings(of: segments.map(\.blob))
        var changed = 0
        try await withJob(Self.codingVerb, subject: label) { job in
            try waitForOtherCoding(than: job.number)
            try await body(job, &changed)
            try catalog.finishJob(job.number, as: .done)
        }
        let after = try catalog.codings(of: segments.map(\.blob))
        let baseLabel = try base.map { try catalog.label(of: $0.record.digest) }
        let references = Set(segments.compactMap(\.reference?.path)).count
        return CompressReport(
            outcome: changed > 0 ? outcome : "unchanged", name: label, digest: artifact.record.digest.hex,
            logicalBytes: artifact.files.reduce(0) { $0 + $1.byteCount },
            bytesBefore: before.values.reduce(0) { $0 + $1.storedByteCount },
            bytesAfter: after.values.reduce(0) { $0 + $1.storedByteCount }, changedBlobs: changed,
            codedBlobs: after.values.count { $0.isCoded }, differences: after.values.count { $0.base != nil },
            base: baseLabel,
            notes: references == 0 ? [] : ["left alone, as the store only refers to them: \(references) files"],
            seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// The artifact that this one was made from, or was fine-tuned from as its card says, when it is here.
    private func relative(of artifact: StoredArtifact) -> StoredArtifact? {
        let digest = artifact.record.digest
        let parents = (try? catalog.lineage(of: digest, .ancestors)) ?? []
        let named = artifact.record.facts.baseModel.map { $0.split(separator: ",").map { String($0) } } ?? []
        let names =
            parents.filter { $0.distance == 1 && $0.record.role == .base }.map { "@\($0.record.parent.hex)" }
            + named.flatMap { [$0, $0.split(separator: "/").last.map(String.init) ?? $0] }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        for name in names {
            // A card may name what is not here, or not in a way that a name may be written.
            if let found = try? StoredArtifact(registry: self, name: name), found.record.digest != digest {
                return found
            }
        }
        return nil
    }

    /// Groups that become durable together: the disk holds one group twice at most.
    private static func batches<Item>(_ items: [Item], byteCount: KeyPath<Item, Int>) -> [[Item]] {
        var batches: [[Item]] = []
        var room = 0
        for item in items {
            if room < item[keyPath: byteCount] || batches.isEmpty || (batches.last?.count ?? 0) >= 64 {
                batches.append([])
                room = 256 << 20
            }
            room -= item[keyPath: byteCount]
            batches[batches.count - 1].append(item)
        }
        return batches
    }
}
