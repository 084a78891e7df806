import Bytes
import Catalog
import Transforms

extension ModelRegistry {
    /// What a recipe's step would write of these artifacts.
    /// - Returns: nil for a step that is not done by rewriting.
    func rewritePlan(_ step: Recipe.Step, of parents: [RewriteParent]) async throws -> RewritePlan? {
        switch step {
        case .quantize: nil
        case .cast(let settings): try castPlan(settings, of: parents[0]).plan
        case .prune(let settings):
            try await prunePlan(PruneOrder(settings), of: parents[0], threadCount: nil, progress: nil).plan
        case .sparsify(let settings):
            try await sparsifyPlan(SparsifyOrder(settings), of: parents[0], threadCount: nil, progress: nil).plan
        case .student(let settings):
            try await studentPlan(settings, of: parents[0], threadCount: nil, progress: nil).plan
        case .merge(let settings):
            try MergePlanner(
                settings,
                parents: Dictionary(parents.map { ("@\($0.artifact.record.digest.hex)", $0) }) { first, _ in first },
                in: self
            ).plan(parents)
        case .mergeAdapter(let settings): try adapterPlan(settings, of: parents).plan
        }
    }
}
