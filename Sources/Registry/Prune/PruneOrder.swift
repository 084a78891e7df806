import Bytes
import Formats
import Transforms

/// What pruning was asked for, checked: everything that decides about its bytes, and the files that tell more.
struct PruneOrder: Sendable {
    let settings: PruneSettings
    /// The importance matrix that ranks indices.
    var matrix: ImportanceSource?
    /// The activation statistics that rank indices, and by which matrices are fitted again.
    var statistics: ActivationStatistics?
    /// The tokens that stay.
    var list: VocabularyList?

    init(_ request: PruneRequest) throws {
        var settings = PruneSettings()
        let shares: [(PruneSettings.Width, Double?)] = [
            (.mlp, request.mlp), (.heads, request.heads), (.keyValueGroups, request.keyValueGroups),
            (.hidden, request.hidden), (.experts, request.experts),
        ]
        for (width, share) in shares { if let share { try settings.set(width, to: share) } }
        try settings.setMultiple(request.multiple)
        settings.depth = try Self.depth(request)
        settings.importance = request.importance == .l1 ? .l1 : .l2
        if let path = request.importancePath {
            let matrix = try ImportanceSource(path: path)
            settings.importance = .imatrix(matrix.digest)
            self.matrix = matrix
        }
        if let path = request.statisticsPath {
            guard request.importancePath == nil else {
                throw RegistryError(
                    "an importance matrix and activation statistics both rank what goes", remedy: "Give one of them")
            }
            let statistics = try ActivationStatistics(reading: try OpenFile(path))
            settings.importance = .statistics(statistics.digest)
            self.statistics = statistics
            let hasMoments = statistics.modules.contains(where: statistics.hasSecondMoments)
            let cutsInputs = [.mlp, .heads, .keyValueGroups].contains { settings.shares[$0] != nil }
            settings.repairs = request.repairs ?? (hasMoments && cutsInputs)
        }
        if request.repairs == true, statistics == nil {
            throw RegistryError(
                "matrices are fitted again to their inputs by activation statistics, and none are given",
                remedy: "Name their file with --statistics")
        }
        if let text = request.vocabulary {
            if let count = Int(text) {
                settings.vocabulary = .count(count)
            } else {
                let list = try VocabularyList(reading: text)
                settings.vocabulary = .list(list.digest)
                self.list = list
            }
        }
        guard !settings.isEmpty else {
            throw RegistryError(
                "nothing is to be cut",
                remedy: "Say what with --mlp, --heads, --kv-groups, --hidden, --experts, --layers or --vocabulary")
        }
        try Self.checkRanking(request, settings)
        self.settings = settings
    }

    /// Refuses files that rank what goes where nothing is ranked: layers and tokens are named.
    private static func checkRanking(_ request: PruneRequest, _ settings: PruneSettings) throws {
        guard settings.shares.isEmpty else { return }
        let options = [
            request.importancePath.map { _ in "--imatrix" }, request.statisticsPath.map { _ in "--statistics" },
            request.repairs == true ? "--repair" : nil,
        ]
        guard let option = options.compactMap(\.self).first else { return }
        throw RegistryError(
            "\(option) tells which channels, heads or experts go, and none are to be cut",
            remedy: "Leave it out, or add --mlp, --heads, --kv-groups, --hidden or --experts")
    }

    /// What a recipe says, without the files of which it holds the digests.
    init(_ settings: PruneSettings) { self.settings = settings }

    private static func depth(_ request: PruneRequest) throws -> PruneSettings.Depth {
        switch (request.layers, request.keptLayers) {
        case (nil, nil): return .all
        case (let cut?, nil): return .cut(try LayerList(parsing: cut))
        case (nil, let kept?): return .keep(try LayerList(parsing: kept))
        case (_?, _?):
            throw RegistryError("--layers names what goes, --keep-layers what stays", remedy: "Give one of them")
        }
    }

    /// Refuses a recipe whose files are not at hand.
    func checkFiles() throws {
        switch settings.importance {
        case .imatrix(let digest) where matrix?.digest != digest:
            throw Self.missing("the importance matrix", digest, option: "--imatrix")
        case .statistics(let digest) where statistics?.digest != digest:
            throw Self.missing("the activation statistics", digest, option: "--statistics")
        default: break
        }
        if case .list(let digest)? = settings.vocabulary, list?.digest != digest {
            throw Self.missing("the list of tokens", digest, option: "--vocabulary")
        }
    }

    private static func missing(_ subject: String, _ digest: Digest, option: String) -> RegistryError {
        RegistryError(
            "the recipe needs the file of \(subject) whose SHA-256 begins with \(digest.hex.prefix(12))",
            remedy: "Give it to 'ingot run' with \(option) FILE")
    }
}
