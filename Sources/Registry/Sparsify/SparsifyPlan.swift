import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// A masking before the work: what is written, and which tensors stay as they are.
struct SparsifyPlan {
    let plan: RewritePlan
    /// Tensors that stay as they are, and why.
    let kept: [(name: String, reason: String)]
    /// The tensors that get zeros.
    let masked: [String]
}

extension ModelRegistry {
    /// What setting an artifact's numbers to zero would write; where all matrices are ranked together, they are read.
    /// - Throws: `FormatError` that names the tensor and what to do.
    func sparsifyPlan(
        _ order: SparsifyOrder, of parent: RewriteParent, threadCount: Int?, progress: ProgressHandler?
    ) async throws -> SparsifyPlan {
        let source = try RewriteSource(parent.artifact, name: parent.name, in: self)
        do {
            let masking = try Masking(order, source)
            let limits = try await masking.limits(
                threadCount: Self.threads(threadCount), activity: "rank \(parent.name)", progress: progress)
            var plan = try RewritePlan(
                [parent], kind: .pruned, recipe: order.settings.recipe, tensors: masking.tensors(limits),
                companions: source.companions, config: source.config)
            plan.notes = source.notes
            return SparsifyPlan(plan: plan, kept: masking.kept, masked: masking.places.map { source.tensors[$0].name })
        } catch let error as FormatError { throw error.within(file: parent.name) }
    }
}

/// The tensors of a model of which some get zeros.
private struct Masking: Sendable {
    let source: RewriteSource
    let settings: SparsifySettings
    let decisions: [SparsifySelection.Decision]
    /// The tensors that get zeros, by their places.
    let places: [Int]
    private let norms: SparsifyOrder.NormLookup
    /// By place: whether rows are inputs.
    private let isInputMajor: [Int: Bool]

    init(_ order: SparsifyOrder, _ source: RewriteSource) throws {
        self.source = source
        settings = order.settings
        norms = try order.norms(in: source)
        let isRebuilt = if case .gguf = source.source.convention { true } else { false }
        let mapped = source.tensors.map { MappedTensor(mapping: $0.mapping, sources: $0.sources) }
        let tensors = source.source.selectionTensors(mapped, isRebuilt: isRebuilt)
        decisions = try SparsifySelection(order.settings, tensors: tensors).decisions
        places = decisions.indices.filter { [decisions] in decisions[$0] == .mask }
        let axes = Self.axes(of: source)
        var orders: [Int: Bool] = [:]
        for place in places {
            let tensor = source.tensors[place]
            try Self.check(tensor)
            orders[place] = try Self.isInputMajor(tensor, tensors[place].role, axes[tensor.name], order.settings)
        }
        isInputMajor = orders
        for place in places { try checkPattern(place) }
    }

    /// Zeros in the place of codes would need scales that are not the source's.
    private static func check(_ tensor: PlannedTensor) throws(FormatError) {
        if let quantized = tensor.sources.first(where: \.isQuantized) {
            throw FormatError(
                .refused,
                "it is quantized (\(quantized.scheme ?? "\(quantized.dtype)")), and zeros would need other codes",
                tensor: tensor.name,
                remedy: "Sparsify what it was made from ('ingot lineage' tells what that is), and convert the result")
        }
        guard let dtype = tensor.type.dtype, dtype.bitCount % 8 == 0 else {
            throw FormatError(
                .unsupported, "numbers of \(tensor.type.name) get no zeros", tensor: tensor.name,
                remedy: "Cast the model to bf16 first, or let the tensor stay with --keep")
        }
    }

    /// What is known of the directions of the model's matrices, by their names; nothing of families without such data.
    private static func axes(of source: RewriteSource) -> [String: TensorAxes] {
        guard let config = source.config else { return [:] }
        do {
            let model = try ModelAxes(config: config, tensors: source.tensors.map { ($0.name, $0.mapping.shape) })
            return Dictionary(model.tensors.map { ($0.name, $0) }) { first, _ in first }
        } catch { return [:] }
    }

    private static func isInputMajor(
        _ tensor: PlannedTensor, _ role: TensorRole, _ axes: TensorAxes?, _ settings: SparsifySettings
    ) throws(FormatError) -> Bool {
        if let axes { return axes.isInputMajor }
        guard role == .stackedExpert else { return role == .conv1D }
        if case .share = settings.amount, settings.scope != .row, settings.scores == .magnitude { return false }
        throw FormatError(
            .unsupported, "which way the inputs of these stacked experts lie is not known", tensor: tensor.name,
            remedy: "Rank them by magnitude with --scope tensor, or let them stay with --keep")
    }

    private func checkPattern(_ place: Int) throws(FormatError) {
        guard case .pattern(let pattern) = settings.amount else { return }
        let inputs = inputs(place)
        guard inputs % pattern.length == 0 else {
            throw FormatError(
                .refused, "its \(inputs) inputs do not divide into runs of \(pattern.length)",
                tensor: source.tensors[place].name,
                remedy: "Choose another pattern, or let the tensor stay with --keep")
        }
    }

    private func inputs(_ place: Int) -> Int {
        let shape = source.tensors[place].mapping.shape
        return isInputMajor[place] == true ? shape[shape.count - 2] : shape[shape.count - 1]
    }

    var kept: [(name: String, reason: String)] {
        zip(source.tensors, decisions).compactMap { tensor, decision in
            if case .keep(let reason) = decision { (tensor.name, reason) } else { nil }
        }
    }

    private func matrix(_ place: Int) throws -> ScoredMatrix {
        let tensor = source.tensors[place]
        let shape = tensor.mapping.shape
        return try ScoredMatrix(
            try source.rows(of: tensor), matrixRowCount: shape[shape.count - 2],
            isInputMajor: isInputMajor[place] == true, norms: try norms(tensor, inputs(place)),
            kernels: source.source.kernels)
    }

    // MARK: All matrices together

    /// By place, where what goes ends, when all matrices are ranked together.
    func limits(threadCount: Int, activity: String, progress: ProgressHandler?) async throws -> [Int: ScoreLimit] {
        guard settings.scope == .global, case .share(let share) = settings.amount else { return [:] }
        let total = places.reduce(0) { $0 + source.tensors[$1].sourceByteCount }
        let meter = ProgressMeter(activity, total: 2 * total, handler: progress)
        let elements = places.reduce(0) { $0 + source.tensors[$1].mapping.shape.reduce(1, *) }
        let first = try await counted(GlobalRanking(), threadCount, meter).sum
        let (second, rest) = first.second(lowest: MaskedRows.count(elements, share))
        let (sum, held) = try await counted(second, threadCount, meter)
        return Dictionary(uniqueKeysWithValues: zip(places, sum.limits(rest: rest, of: held)))
    }

    /// One reading of all matrices, begun with `ranking`.
    private func counted(
        _ ranking: GlobalRanking, _ threadCount: Int, _ meter: ProgressMeter
    ) async throws -> (sum: GlobalRanking, held: [GlobalRanking.Held]) {
        let held = try await WorkQueue.map(places, threadCount: threadCount) { place in
            let own = try ranking.counted(try matrix(place))
            meter.add(source.tensors[place].sourceByteCount)
            return own.held
        }
        var sum = ranking
        for held in held { sum += held }
        return (sum, held)
    }

    // MARK: What is written

    func tensors(_ limits: [Int: ScoreLimit]) -> [RewrittenTensor] {
        source.tensors.indices.map { place in
            let tensor = source.tensors[place]
            guard decisions[place] == .mask else { return source.unchanged(tensor) }
            let limit = limits[place]
            var made = RewrittenTensor(
                tensor.name, tensor.type, tensor.mapping.shape, sourceByteCount: tensor.sourceByteCount,
                .made { try MaskedRows(try matrix(place), settings, limit: limit) })
            made.reference = .rows { try source.rows(of: tensor) }
            made.workingByteCount = workingByteCount(place)
            return made
        }
    }

    /// Scores of outputs that run down the rows need a whole matrix, others a chunk and the counts.
    private func workingByteCount(_ place: Int) -> Int {
        let tensor = source.tensors[place]
        let turned = tensor.mapping.isTransposed ? 2 * tensor.sourceByteCount : 0
        guard isInputMajor[place] == true, settings.scope == .row, case .share = settings.amount else {
            return turned + 2 << 20
        }
        return turned + tensor.mapping.shape.suffix(2).reduce(1, *) * 16
    }
}
