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

    private static func check(_ found: Digest, _ wanted: Digest, _ path: String) throws {
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
