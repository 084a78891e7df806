import Blobs
import Bytes
import Catalog

extension ModelRegistry {
    /// Reads the blobs of an artifact, or of all, and compares them with their digests.
    /// - Returns: what is damaged, with the artifacts, files and tensors that lie in it; empty when all is sound.
    public func verify(_ name: String?, progress: ProgressHandler? = nil) async throws -> VerifyReport {
        try await verify(VerifyRequest(name: name), progress: progress)
    }

    /// Reads blobs and compares them with their digests.
    ///
    /// What is found is noted in the catalog as the work goes on (`blob_summary.verified_at` and `problem`), unless this
    /// registry only reads. So one that is stopped can go on: with `Selection.notWithin`, blobs that were found right
    /// lately are left out.
    /// - Returns: what is damaged, with the artifacts, files and tensors that lie in it; empty when all is sound.
    public func verify(_ request: VerifyRequest, progress: ProgressHandler? = nil) async throws -> VerifyReport {
        let start = ContinuousClock.now
        let now = Timestamp.now()
        let artifacts = try request.name.map { [try artifact(named: $0)] } ?? allArtifacts()
        let digest = request.name == nil ? nil : artifacts.first?.digest
        let all = try catalog.blobChecks(of: digest)
        let evicted = all.count { $0.blob.storage == .evicted }
        var report = VerifyReport(artifactCount: artifacts.count, blobCount: 0, bytes: 0, damage: [], seconds: 0)
        var checks = all
        switch request.selection {
        case .all: break
        case .sample(let share, let seed):
            report.selection = "sample"
            report.seed = seed
            checks = VerifySample(share: share, seed: seed, now: now).draw(all.filter { $0.blob.storage != .evicted })
        case .notWithin(let seconds):
            report.selection = "since"
            checks = try catalog.blobChecks(of: digest, notVerifiedSince: now.earlier(bySeconds: seconds))
        }
        let blobs = checks.map(\.blob).filter { $0.storage != .evicted }
        report.blobCount = blobs.count
        report.bytes = blobs.reduce(0) { $0 + $1.byteCount }
        report.evictedBlobs = evicted
        report.skippedBlobs = all.count - evicted - blobs.count
        report.isRecorded = access == .readWrite
        let meter = ProgressMeter(
            "verify \(request.name ?? "everything")", total: report.bytes, handler: progress)
        let damaged = try await scrub(blobs, meter, threadCount: request.threadCount)
        report.damage = try damage(damaged)
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        if evicted > 0 {
            report.notes.append("\(evicted) evicted blobs have no bytes to verify: --rederive proves their variants")
        }
        if access == .readOnly {
            report.notes.append("nothing was noted in the catalog, which was opened for reading only")
        }
        return report
    }

    /// Reads blobs on several threads.
    /// - Returns: what is wrong, by digest.
    func scrub(_ blobs: [BlobRecord], _ meter: ProgressMeter, threadCount: Int?) async throws -> [Digest: String] {
        let log = VerificationLog(access == .readWrite ? catalog : nil)
        let scrub = BlobScrub(store: store, kernels: kernels, progress: meter.add)
        do {
            _ = try await WorkQueue.map(
                BlobScrub.pairs(blobs), threadCount: Self.threads(threadCount)
            ) { pair in
                let problems = try scrub.problems(of: pair)
                try log.add(zip(pair, problems).map { ($0.digest, $1) })
            }
        } catch {
            // What was read until now counts.
            try log.finish()
            throw error
        }
        try log.finish()
        return log.damage
    }

    func allArtifacts() throws -> [ArtifactRecord] {
        var seen: Set<Digest> = []
        return try catalog.summaries().map(\.artifact).filter { seen.insert($0.digest).inserted }
    }

    /// Who needs the damaged blobs, and what lies in them.
    func damage(_ problems: [Digest: String]) throws -> [VerifyReport.Damage] {
        let contents = KnownContents(self)
        return try problems.sorted { $0.key.hex < $1.key.hex }.map { digest, problem in
            var places: Set<String> = []
            var users = try catalog.users(of: digest)
            for difference in try catalog.differences(from: digest) { users += try catalog.users(of: difference) }
            for user in users {
                places.formUnion(try contents[user.digest].places(of: digest))
            }
            return .init(
                blob: digest.hex, problem: problem, artifacts: Array(Set(users.map(\.label))).sorted(),
                places: places.sorted())
        }
    }
}
