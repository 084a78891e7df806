import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

extension ModelRegistry {
    /// Gives the numbers of an artifact another dtype.
    func cast(
        _ settings: CastSettings, _ tag: String, _ request: ConvertRequest, progress: ProgressHandler?
    ) async throws -> ConvertReport {
        let start = ContinuousClock.now
        let parent = try await rewriteParent(named: request.name, progress: progress)
        let plan = try castPlan(settings, of: parent)
        let outcome = try await rewrite(
            plan.plan, verb: "cast", manner: try Self.manner(request, tag), progress: progress)
        return try report(outcome, plan, parent, start: start)
    }

    /// What a cast would write, without doing it.
    func planCast(_ settings: CastSettings, _ tag: String, _ request: ConvertRequest) throws -> ConversionForecast {
        let plan = try castPlan(settings, of: try presentRewriteParent(named: request.name))
        let manner = try Self.manner(request, tag)
        try checkRewrite(plan.plan, manner: manner)
        var forecast = try plan.plan.forecast(manner, registry: self)
        forecast.kept = plan.kept.map { .init(tensor: $0.name, reason: $0.reason) }
        return forecast
    }

    private static func manner(_ request: ConvertRequest, _ tag: String) throws -> RewriteManner {
        RewriteManner(
            name: try VariantName.make(request.newName, of: request.name, suffix: tag), taken: request.taken,
            threadCount: request.threadCount, maxMemoryBytes: request.maxMemoryBytes)
    }

    private func report(
        _ outcome: RewriteOutcome, _ plan: CastPlan, _ parent: RewriteParent, start: ContinuousClock.Instant
    ) throws -> ConvertReport {
        let child = outcome.artifact
        let errors = try catalog.errors(of: child.digest)
        let worst = errors.max { ($0.error.relativeRMSE ?? 0) < ($1.error.relativeRMSE ?? 0) }
        return ConvertReport(
            outcome: outcome.isNew ? "converted" : "unchanged", name: outcome.name.description,
            digest: child.digest.hex,
            parent: try catalog.label(of: parent.artifact.record.digest),
            parentDigest: parent.artifact.record.digest.hex, scheme: child.scheme,
            recipeDigest: plan.plan.recipeDigest.hex, quantizedTensorCount: 0, exactTensorCount: 0,
            kept: plan.kept.map { .init(tensor: $0.name, reason: $0.reason) }, replacements: [],
            casts: plan.changes.map { Self.cast($0, outcome.findings[$0.name]?.counts ?? CastCounts()) },
            parameterCount: child.parameterCount, bitsPerWeight: child.bitsPerWeight ?? 0,
            relativeRmse: errors.isEmpty ? nil : TensorError.sum(errors.map(\.error)).relativeRMSE,
            worstTensor: worst.flatMap { worst in
                worst.error.relativeRMSE.map { .init(tensor: worst.name, relativeRmse: $0) }
            },
            logicalBytes: child.logicalByteCount, parentLogicalBytes: parent.artifact.record.logicalByteCount,
            newBytes: outcome.newByteCount, notes: plan.plan.notes, seconds: (ContinuousClock.now - start) / .seconds(1)
        )
    }

    private static func cast(_ change: CastPlan.Change, _ counts: CastCounts) -> ConvertReport.Cast {
        ConvertReport.Cast(
            tensor: change.name, from: change.from.lowercased(), to: change.to.rawValue.lowercased(),
            reason: change.reason, overflow: counts.overflow, underflow: counts.underflow,
            subnormal: counts.subnormal, nan: counts.nan, infinity: counts.infinity)
    }
}

extension CatalogDatabase {
    /// The tensors of an artifact whose error against its parent is known.
    func errors(of digest: Digest) throws -> [(name: String, error: TensorError)] {
        try tensors(of: digest).map(\.tensor).compactMap { tensor in tensor.error.map { (tensor.name, $0) } }
    }
}
