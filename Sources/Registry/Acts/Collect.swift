import Blobs
import Bytes
import Catalog

extension ModelRegistry {
    /// Gives back what nothing needs: bytes that no artifact is made of, what killed acts have left, and, with rules,
    /// artifacts that fall out of them.
    ///
    /// Nothing goes that an artifact, a running act or another stored blob counts on, in whichever process: rows go in
    /// one transaction that has seen who names what, and each file in one that has seen neither a row nor a pin.
    public func collect(_ request: CollectRequest) throws -> CollectReport {
        let start = ContinuousClock.now
        let now = Timestamp.now()
        let retention = try Retention(request.retention, registry: self)
        var choice = RetentionRules.Choice()
        let choose = { (candidates: [RetentionCandidate]) throws -> [Digest] in
            choice = try retention.choose(candidates, now: now)
            return choice.dropped
        }
        var draft = CollectDraft(store: store)
        switch request.effect {
        case .report:
            let plan = try catalog.planCollection(at: now, choosing: choose)
            try draft.addIncoming(try abandonedAreas(), in: store)
            try draft.add(plan, unexplained: try unexplained(plan))
        case .remove:
            try draft.addIncoming(try abandonedAreas(), in: store)
            try sweepAreas()
            let plan = try catalog.collect(at: now, choosing: choose)
            try draft.add(plan, unexplained: try catalog.noteUnexplained(try unexplained(plan)))
            try removeForgottenBlobs()
        }
        var protected: [CollectReport.Protected] = []
        for (digest, reason) in choice.protected {
            protected.append(.init(name: try catalog.label(of: digest), digest: digest.hex, reason: reason))
        }
        return draft.report(
            isDryRun: request.effect == .report, protected: protected.sorted { $0.name < $1.name },
            seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// Areas in `incoming/` whose acts are gone and cannot be gone on with.
    private func abandonedAreas() throws -> [String] {
        let unfinished = Set(try catalog.unfinishedJobs().map { "job-\($0)" })
        return try StagingArea.abandoned(in: store) { unfinished.contains($0) }
    }

    private func sweepAreas() throws {
        let unfinished = Set(try catalog.unfinishedJobs().map { "job-\($0)" })
        try StagingArea.sweep(store) { unfinished.contains($0) }
    }

    /// Files in the store that no row explains. One that a running act has renamed into the store since the rows were
    /// read was pinned before: so what is found is asked for once more.
    private func unexplained(_ plan: CollectionPlan) throws -> [Digest] {
        var found: [Digest] = []
        try store.forEachName { name in
            if !plan.explained.contains(name), let digest = Digest(hex: name) { found.append(digest) }
        }
        return try catalog.unexplained(among: found)
    }
}

/// Which artifacts go.
private struct Retention {
    private enum Source {
        case all
        case rules(RetentionRules)
        case condition(String)
    }

    private let source: Source
    private let registry: ModelRegistry
    private static let greatestFile = 1 << 20

    init(_ retention: CollectRequest.Retention, registry: ModelRegistry) throws {
        self.registry = registry
        switch retention {
        case .keepAll: source = .all
        case .rules(let path):
            let file = try OpenFile(path)
            guard file.byteCount <= Self.greatestFile else {
                throw RegistryError(
                    "\(path) has \(file.byteCount) bytes, and rules have \(Self.greatestFile) at most",
                    remedy: "Name the file of rules")
            }
            source = .rules(try RetentionRules(parsing: try file.bytes(0..<file.byteCount), file: path))
        case .dropWhere(let condition): source = .condition(condition)
        }
    }

    func choose(_ candidates: [RetentionCandidate], now: Timestamp) throws -> RetentionRules.Choice {
        switch source {
        case .all: return RetentionRules.Choice()
        case .rules(let rules): return rules.choose(candidates, now: now)
        case .condition(let condition):
            let doomed = try digests(where: condition)
            let kept = Set(candidates.map(\.digest)).subtracting(doomed)
            return RetentionRules.protecting(candidates, kept: kept, dropsParents: false)
        }
    }

    /// An artifact with several names has a row for each, and goes when the condition holds for all of them.
    private func digests(where condition: String) throws -> Set<Digest> {
        var found: Set<Digest> = []
        _ = try registry.query(
            """
            SELECT s.digest FROM artifact_summary AS s
            GROUP BY s.digest HAVING min(coalesce((\(condition)
            ), 0) <> 0) = 1
            """, limits: QueryLimits(seconds: 60, rows: .max - 1), columns: { _ in }
        ) { row in
            if case .text(let text)? = row.first, let digest = Digest(hex: text) { found.insert(digest) }
        }
        return found
    }
}

/// What goes, as it is found.
private struct CollectDraft {
    let store: BlobStore
    private var items: [CollectReport.Item] = []
    private var artifactCount = 0
    private var blobCount = 0
    private var byteCount = 0

    init(store: BlobStore) { self.store = store }

    mutating func addIncoming(_ names: [String], in store: BlobStore) throws {
        for name in names {
            let path = "\(store.incomingFolder)/\(name)"
            let bytes = try Folder.byteCount(ofTree: path)
            items.append(
                .init(kind: "incoming", name: path, reason: "its act is gone and cannot be gone on with", bytes: bytes))
            byteCount += bytes
        }
    }

    mutating func add(_ plan: CollectionPlan, unexplained: [Digest]) throws {
        for job in plan.jobs {
            items.append(
                .init(
                    kind: "job", name: String(job.id),
                    reason: "\(job.verb) \(job.subject) was killed more than a week ago", bytes: 0))
        }
        for artifact in plan.artifacts {
            items.append(
                .init(
                    kind: "artifact", name: artifact.label, reason: "the rules let it go", bytes: artifact.byteCount))
        }
        artifactCount = plan.artifacts.count
        for blob in plan.blobs {
            add(
                blob.digest, blob.artifact.map { "only \($0) is made of it" } ?? "no artifact is made of it",
                blob.byteCount)
        }
        let rows = Set(plan.blobs.map(\.digest))
        for digest in plan.forgotten where !rows.contains(digest) { add(digest, "its artifact was forgotten") }
        for digest in plan.abandoned { add(digest, "only a killed act counts on it") }
        for digest in unexplained { add(digest, "the catalog does not know it") }
    }

    /// - Parameter byteCount: nil asks the disk; what is not there is no news.
    private mutating func add(_ digest: Digest, _ reason: String, _ byteCount: Int? = nil) {
        guard let bytes = byteCount ?? store.storedByteCount(of: digest) else { return }
        items.append(.init(kind: "blob", name: digest.hex, reason: reason, bytes: bytes))
        blobCount += 1
        self.byteCount += bytes
    }

    func report(isDryRun: Bool, protected: [CollectReport.Protected], seconds: Double) -> CollectReport {
        CollectReport(
            isDryRun: isDryRun, items: items, artifactCount: artifactCount, blobCount: blobCount, freedBytes: byteCount,
            protected: protected, notes: [], seconds: seconds)
    }
}
