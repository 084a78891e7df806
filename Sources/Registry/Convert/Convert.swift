import Bytes
import Catalog
import Formats
import Foundation
import Tensors
import Transforms

extension ModelRegistry {
    /// Makes a variant of an artifact in another scheme: stored, named, with its recipe and the error of each tensor.
    ///
    /// The result is what its runtime loads as it is: a GGUF file, or safetensors with the configuration, tokenizer and
    /// everything else that came with the source. The same recipe on the same bytes again is no work.
    /// - Throws: `FormatError` for tensors that cannot be quantized, `RegistryError` for a request that cannot be met;
    ///   the home is then as it was.
    public func convert(_ request: ConvertRequest, progress: ProgressHandler? = nil) async throws -> ConvertReport {
        switch try StepOrder(request) {
        case .quantize(let order): try await convert(order, request, progress: progress)
        case .cast(let settings, let tag): try await cast(settings, tag, request, progress: progress)
        }
    }

    private func convert(
        _ order: ConversionOrder, _ request: ConvertRequest, progress: ProgressHandler?
    ) async throws -> ConvertReport {
        let start = ContinuousClock.now
        try await bringBack(named: request.name, progress: progress)
        let parent = try StoredArtifact(registry: self, name: request.name)
        let order = try order.heeding(parent.record.facts, request)
        let recipe = order.settings.recipe
        let naming = Naming(
            try order.newName(for: request), ifTaken: request.taken == .update ? .move : .refuse)
        let plan = try plan(order, for: parent, request: request)
        let parents = [DerivationParent(parent.record.digest)]
        let act = ConversionAct(registry: self, parent: parent, recipe: recipe, plan: plan, start: start)
        if let done = try catalog.artifact(madeFrom: parents, recipeDigest: recipe.digest) {
            let change = try catalog.tag(done.digest, as: naming)
            return try act.report("unchanged", done, name: change.name, newBytes: 0)
        }
        try refuseTakenName(naming)
        try plan.checkRoom(request, registry: self)
        let subject = "\(parent.record.digest.hex) \(recipe.digest.hex)"
        return try await withJob("convert", subject: subject, forecastByteCount: plan.newByteCount) { job in
            let conversion = try Conversion(registry: self, plan: plan, request: request, job: job)
            let assembly = try await conversion.run(progress: progress)
            var facts = parent.record.facts
            facts.quantization = Self.quantization(of: assembly)
            let draft = assembly.draft(
                kind: .quantized, origin: .derived, format: plan.format, facts: facts,
                sourcePath: nil,
                derivation: DerivationDraft(
                    parents: parents, recipe: recipe.text, recipeDigest: recipe.digest, tool: "ingot",
                    toolVersion: Self.version, host: Self.hostName,
                    seconds: (ContinuousClock.now - start) / .seconds(1)))
            let insertion = try catalog.insert(draft, naming: naming, finishing: job.number)
            return try act.report(
                "converted", insertion.artifact, name: insertion.name?.name ?? naming.name,
                newBytes: job.publisher.newByteCount)
        }
    }

    /// What a conversion would write, without doing it.
    /// - Throws: what `convert` would throw before it begins.
    public func planConversion(_ request: ConvertRequest) throws -> ConversionForecast {
        switch try StepOrder(request) {
        case .quantize(let order): try planConversion(order, request)
        case .cast(let settings, let tag): try planCast(settings, tag, request)
        }
    }

    private func planConversion(_ order: ConversionOrder, _ request: ConvertRequest) throws -> ConversionForecast {
        try refuseEvicted(request.name)
        let parent = try StoredArtifact(registry: self, name: request.name)
        let order = try order.heeding(parent.record.facts, request)
        let naming = Naming(
            try order.newName(for: request), ifTaken: request.taken == .update ? .move : .refuse)
        let plan = try plan(order, for: parent, request: request)
        let parents = [DerivationParent(parent.record.digest)]
        if try catalog.artifact(madeFrom: parents, recipeDigest: order.settings.recipe.digest) == nil {
            try refuseTakenName(naming)
        }
        try plan.checkRoom(request, registry: self)
        return try plan.forecast(request, name: naming.name.description, registry: self)
    }

    /// Everything that a conversion will write.
    func plan(
        _ order: ConversionOrder, for parent: StoredArtifact, request: ConvertRequest
    ) throws -> ConversionPlan {
        if let fault = parent.configFault { throw fault.within(file: "\(request.name), config.json") }
        guard !parent.ownTensors.isEmpty else {
            let files = parent.files.filter { $0.role == "weights" }.map(\.path).joined(separator: ", ")
            throw RegistryError(
                "\(request.name) is a pipeline: all its weights lie in folders of its own (\(files))",
                remedy: "Register the folder of the one model that is to be converted")
        }
        let source = try ExportSource(registry: self, artifact: parent, name: try modelName(of: request.name))
        if let tensor = parent.ownTensors.first(where: { $0.description.arrangement != .contiguous }) {
            throw RegistryError(
                "\(tensor.subject) does not lie in its file as it is meant: transposed, big-endian or compressed",
                remedy: "Export \(request.name) with --format safetensors, register that, and convert it")
        }
        do {
            let choice = ConversionChoice(
                order.settings, source: source, kernels: kernels,
                importance: try order.importance?.lookup(in: source, as: order.settings.target.family))
            return try ConversionPlan(source, choice: choice, preTokenizer: request.preTokenizer)
        } catch let error as FormatError {
            throw error.within(file: request.name)
        }
    }

    private func modelName(of text: String) throws -> String? {
        guard case .tag(let tag) = try ArtifactName(parsing: text) else { return nil }
        return tag.model
    }

    /// How a variant is quantized, in words; of tensors that it took over quantized, the id of the scheme.
    static func quantization(of variant: ArtifactAssembly) -> String? {
        let tensors = variant.logicalTensors.map { tensor in
            guard case .principal(let form) = tensor.place else {
                return (nil as (id: String, summary: String)?, tensor.shape.elementCount)
            }
            let words = (try? TensorScheme(named: form.scheme))?.summary ?? form.scheme
            return ((form.scheme, words), form.shape.elementCount)
        }
        return QuantizationSummary(of: tensors)?.text
    }

    /// Fails before the work what would fail after it: the name belongs to what another recipe made.
    func refuseTakenName(_ naming: Naming) throws {
        guard naming.ifTaken == .refuse, let current = try catalog.find(.tag(naming.name)) else { return }
        throw RegistryError(
            "'\(naming.name)' is already the name of @\(current.digest.hex.prefix(12)), made in another way",
            remedy: "Choose another name with --as, or say --update to let the name move")
    }

    /// Whether a conversion could begin: the scheme is known and the rules can be read.
    /// - Throws: the error that `convert` would throw.
    public static func check(_ request: ConvertRequest) throws { _ = try StepOrder(request) }
}

/// What the report of a conversion needs besides its outcome.
private struct ConversionAct {
    let registry: ModelRegistry
    let parent: StoredArtifact
    let recipe: Recipe
    let plan: ConversionPlan
    let start: ContinuousClock.Instant

    func report(
        _ outcome: String, _ child: ArtifactRecord, name: TagName, newBytes: Int
    ) throws -> ConvertReport {
        let tensors = try registry.catalog.tensors(of: child.digest).map(\.tensor)
        let errors = tensors.compactMap { tensor in tensor.error.map { (name: tensor.name, error: $0) } }
        let worst = errors.max { ($0.error.relativeRMSE ?? 0) < ($1.error.relativeRMSE ?? 0) }
        return ConvertReport(
            outcome: outcome, name: name.description, digest: child.digest.hex,
            parent: try registry.catalog.label(of: parent.record.digest), parentDigest: parent.record.digest.hex,
            scheme: child.scheme, recipeDigest: recipe.digest.hex, quantizedTensorCount: errors.count,
            exactTensorCount: errors.count { $0.error.squaredError == 0 }, kept: kept,
            replacements: plan.replacements.map(ConvertReport.Replacement.init), casts: [],
            parameterCount: child.parameterCount,
            bitsPerWeight: child.bitsPerWeight ?? 0, relativeRmse: TensorError.sum(errors.map(\.error)).relativeRMSE,
            worstTensor: worst.flatMap { worst in
                worst.error.relativeRMSE.map { .init(tensor: worst.name, relativeRmse: $0) }
            },
            logicalBytes: child.logicalByteCount, parentLogicalBytes: parent.record.logicalByteCount,
            newBytes: newBytes, notes: plan.notes, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// The tensors that stay dense, with the plan's reasons.
    private var kept: [ConvertReport.Kept] { plan.kept.map { .init(tensor: $0.name, reason: $0.reason) } }
}
