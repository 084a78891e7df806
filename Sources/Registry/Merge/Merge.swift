import Bytes
import Catalog
import Formats
import Tensors
import Transforms

extension ModelRegistry {
    /// Merges an adapter into its base, or models as a recipe says: stored, named, with its recipe and parents. The same
    /// merge again is no work.
    ///
    /// An adapter in a folder is registered first, as `MODEL:adapter-` and the start of its digest.
    /// - Throws: `FormatError` that names tensor or key, `RegistryError` for a request that cannot be met; the home is
    ///   then as it was, but for the adapter.
    public func merge(_ request: MergeRequest, progress: ProgressHandler? = nil) async throws -> MergeReport {
        let start = ContinuousClock.now
        let order = try MergeOrder(request)
        let work: MergeWork
        switch order {
        case .adapter(let settings, let base, let adapter):
            let parent = try await rewriteParent(named: base, progress: progress)
            if AdapterSource.isFolder(adapter) {
                // What is wrong with it is said before anything is registered.
                let draft = try adapterWork(settings, parent, try AdapterSource(folder: adapter), nil, request)
                let name = ArtifactName.tag(try Self.adapterName(adapter, of: base))
                if try catalog.find(name) == nil { try checkRewrite(draft.plan, manner: draft.manner) }
            }
            if !AdapterSource.isFolder(adapter) {
                _ = try Self.findingAdapter(adapter) { try artifact(named: adapter) }
            }
            let name = try await registered(adapter: adapter, of: base, progress: progress)
            let other = try await rewriteParent(named: name, role: .adapter, progress: progress)
            work = try adapterWork(settings, parent, try AdapterSource(other, in: self), other, request)
        case .models(let settings):
            var parents: [String: RewriteParent] = [:]
            for name in settings.models {
                parents[name] = try await RecipeModel.finding(name) {
                    try await rewriteParent(named: name, progress: progress)
                }
            }
            work = try mergeWork(settings, parents, request)
        }
        let outcome = try await rewrite(work.plan, verb: "merge", manner: work.manner, progress: progress)
        return try report(work, outcome, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// What a merge would write, without doing it.
    /// - Throws: what `merge` would throw before it begins.
    public func planMerge(_ request: MergeRequest) throws -> ConversionForecast {
        let work: MergeWork
        switch try MergeOrder(request) {
        case .adapter(let settings, let base, let adapter):
            let parent = try presentRewriteParent(named: base)
            if AdapterSource.isFolder(adapter) {
                work = try adapterWork(settings, parent, try AdapterSource(folder: adapter), nil, request)
            } else {
                let other = try Self.findingAdapter(adapter) {
                    try presentRewriteParent(named: adapter, role: .adapter)
                }
                work = try adapterWork(settings, parent, try AdapterSource(other, in: self), other, request)
            }
        case .models(let settings):
            var parents: [String: RewriteParent] = [:]
            for name in settings.models {
                parents[name] = try RecipeModel.finding(name) { try presentRewriteParent(named: name) }
            }
            work = try mergeWork(settings, parents, request)
        }
        try checkRewrite(work.plan, manner: work.manner)
        return try work.plan.forecast(work.manner, registry: self)
    }

    /// Whether a merge could begin: recipe and options can be read.
    /// - Throws: the error that `merge` would throw.
    public static func check(_ request: MergeRequest) throws { _ = try MergeOrder(request) }

    // MARK: Adapters

    /// A planned merge, and what its report says of it.
    private struct MergeWork {
        var plan: RewritePlan
        var manner: RewriteManner
        var method: String
        var stepScheme: String?
    }

    private func adapterWork(
        _ settings: AdapterSettings, _ base: RewriteParent, _ source: AdapterSource, _ adapter: RewriteParent?,
        _ request: MergeRequest
    ) throws -> MergeWork {
        let scheme = try request.stepScheme.map { try TensorScheme(named: $0) }
        let planner = try AdapterPlanner(settings, base: base, adapter: source, stepScheme: scheme, in: self)
        let plan = try planner.plan([base] + [adapter].compactMap(\.self))
        let name = try VariantName.make(request.newName, of: base.name, suffix: "merged")
        return MergeWork(
            plan: plan.plan, manner: Self.manner(request, name), method: plan.method, stepScheme: plan.stepScheme)
    }

    /// The plan of an adapter's merge whose parents are both in the store.
    func adapterPlan(_ settings: AdapterSettings, of parents: [RewriteParent]) throws -> AdapterPlan {
        guard let base = parents.first(where: { $0.role == .base }),
            let adapter = parents.first(where: { $0.role == .adapter })
        else {
            throw RegistryError(
                "a merge of an adapter has a base and an adapter", remedy: "Report it together with the command")
        }
        let source = try AdapterSource(adapter, in: self)
        return try AdapterPlanner(settings, base: base, adapter: source, stepScheme: nil, in: self).plan([
            base, adapter,
        ])
    }

    private static func findingAdapter<Value>(_ name: String, _ find: () throws -> Value) throws -> Value {
        do { return try find() } catch let error as CatalogError {
            throw RegistryError(
                "'\(name.shortened)' is neither a folder with \(AdapterConfiguration.fileName) nor in the store: "
                    + error.problem,
                remedy: "Name the folder that PEFT's save_pretrained wrote, or a registered adapter")
        }
    }

    /// The name of an adapter in the store: its own, or of a folder the one that registering gives it.
    private func registered(
        adapter: String, of base: String, progress: ProgressHandler?
    ) async throws -> String {
        guard AdapterSource.isFolder(adapter) else { return adapter }
        var request = RegisterRequest(path: adapter)
        request.name = try Self.adapterName(adapter, of: base).description
        return try await register(request, progress: progress).name
    }

    /// What an adapter in a folder is called: after its base, and after its own bytes.
    private static func adapterName(_ folder: String, of base: String) throws -> TagName {
        var digest = DigestStream()
        for name in [AdapterConfiguration.fileName, AdapterSource.weightsName] {
            let file = try OpenFile("\(folder)/\(name)")
            var reader = SequentialReader(file)
            try reader.take(file.byteCount) { digest.update($0) }
        }
        return try VariantName.make(nil, of: base, suffix: "adapter-\(digest.finish().hex.prefix(12))")
    }

    // MARK: Models

    private func mergeWork(
        _ settings: MergeSettings, _ parents: [String: RewriteParent], _ request: MergeRequest
    ) throws -> MergeWork {
        guard let name = request.newName else {
            throw RegistryError("a merge of models has no name of its own", remedy: "Name it with --as")
        }
        let ordered = ([settings.mainModel] + settings.models).compactMap { parents[$0] }
        let plan = try MergePlanner(settings, parents: parents, in: self).plan(ordered)
        return MergeWork(
            plan: plan, manner: Self.manner(request, try TagName(parsing: name)), method: settings.method.rawValue)
    }

    private static func manner(_ request: MergeRequest, _ name: TagName) -> RewriteManner {
        RewriteManner(
            name: name, taken: request.taken, threadCount: request.threadCount,
            maxMemoryBytes: request.maxMemoryBytes)
    }

    // MARK: Report

    private func report(_ work: MergeWork, _ outcome: RewriteOutcome, seconds: Double) throws -> MergeReport {
        let child = outcome.artifact
        let errors = try catalog.errors(of: child.digest)
        let worst = errors.max { ($0.error.relativeRMSE ?? 0) < ($1.error.relativeRMSE ?? 0) }
        let updates = work.plan.tensors.compactMap { tensor in
            outcome.findings[tensor.name]?.update.map { update in
                MergeReport.Update(
                    tensor: tensor.name, norm: update.updateNorm, relativeNorm: update.relativeNorm,
                    steps: update.steps)
            }
        }
        return MergeReport(
            outcome: outcome.isNew ? "merged" : "unchanged", name: outcome.name.description, digest: child.digest.hex,
            method: work.method,
            parents: try work.plan.derivationParents.map {
                .init(name: try catalog.label(of: $0.digest), digest: $0.digest.hex, role: $0.role.rawValue)
            },
            scheme: child.scheme, recipeDigest: work.plan.recipeDigest.hex, tensorCount: work.plan.tensors.count,
            changedTensorCount: work.plan.tensors.count { if case .stored = $0.content { false } else { true } },
            parameterCount: child.parameterCount,
            relativeRmse: errors.isEmpty ? nil : TensorError.sum(errors.map(\.error)).relativeRMSE,
            worstTensor: worst.flatMap { worst in
                worst.error.relativeRMSE.map { .init(tensor: worst.name, relativeRmse: $0) }
            },
            stepScheme: updates.contains { $0.steps != nil } ? work.stepScheme : nil, updates: updates,
            logicalBytes: child.logicalByteCount, newBytes: outcome.newByteCount,
            notes: work.plan.notes + Self.notes(on: updates, work.stepScheme), seconds: seconds)
    }

    /// Says when quantizing the result would take most of the update away again.
    private static func notes(on updates: [MergeReport.Update], _ scheme: String?) -> [String] {
        let small = updates.filter { $0.steps.map { $0 < 0.5 } == true }
        guard let scheme, let first = small.min(by: { ($0.steps ?? 0) < ($1.steps ?? 0) }) else { return [] }
        let subject = small.count == 1 ? "1 update is" : "\(small.count) updates are"
        return [
            "\(subject) less than half a step of \(scheme) (least in \(first.tensor)): quantizing the result to it may "
                + "lose much of them"
        ]
    }
}

/// A model that a recipe names.
private enum RecipeModel {
    private static func fault(_ name: String, _ error: CatalogError) -> RegistryError {
        RegistryError(
            "the recipe's model '\(name.shortened)' is not in the store: \(error.problem)",
            remedy: "Register it with 'ingot register DIR --as NAME', and write that name into the recipe")
    }

    static func finding<Value>(_ name: String, _ find: () throws -> Value) throws -> Value {
        do { return try find() } catch let error as CatalogError { throw fault(name, error) }
    }

    static func finding<Value>(_ name: String, _ find: () async throws -> Value) async throws -> Value {
        do { return try await find() } catch let error as CatalogError { throw fault(name, error) }
    }
}
