import Architectures
import Bytes
import Formats
import Transforms

/// What setting numbers to zero was asked for, checked, with the statistics that rank them.
struct SparsifyOrder: Sendable {
    let settings: SparsifySettings
    private let statistics: Statistics?

    private enum Statistics: Sendable {
        case matrix(ImportanceSource)
        case activations(ActivationStatistics)

        var digest: Digest {
            switch self {
            case .matrix(let source): source.digest
            case .activations(let statistics): statistics.digest
            }
        }
    }

    init(_ request: SparsifyRequest) throws {
        let amount: SparsifySettings.Amount
        switch (request.sparsity, request.pattern) {
        case (let share?, nil): amount = .share(share)
        case (nil, let pattern?): amount = .pattern(try SparsityPattern(parsing: pattern))
        case (nil, nil):
            throw RegistryError(
                "nothing says how many numbers become zero", remedy: "Say it with --sparsity 0.5 or --pattern 2:4")
        case (_?, let pattern?):
            throw RegistryError(
                "the pattern \(pattern) says the share of zeros itself", remedy: "Give --sparsity or --pattern")
        }
        let statistics = try request.statisticsPath.map(Self.statistics)
        let scores: SparsifySettings.Scores
        switch (request.scores, statistics) {
        case (.magnitude, nil): scores = .magnitude
        case (.wanda, let statistics?): scores = .wanda(statistics.digest)
        case (.magnitude, _?):
            throw RegistryError("statistics rank nothing by magnitude", remedy: "Say --scores wanda, or leave them out")
        case (.wanda, nil):
            throw RegistryError(
                "the scores of Wanda are magnitudes times the norms of inputs, and none are given",
                remedy: "Name an importance matrix of llama.cpp, or activation statistics, with --statistics")
        }
        var settings = try SparsifySettings(amount, scope: Self.scope(request.scope), scores: scores)
        for pattern in request.keep { try settings.add(try TensorRule(keeping: pattern)) }
        for rule in request.rules { try settings.add(try TensorRule(parsing: rule, family: nil)) }
        self.settings = settings
        self.statistics = statistics
    }

    /// What a recipe says, with the statistics that it names where their file is given.
    init(_ settings: SparsifySettings, files: StepFiles = StepFiles()) throws {
        self.settings = settings
        guard case .wanda(let digest) = settings.scores else {
            statistics = nil
            return
        }
        let path = files.statisticsPath ?? files.importancePath
        statistics = try path.map(Self.statistics)
        if let path, let statistics { try StepFiles.check(statistics.digest, digest, path) }
    }

    private static func scope(_ scope: SparsifyRequest.Scope?) -> SparsifySettings.Scope? {
        scope.flatMap { SparsifySettings.Scope(rawValue: $0.rawValue) }
    }

    /// Safetensors begin with a header's length, and the header with a brace; else it is an importance matrix.
    private static func statistics(_ path: String) throws -> Statistics {
        let file = try OpenFile(path)
        let start = try file.bytes(0..<min(9, file.byteCount))
        if start.count == 9, start[8] == UInt8(ascii: "{") {
            return .activations(try ActivationStatistics(reading: file))
        }
        return .matrix(try ImportanceSource(path: path))
    }

    /// Finds the norms of a matrix's inputs: nothing for magnitudes.
    typealias NormLookup = @Sendable (PlannedTensor, _ inputs: Int) throws -> [Float]

    /// - Throws: `RegistryError` when the recipe needs statistics that are not at hand.
    func norms(in source: RewriteSource) throws -> NormLookup {
        guard case .wanda(let digest) = settings.scores else { return { _, _ in [] } }
        guard let statistics, statistics.digest == digest else {
            throw RegistryError(
                "the recipe needs the statistics with the digest \(digest.hex.prefix(12)), which are not at hand",
                remedy: "Use 'ingot sparsify' and name their file with --statistics")
        }
        switch statistics {
        case .matrix(let matrix):
            let lookup = try matrix.lookup(in: source.source, as: .mlx)
            return { tensor, inputs in
                let squares = try lookup(MappedTensor(mapping: tensor.mapping, sources: tensor.sources))
                return try Self.norms(squares, of: tensor, inputs)
            }
        case .activations(let statistics):
            return { tensor, inputs in
                let module = tensor.name.hasSuffix(".weight") ? String(tensor.name.dropLast(7)) : tensor.name
                return try Self.norms(try statistics.meanSquares(of: module, width: inputs), of: tensor, inputs)
            }
        }
    }

    private static func norms(_ squares: [Float]?, of tensor: PlannedTensor, _ inputs: Int) throws(FormatError)
        -> [Float]
    {
        guard let squares else {
            throw FormatError(
                .refused, "the statistics tell nothing of its inputs", tensor: tensor.name,
                remedy: "Measure the whole model, or let the tensor stay with --keep")
        }
        let matrices = tensor.mapping.shape.dropLast(2).reduce(1, *)
        guard squares.count == inputs || squares.count == inputs * matrices else {
            throw FormatError(
                .refused, "the statistics are of \(squares.count) inputs, and it has \(inputs)", tensor: tensor.name,
                remedy: "Measure the statistics of this model")
        }
        return squares.map { $0.squareRoot() }
    }
}
