import Bytes
import Formats
import Transforms

/// The files that the recipes of steps name by their digests.
struct StepFiles: Sendable {
    /// An importance matrix of llama.cpp.
    var importancePath: String?
    /// Activation statistics.
    var statisticsPath: String?

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

    /// Refuses what cannot be done again for want of a file that only its digest is known of.
    /// - Parameter label: what was made.
    func check(_ step: Recipe.Step, of label: String) throws {
        switch step {
        case .prune(let settings):
            if case .list = settings.vocabulary {
                throw RegistryError(
                    "\(label) was made with a list of tokens, which is not kept",
                    remedy: "Keep its bytes; its parent and 'ingot prune --vocabulary FILE' make it again")
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
            "\(label) was made with \(what) \(digest.hex.prefix(12))", remedy: "Name the file with --imatrix FILE")
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
        switch settings.importance {
        case .imatrix(let digest): matrix = try files.matrix(digest)
        case .statistics(let digest): statistics = try files.statistics(digest)
        case .l1, .l2: break
        }
    }
}
