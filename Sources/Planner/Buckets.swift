/// The buffers through which DeepSpeed's replicas exchange gradients and weights; sizes are elements, as its
/// configuration has them.
///
/// Source: DeepSpeed, `runtime/zero/config.py`: `reduce_bucket_size`, `allgather_bucket_size` and
/// `stage3_max_live_parameters`.
package struct Buckets: Equatable, Sendable {
    /// Gradients that are reduced at once.
    package var reduce: Int
    /// Weights that stages 1 and 2 gather at once.
    package var allGather: Int
    /// Weights that stage 3 keeps gathered at most.
    package var live: Int

    /// DeepSpeed's own.
    package static let usual = Self(reduce: 500_000_000, allGather: 500_000_000, live: 1_000_000_000)

    package init(reduce: Int, allGather: Int, live: Int) {
        self.reduce = reduce
        self.allGather = allGather
        self.live = live
    }

    package func check() throws(PlanError) {
        for (value, field) in [
            (reduce, "reduce_bucket_size"), (allGather, "allgather_bucket_size"), (live, "stage3_max_live_parameters"),
        ] { _ = try PlanError.positive(value, field) }
    }

    /// The bytes of the buckets of a stage. Of a model with fewer parameters than a bucket has room for, weights that are
    /// gathered are all that there are; the bucket of gradients is allocated whole.
    package func figure(
        _ recipe: TrainingRecipe, _ sharding: Sharding, parameters: Int
    ) throws(PlanError) -> ByteFigure {
        let reduced = recipe.gradients * Count(reduce)
        switch sharding {
        case .none: return ByteFigure(0, .published, "ZeRO's alone")
        case .optimizer, .gradients:
            let gathered = recipe.weights * Count(min(allGather, parameters))
            return try ByteFigure(
                reduced + gathered, .published, "reduce_bucket_size·bytes + min(allgather_bucket_size, Ψ)·bytes")
        case .weights:
            let gathered = recipe.weights * Count(min(live, parameters))
            return try ByteFigure(
                reduced + gathered, .published,
                "reduce_bucket_size·bytes + min(stage3_max_live_parameters, Ψ)·bytes")
        }
    }
}
