import Blobs
import Bytes
import Catalog

extension ModelRegistry {
    /// Mends blobs that `verify` has found damaged, and those whose files are gone or have another length.
    ///
    /// Bytes come from where the same are: other artifacts of this home, files that it refers to, the folders and homes
    /// that the request names; else a variant is derived again from its parent. What is damaged stays in its place until
    /// the right bytes, compared with their digest, take it.
    /// - Returns: what was mended from where, and what would help the rest.
    public func repair(_ request: RepairRequest, progress: ProgressHandler? = nil) async throws -> RepairReport {
        let start = ContinuousClock.now
        let artifact = try request.name.map { try self.artifact(named: $0).digest }
        let suspects = try suspects(of: artifact)
        let meter = ProgressMeter(
            "repair \(request.name ?? "everything")", total: suspects.reduce(0) { $0 + $1.byteCount }, handler: progress
        )
        let problems = try await scrub(suspects, meter, threadCount: request.threadCount)
        let damage = try damage(problems)
        var mended: [Digest: String] = [:]
        var reasons: [Digest: String] = [:]
        if !problems.isEmpty {
            let damaged = suspects.filter { problems[$0.digest] != nil }
            mended = try await mend(damaged, request)
            let rest = damaged.filter { mended[$0.digest] == nil }
            let derived = try await deriveAgain(rest, request, progress: progress)
            mended.merge(derived.mended) { first, _ in first }
            reasons = derived.reasons
        }
        let sizes = Dictionary(suspects.map { ($0.digest, $0.byteCount) }) { first, _ in first }
        var report = RepairReport(
            suspectCount: suspects.count, mended: [], unmended: [], soundCount: suspects.count - problems.count,
            notes: [], seconds: 0)
        for entry in damage {
            guard let digest = Digest(hex: entry.blob) else { continue }
            if let source = mended[digest] {
                report.mended.append(
                    .init(
                        blob: entry.blob, bytes: sizes[digest] ?? 0, source: source, artifacts: entry.artifacts,
                        places: entry.places))
            } else {
                report.unmended.append(
                    .init(
                        blob: entry.blob, problem: entry.problem, artifacts: entry.artifacts, places: entry.places,
                        help: try help(for: digest, reason: reasons[digest])))
            }
        }
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return report
    }

    /// Blobs of which damage is known, or whose files do not even look right.
    private func suspects(of artifact: Digest?) throws -> [BlobRecord] {
        try catalog.blobChecks(of: artifact).filter { check in
            check.blob.storage != .evicted && (check.problem != nil || !isThere(check.blob))
        }.map(\.blob)
    }

    private func mend(_ blobs: [BlobRecord], _ request: RepairRequest) async throws -> [Digest: String] {
        try await withJob("repair", subject: request.name ?? "everything") { job in
            let contents = KnownContents(self)
            let wanted = try BlobMender.wanted(blobs, in: self, contents)
            let sources = try ByteSources(self, paths: request.sources, wanted: wanted)
            // What others are differences from comes first: they may be right again with it.
            let depths = try catalog.codings(of: blobs.map(\.digest)).mapValues(\.depth)
            let blobs = blobs.sorted { depths[$0.digest, default: 0] < depths[$1.digest, default: 0] }
            var left = Set(blobs.map(\.digest))
            var mended: [Digest: String] = [:]
            // A blob that is right again may help another: until nothing more comes of it.
            var hasChanged = true
            while hasChanged, !left.isEmpty {
                hasChanged = false
                for blob in blobs where left.contains(blob.digest) {
                    try Task.checkCancellation()
                    let mender = BlobMender(
                        registry: self, job: job, sources: sources, contents: contents, damaged: left)
                    guard let source = try mender.mend(blob) else { continue }
                    mended[blob.digest] = source
                    left.remove(blob.digest)
                    hasChanged = true
                }
            }
            try catalog.finishJob(job.number, as: .done)
            return mended
        }
    }

    /// Writes down that a blob whose coded form was damaged is stored as it is now. One that no artifact counts on
    /// coded, such as one that is being published for the first time, is left to whoever publishes it.
    func replaceCoded(_ digest: Digest) throws {
        guard try catalog.codings(of: [digest])[digest]?.isCoded == true else { return }
        try noteMended(digest)
    }

    /// Writes down that a blob is right again, in whichever form its file has.
    func noteMended(_ digest: Digest) throws {
        if Folder.exists(store.path(of: digest)) {
            try catalog.noteMended(digest)
            try store.removeCoded(digest)
        } else {
            // Its coded form, which another blob's damage had made unreadable, is right with that.
            try catalog.note(sound: [digest], damaged: [])
        }
    }

    /// Derives the variants again that are made of damaged blobs.
    private func deriveAgain(
        _ blobs: [BlobRecord], _ request: RepairRequest, progress: ProgressHandler?
    ) async throws -> (mended: [Digest: String], reasons: [Digest: String]) {
        var variants: [Digest: [BlobRecord]] = [:]
        for blob in blobs where blob.storage == .raw || blob.storage == .coded {
            for user in try catalog.users(of: blob.digest) { variants[user.digest, default: []].append(blob) }
        }
        var mended: [Digest: String] = [:]
        var reasons: [Digest: String] = [:]
        for (digest, all) in variants.sorted(by: { $0.key.hex < $1.key.hex }) {
            let wanted = all.filter { mended[$0.digest] == nil }
            guard !wanted.isEmpty, let record = try catalog.artifact(digest),
                try !catalog.derivations(of: digest).isEmpty
            else { continue }
            do {
                let derivation = try Derivation(
                    of: record, in: self, files: request.files, threadCount: request.threadCount)
                try await bringBack(parentsOf: derivation, progress: progress)
                try await withJob("rebuild", subject: digest.hex) { job in
                    try await rebuild(derivation, wanted.map(\.digest), job, progress: progress)
                    for blob in wanted {
                        try noteMended(blob.digest)
                    }
                    try catalog.finishJob(job.number, as: .done)
                }
                let parent = try catalog.label(of: derivation.parent.digest)
                for blob in wanted { mended[blob.digest] = "derived again from \(parent)" }
            } catch let error as CancellationError {
                throw error
            } catch {
                for blob in wanted { reasons[blob.digest] = "\(error)" }
            }
        }
        return (mended, reasons)
    }

    /// What would help a blob that could not be mended.
    private func help(for digest: Digest, reason: String?) throws -> String {
        let users = try catalog.users(of: digest)
        let sources = try users.compactMap { try catalog.artifact($0.digest)?.sourcePath }
        let present = sources.first { Folder.exists($0) }
        var words: [String] = []
        if let reason { words.append("it cannot be derived again: \(reason)") }
        if let present {
            words.append("name its source with 'ingot repair --from \(present)'")
        } else if let first = sources.first {
            words.append("fetch what \(first) held, and name the folder with --from")
        } else {
            words.append("name a folder or home that holds the same model with --from")
        }
        return words.joined(separator: " ")
    }
}
