import Bytes
import Catalog
import Tensors
import Transforms

extension ModelRegistry {
    /// Sets the numbers of an artifact's matrices to zero that count least. Shapes stay; embeddings, norms, routers and the
    /// last matrix stay as they are. The same request on the same bytes again is no work.
    /// - Throws: `FormatError` and `RegistryError` that name the tensor or the option and what to do; the home is then as
    ///   it was.
    public func sparsify(_ request: SparsifyRequest, progress: ProgressHandler? = nil) async throws -> SparsifyReport {
        let start = ContinuousClock.now
        let order = try SparsifyOrder(request)
        let manner = try Self.manner(request, order)
        let parent = try await rewriteParent(named: request.name, progress: progress)
        let recipe = order.settings.recipe
        if let done = try catalog.artifact(madeFrom: [parent.derivation], recipeDigest: recipe.digest) {
            let change = try catalog.tag(done.digest, as: manner.naming)
            return try sparsifyReport("unchanged", done, name: change.name, parent, recipe, start)
        }
        try refuseTakenName(manner.naming)
        let plan = try await sparsifyPlan(order, of: parent, threadCount: request.threadCount, progress: progress)
        let outcome = try await rewrite(plan.plan, verb: "sparsify", manner: manner, progress: progress)
        var report = try sparsifyReport(
            outcome.isNew ? "sparsified" : "unchanged", outcome.artifact, name: outcome.name, parent, recipe, start)
        report.kept = plan.kept.map { .init(tensor: $0.name, reason: $0.reason) }
        report.newBytes = outcome.newByteCount
        report.notes = plan.plan.notes
        return report
    }

    /// What `sparsify` would write, without doing it.
    /// - Throws: what `sparsify` would throw before it begins.
    public func planSparsifying(
        _ request: SparsifyRequest, progress: ProgressHandler? = nil
    ) async throws -> ConversionForecast {
        let order = try SparsifyOrder(request)
        let manner = try Self.manner(request, order)
        let parent = try presentRewriteParent(named: request.name)
        let plan = try await sparsifyPlan(order, of: parent, threadCount: request.threadCount, progress: progress)
        try checkRewrite(plan.plan, manner: manner)
        var forecast = try plan.plan.forecast(manner, registry: self)
        forecast.kept = plan.kept.map { .init(tensor: $0.name, reason: $0.reason) }
        return forecast
    }

    private static func manner(_ request: SparsifyRequest, _ order: SparsifyOrder) throws -> RewriteManner {
        RewriteManner(
            name: try VariantName.make(request.newName, of: request.name, suffix: order.settings.tag),
            taken: request.taken, threadCount: request.threadCount, maxMemoryBytes: request.maxMemoryBytes)
    }

    private func sparsifyReport(
        _ outcome: String, _ child: ArtifactRecord, name: TagName, _ parent: RewriteParent, _ recipe: Recipe,
        _ start: ContinuousClock.Instant
    ) throws -> SparsifyReport {
        let tensors = try catalog.tensors(of: child.digest).map(\.tensor)
        let masked = tensors.filter { $0.error != nil }
        let zeros = masked.reduce(0) { $0 + Double($1.shape.elementCount) * ($1.statistics?.zeroFraction ?? 0) }
        let elements = masked.reduce(0) { $0 + $1.shape.elementCount }
        let digest = parent.artifact.record.digest
        return SparsifyReport(
            outcome: outcome, name: name.description, digest: child.digest.hex,
            parent: try catalog.label(of: digest), parentDigest: digest.hex, recipeDigest: recipe.digest.hex,
            sparsity: elements == 0 ? 0 : zeros / Double(elements),
            relativeRmse: TensorError.sum(masked.compactMap(\.error)).relativeRMSE,
            tensors: masked.map {
                .init(
                    name: $0.name, sparsity: $0.statistics?.zeroFraction ?? 0, relativeRmse: $0.error?.relativeRMSE)
            },
            kept: [], parameterCount: child.parameterCount, logicalBytes: child.logicalByteCount, newBytes: 0,
            notes: [], seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}
