import Bytes
import Catalog
import Transforms

/// What the catalog knows that a plan of variants can use: the model's own variants, those that were made of its cuts,
/// errors of other models' variants, and what was measured of any.
struct KnownVariants {
    /// The cuts of the model that are in the store, the older ones first.
    private(set) var cuts: [PruneSettings] = []
    /// Variants that were made directly from an artifact, by its digest and their scheme.
    private var variants: [Digest: [String: ArtifactSummary]] = [:]
    /// The results of cuts, by the digests of their recipes.
    private var pruned: [Digest: ArtifactSummary] = [:]
    private var others: [String: [Double]] = [:]
    private var measured: [Digest: [VariantsPlanReport.Result]] = [:]
    private let root: Digest?

    /// More cuts than these, and the plan would tell of nothing else.
    private static let mostCuts = 8
    /// What `convert` makes; a cut or merged model has a scheme too, and is none of it.
    private static let kinds: Set<ArtifactKind> = [.quantized, .cast, .repacked]

    /// - Parameter root: the model's digest; nil for one that is not in the store.
    init(_ root: Digest?, in registry: ModelRegistry?) throws {
        self.root = root
        guard let registry else { return }
        let steps = try root.map { try registry.catalog.lineage(of: $0, .descendants) } ?? []
        let descendants = Set(steps.map(\.record.child))
        var summaries: [Digest: ArtifactSummary] = [:]
        for summary in try registry.catalog.summaries() where summaries[summary.artifact.digest] == nil {
            summaries[summary.artifact.digest] = summary
            if !descendants.contains(summary.artifact.digest), Self.kinds.contains(summary.artifact.kind),
                let error = summary.relativeRMSE
            {
                others[summary.artifact.scheme, default: []].append(error)
            }
        }
        for step in steps where step.record.role == .base {
            if let summary = summaries[step.record.child] { add(step, summary) }
        }
        for record in try registry.catalog.results() {
            measured[record.result.artifact, default: []].append(
                .init(
                    task: record.result.task, metric: record.result.metric,
                    value: record.result.value.isFinite ? record.result.value : nil))
        }
    }

    private mutating func add(_ step: LineageStep, _ summary: ArtifactSummary) {
        let record = step.record
        if Self.kinds.contains(summary.artifact.kind) {
            if variants[record.parent]?[summary.artifact.scheme] == nil {
                variants[record.parent, default: [:]][summary.artifact.scheme] = summary
            }
            return
        }
        guard step.distance == 1, summary.artifact.kind == .pruned, let digest = record.recipeDigest else { return }
        if pruned[digest] == nil { pruned[digest] = summary }
        guard let text = record.recipe, cuts.count < Self.mostCuts,
            case .prune(let settings)? = try? RecipeFile(parsing: Array(text.utf8), file: "a recipe").onlyStep,
            settings.vocabulary == nil, !cuts.contains(settings)
        else { return }
        cuts.append(settings)
    }

    /// The result of a cut, when it is in the store.
    func result(of cut: PlannedCut) -> ArtifactSummary? { pruned[cut.recipeDigest] }

    /// The variant of a scheme: of the model, or of what a cut left of it.
    func variant(_ scheme: String, of cut: PlannedCut?) -> ArtifactSummary? {
        guard let cut else { return root.flatMap { variants[$0]?[scheme] } }
        return result(of: cut).flatMap { variants[$0.artifact.digest]?[scheme] }
    }

    /// What was measured of an artifact.
    func results(of digest: Digest) -> [VariantsPlanReport.Result] { measured[digest] ?? [] }

    /// The mean error of a scheme over other models' variants, and their number; nil without any.
    func meanError(of scheme: String) -> (value: Double, count: Int)? {
        guard let errors = others[scheme], !errors.isEmpty else { return nil }
        return (errors.reduce(0, +) / Double(errors.count), errors.count)
    }
}
