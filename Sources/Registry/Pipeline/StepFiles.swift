import Bytes
import Formats
import Transforms

/// The files that the recipes of steps name by their digests.
struct StepFiles: Sendable {
    /// An importance matrix of llama.cpp.
    var importancePath: String?
    /// Activation statistics.
    var statisticsPath: String?
    /// A list of tokens.
    var vocabularyPath: String?
    /// The tokens that stayed when the same was done before.
    var keptVocabulary: VocabularyList?

    /// The importance matrix that a recipe names; nil when no file was given, which the step then asks for.
    func matrix(_ wanted: Digest) throws -> ImportanceSource? {
        guard let path = importancePath else { return nil }
        let matrix = try ImportanceSource(path: path)
        try Self.check(matrix.digest, wanted, path)
        return matrix
    }

    /// The activation statistics that a recipe names; nil when no file was given, which the step then asks for.
    func statistics(_ wanted: Digest) throws -> ActivationStatistics? {
        guard let path = statisticsPath else { return nil }
        let statistics = try ActivationStatistics(reading: try OpenFile(path))
        try Self.check(statistics.digest, wanted, path)
        return statistics
    }

    /// The tokens that stay, by the list that a recipe names; nil when none is at hand, which the step then asks for.
    func vocabulary(_ wanted: Digest) throws -> VocabularyList? {
        guard let path = vocabularyPath else { return keptVocabulary?.digest == wanted ? keptVocabulary : nil }
        let list = try VocabularyList(reading: path)
        try Self.check(list.digest, wanted, path)
        return list
    }

    /// Refuses what cannot be done again for want of a file that only its digest is known of.
    /// - Parameter label: what was made.
    func check(_ step: Recipe.Step, of label: String) throws {
        switch step {
        case .prune(let settings):
            if case .list(let digest)? = settings.vocabulary, try vocabulary(digest) == nil {
                throw RegistryError(
                    "\(label) was made with the list of tokens \(digest.hex.prefix(12)), and its pruning.json, which "
                        + "tells the tokens that stayed, is not in the store, or is damaged",
                    remedy: Self.remedy("--vocabulary", label))
            }
            switch settings.importance {
            case .imatrix(let digest): try require(matrix(digest), digest, "the importance matrix", label)
            case .statistics(let digest): try require(statistics(digest), digest, "the activation statistics", label)
            case .l1, .l2: break
            }
        case .sparsify(let settings):
            guard case .wanda(let digest) = settings.scores else { return }
            try require(statisticsPath ?? importancePath, digest, "the statistics", label)
            _ = try SparsifyOrder(settings, files: self)
        case .quantize, .cast, .student, .merge, .mergeAdapter: break
        }
    }

    private func require(_ found: Any?, _ digest: Digest, _ what: String, _ label: String) throws {
        guard found == nil else { return }
        throw RegistryError(
            "\(label) was made with \(what) \(digest.hex.prefix(12))", remedy: Self.remedy("--imatrix", label))
    }

    /// An evicted variant also comes back for acts that have no such option.
    static func remedy(_ option: String, _ label: String) -> String {
        "Name its file with \(option) FILE; where the act has no such option, first bring \(label) back with "
            + "'ingot evict --undo \(label) \(option) FILE'"
    }

    static func check(_ found: Digest, _ wanted: Digest, _ path: String) throws {
        guard found != wanted else { return }
        throw RegistryError(
            "\(path) is another file than the recipe asks for, whose SHA-256 begins with \(wanted.hex.prefix(12))",
            remedy: "Give that file, or write the digest of this one into the recipe")
    }
}

extension PruneOrder {
    /// What a recipe says, with the files that it names where they are given.
    init(_ settings: PruneSettings, files: StepFiles) throws {
        self.init(settings)
        if case .list(let digest)? = settings.vocabulary { list = try files.vocabulary(digest) }
        switch settings.importance {
        case .imatrix(let digest): matrix = try files.matrix(digest)
        case .statistics(let digest): statistics = try files.statistics(digest)
        case .l1, .l2: break
        }
    }
}
