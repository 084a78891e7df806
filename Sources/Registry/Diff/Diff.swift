import Bytes
import Catalog
import Tensors

extension ModelRegistry {
    /// Compares two artifacts tensor by tensor, whatever formats and dtypes they are in: digests first, then numbers of
    /// what they leave open. Configurations, tokenizers and other files are compared too. Evicted bytes that have to be
    /// read come back first.
    ///
    /// - Throws: when an artifact is unknown, or bytes that have to be read are damaged or gone.
    public func diff(_ request: DiffRequest, progress: ProgressHandler? = nil) async throws -> DiffReport {
        let first = try DiffSide(request.first, in: self)
        let second = try DiffSide(request.second, in: self)
        do {
            if first.isGGUF != second.isGGUF { try await bringBack(first, second, progress: progress) }
            var diff = try ArtifactDiff(first, second)
            if !request.digestsOnly {
                try await diff.measure(threadCount: Self.threads(request.threadCount), progress: progress)
            }
            return try diff.report(request)
        } catch let error as FileError {
            throw RegistryError(
                "cannot \(error.operation) \(error.path), which \(request.first) or \(request.second) is made of",
                remedy: "Run 'ingot verify' to see what is damaged, and 'ingot repair' to mend it")
        }
    }

    /// Brings evicted bytes back that are to be read.
    fileprivate func bringBack(_ first: DiffSide, _ second: DiffSide, progress: ProgressHandler?) async throws {
        for side in [first, second] { try await bringBack(named: side.name, progress: progress) }
    }
}

/// Two artifacts that are being compared.
private struct ArtifactDiff {
    private let first: DiffSide
    private let second: DiffSide
    private var layout: DiffLayout
    private var matching: DiffMatching
    /// Pairs of the same bytes under one name: of long lists nearly all, so no more is kept of them than the places.
    private var identical: [(first: Int, second: Int)] = []
    private var pairs: [DiffPair] = []
    private var notes: [String] = []

    /// Compares what the catalog knows.
    init(_ first: DiffSide, _ second: DiffSide) throws {
        self.first = first
        self.second = second
        let family = first.family ?? second.family
        var layout = try DiffLayout(first, second)
        matching = DiffMatching(layout.first, layout.second, family: family)
        if try layout.stackExperts(first, second, matching) {
            matching = DiffMatching(layout.first, layout.second, family: family)
        }
        self.layout = layout
        for places in matching.pairs {
            let (one, other) = (layout.first[places.first], layout.second[places.second])
            if one.isIdentical(to: other) { identical.append(places) } else { pairs.append(DiffPair(one, other)) }
        }
        let renamed = RenameSearch(first: layout.first, second: layout.second).sameBytes(matching)
        matching.pair(renamed)
        pairs += renamed.map { DiffPair(layout.first[$0.first], layout.second[$0.second], isRenamed: true) }
    }

    /// Reads the numbers of what digests leave open.
    mutating func measure(threadCount: Int, progress: ProgressHandler?) async throws {
        let open = pairs.indices.filter { pairs[$0].isOpen }
        let mayBeRenamed = !matching.onlyFirst.isEmpty && !matching.onlySecond.isEmpty
        guard !open.isEmpty || mayBeRenamed else { return }
        try await first.registry.bringBack(first, second, progress: progress)
        try layout.loadNumbers(first, second)
        guard let one = layout.firstNumbers, let other = layout.secondNumbers else { return }
        let work = DiffWork(first: one, second: other, threadCount: threadCount)
        let meter = ProgressMeter(
            "compare \(first.name) with \(second.name)", total: open.reduce(0) { $0 + pairs[$1].byteCount },
            handler: progress)
        for (place, pair) in try await work.measure(pairs, at: open, meter: meter) { pairs[place] = pair }
        if mayBeRenamed { try await findRenamed(work) }
    }

    private mutating func findRenamed(_ work: DiffWork) async throws {
        let (firsts, seconds) = (layout.first, layout.second)
        let candidates = RenameCandidates(
            firsts, seconds, matching,
            statistics: (
                { work.first.tensor(of: firsts[$0]).flatMap(work.first.statistics) },
                { work.second.tensor(of: seconds[$0]).flatMap(work.second.statistics) }
            ))
        if candidates.isCut {
            notes.append(
                "more tensors have other names than are looked through; of some that were renamed and changed, "
                    + "only that they were added and removed is said")
        }
        let found = try await work.renamed(candidates, (firsts, seconds))
        matching.pair(found.map { ($0.first, $0.second) })
        pairs += found.map(\.pair)
    }

    func report(_ request: DiffRequest) throws -> DiffReport {
        var tally = DiffTally(family: first.family ?? second.family, listsAll: request.listsAll)
        for places in identical {
            let entry = layout.first[places.first]
            if request.listsAll {
                tally.add(DiffPair(entry, layout.second[places.second]))
            } else {
                tally.add(identical: entry)
            }
        }
        for pair in pairs { tally.add(pair) }
        for place in matching.onlyFirst { tally.add(layout.first[place], only: .removed) }
        for place in matching.onlySecond { tally.add(layout.second[place], only: .added) }
        let companions = try CompanionDiff(first, second, layout)
        let isMeasured = tally.sums.elementCount > 0
        let same = tally.counts.identical + tally.counts.equal
        return DiffReport(
            first: first.report, second: second.report,
            differs: tally.counts.total > same || !companions.config.isEmpty || companions.tokenizer != nil
                || !companions.files.isEmpty,
            digestsOnly: request.digestsOnly, counts: tally.counts,
            relRmse: isMeasured ? tally.sums.relativeRMSE : nil, cosine: isMeasured ? tally.sums.cosine : nil,
            groups: tally.groups, tensors: tally.sortedTensors, config: companions.config,
            tokenizer: companions.tokenizer, files: companions.files,
            notes: layout.notes + notes + companions.notes + unreadNotes)
    }

    /// What was not measured, with its reasons.
    private var unreadNotes: [String] {
        var counts: [String: Int] = [:]
        for pair in pairs { if let note = pair.note { counts[note, default: 0] += 1 } }
        return counts.sorted { $0.key < $1.key }.map { note, count in
            "\(count) tensor\(count == 1 ? " was" : "s were") not measured: \(note)"
        }
    }
}
