import Bytes
import Catalog
import Foundation
import Transforms

extension ModelRegistry {
    /// Makes a smaller model of an artifact's: channels, heads, experts, layers or tokens go from every tensor that has
    /// them, and config.json says so. The same request on the same bytes again is no work.
    ///
    /// The new model computes what the old one does when all that goes is zero, but for rounding of scaled norms.
    /// - Throws: `FormatError` and `RegistryError` that name the tensor or the option and what to do; the home is then
    ///   as it was.
    public func prune(_ request: PruneRequest, progress: ProgressHandler? = nil) async throws -> PruneReport {
        let start = ContinuousClock.now
        let order = try PruneOrder(request)
        let manner = try Self.manner(request, order)
        let parent = try await rewriteParent(named: request.name, progress: progress)
        let act = PruneAct(registry: self, parent: parent, order: order, start: start)
        let recipe = order.settings.recipe
        if let done = try catalog.artifact(madeFrom: [parent.derivation], recipeDigest: recipe.digest) {
            let change = try catalog.tag(done.digest, as: manner.naming)
            return try act.report("unchanged", done, name: change.name)
        }
        try refuseTakenName(manner.naming)
        let plan = try await prunePlan(order, of: parent, threadCount: request.threadCount, progress: progress)
        let outcome = try await rewrite(plan.plan, verb: "prune", manner: manner, progress: progress)
        var report = try act.report(
            outcome.isNew ? "pruned" : "unchanged", outcome.artifact, name: outcome.name)
        report.sizes = plan.sizes(
            of: parent.artifact, parameters: outcome.artifact.parameterCount,
            bytes: outcome.artifact.logicalByteCount, weightBytes: outcome.artifact.weightByteCount)
        report.newBytes = outcome.newByteCount
        report.notes = plan.plan.notes
        return report
    }

    /// What pruning would write, without doing it. The weights are read to rank what goes.
    /// - Throws: what `prune` would throw before it begins.
    public func planPruning(_ request: PruneRequest, progress: ProgressHandler? = nil) async throws -> PruneForecast {
        let order = try PruneOrder(request)
        let manner = try Self.manner(request, order)
        let parent = try presentRewriteParent(named: request.name)
        let plan = try await prunePlan(order, of: parent, threadCount: request.threadCount, progress: progress)
        try checkRewrite(plan.plan, manner: manner)
        let forecast = try plan.plan.forecast(manner, registry: self)
        return PruneForecast(
            name: manner.name.description, recipeDigest: plan.plan.recipeDigest.hex,
            sizes: plan.sizes(
                of: parent.artifact, parameters: forecast.parameterCount, bytes: forecast.bytes,
                weightBytes: plan.plan.learned.bytes),
            newBytes: forecast.newBytes, freeBytes: forecast.freeBytes, peakMemoryBytes: forecast.peakMemoryBytes,
            notes: forecast.notes)
    }

    private static func manner(_ request: PruneRequest, _ order: PruneOrder) throws -> RewriteManner {
        RewriteManner(
            name: try VariantName.make(request.newName, of: request.name, suffix: order.settings.tag),
            taken: request.taken, threadCount: request.threadCount, maxMemoryBytes: request.maxMemoryBytes)
    }
}

/// What the report of a cut needs besides its outcome.
private struct PruneAct {
    let registry: ModelRegistry
    let parent: RewriteParent
    let order: PruneOrder
    let start: ContinuousClock.Instant

    func report(_ outcome: String, _ child: ArtifactRecord, name: TagName) throws -> PruneReport {
        let digest = parent.artifact.record.digest
        return PruneReport(
            outcome: outcome, name: name.description, digest: child.digest.hex,
            parent: try registry.catalog.label(of: digest), parentDigest: digest.hex,
            recipeDigest: order.settings.recipe.digest.hex, sizes: nil, parameterCount: child.parameterCount,
            logicalBytes: child.logicalByteCount, newBytes: 0, notes: [],
            seconds: (ContinuousClock.now - start) / .seconds(1))
    }
}
