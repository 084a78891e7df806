import Bytes
import Catalog
import Formats
import Foundation
import Tensors
import Transforms

extension ModelRegistry {
    /// Makes a 4-bit variant of an artifact: stored, named, with its recipe and the error of each tensor.
    ///
    /// The result is what its runtime loads as it is: safetensors with the configuration, tokenizer and everything else
    /// that came with the source. The same recipe on the same bytes again is no work.
    /// - Throws: `FormatError` for tensors that cannot be quantized, `RegistryError` for a request that cannot be met;
    ///   the home is then as it was.
    public func convert(_ request: ConvertRequest, progress: ProgressHandler? = nil) async throws -> ConvertReport {
        let start = ContinuousClock.now
        let scheme = try FourBitScheme(named: request.scheme, blockSize: request.blockSize)
        let rules = try request.keep.map { pattern throws in try TensorRule(keeping: pattern) }
        let recipe = scheme.recipe(rules: rules, keepsNonfinite: request.nonfinite == .keep)
        let parent = try StoredArtifact(registry: self, name: request.name)
        let naming = Naming(
            try newName(for: request, scheme: scheme, rules: rules), ifTaken: request.taken == .update ? .move : .refuse
        )
        let parents = [DerivationParent(parent.record.digest)]
        let plan = try Self.plan(for: parent, rules: rules, request: request)
        let act = FourBitAct(registry: self, parent: parent, recipe: recipe, plan: plan, start: start)
        if let done = try catalog.artifact(madeFrom: parents, recipeDigest: recipe.digest) {
            let change = try catalog.tag(done.digest, as: naming)
            return try act.report("unchanged", done, name: change.name, newBytes: 0)
        }
        try refuseTakenName(naming)
        return try await withJob("convert", subject: "\(parent.record.digest.hex) \(recipe.digest.hex)") { job in
            let conversion = try FourBitConversion(
                registry: self, parent: parent, scheme: scheme, plan: plan, request: request, job: job)
            let assembly = try await conversion.run(progress: progress)
            var facts = parent.record.facts
            facts.quantization = Self.quantization(of: assembly, scheme)
            let draft = assembly.draft(
                kind: .quantized, origin: .derived, format: parent.record.format, facts: facts,
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

    private static func plan(
        for parent: StoredArtifact, rules: [TensorRule], request: ConvertRequest
    ) throws -> FourBitPlan {
        guard !parent.isQuantized else {
            throw RegistryError(
                "\(request.name) is quantized already (\(parent.record.scheme)): its error would add to the new one's",
                remedy: "Convert what it was made from; 'ingot lineage \(request.name)' tells what that is")
        }
        if let tensor = parent.ownTensors.first(where: { $0.description.arrangement != .contiguous }) {
            throw RegistryError(
                "\(tensor.subject) does not lie in its file as it is meant: transposed, big-endian or compressed",
                remedy: "Export \(request.name) with --format safetensors, register that, and convert it")
        }
        guard parent.record.format != GGUF.name else {
            throw RegistryError(
                "\(request.name) is a GGUF file, whose names and order of rows no program expects in safetensors",
                remedy: "Export it with --format safetensors, register that, and convert it")
        }
        if let fault = parent.configFault { throw fault.within(file: "\(request.name), config.json") }
        guard !parent.ownTensors.isEmpty else {
            let files = parent.files.filter { $0.role == "weights" }.map(\.path).joined(separator: ", ")
            throw RegistryError(
                "\(request.name) is a pipeline: all its weights lie in folders of its own (\(files))",
                remedy: "Register the folder of the one model that is to be converted")
        }
        do {
            return try FourBitPlan(
                tensors: parent.ownTensors.map(\.description), config: parent.config, rules: rules,
                nonfinite: parent.nonfiniteTensors, keepsNonfinite: request.nonfinite == .keep)
        } catch { throw error.within(file: request.name) }
    }

    /// How a variant is quantized, in words; of tensors that it took over quantized, the id of the scheme.
    private static func quantization(of variant: ArtifactAssembly, _ scheme: FourBitScheme) -> String? {
        let words = BitsAndBytesQuantState.summary(
            type: scheme.type, blockSize: scheme.blockSize, isNested: scheme.isNested)
        let tensors = variant.logicalTensors.map { tensor in
            guard case .principal(let form) = tensor.place else {
                return (nil as (id: String, summary: String)?, tensor.shape.elementCount)
            }
            return ((form.scheme, form.scheme == scheme.id ? words : form.scheme), form.shape.elementCount)
        }
        return QuantizationSummary(of: tensors)?.text
    }

    /// Fails before the work what would fail after it: the name belongs to what another recipe made.
    private func refuseTakenName(_ naming: Naming) throws {
        guard naming.ifTaken == .refuse, let current = try catalog.find(.tag(naming.name)) else { return }
        throw RegistryError(
            "'\(naming.name)' is already the name of @\(current.digest.hex.prefix(12)), made in another way",
            remedy: "Choose another name with --as, or say --update to let the name move")
    }

    /// Whether a conversion could begin: the scheme is known and the rules can be read.
    /// - Throws: the error that `convert` would throw.
    public static func check(_ request: ConvertRequest) throws {
        _ = try FourBitScheme(named: request.scheme, blockSize: request.blockSize)
        for pattern in request.keep { _ = try TensorRule(keeping: pattern) }
    }

    /// `--as`, or the source's model with the scheme as its tag; a source that is not the latest adds its own tag.
    private func newName(
        for request: ConvertRequest, scheme: FourBitScheme, rules: [TensorRule]
    ) throws -> TagName {
        if let name = request.newName { return try TagName(parsing: name) }
        let options = (rules.isEmpty ? "" : "-keep") + (request.nonfinite == .keep ? "-nonfinite" : "")
        let suffix = scheme.shortName + options
        switch try ArtifactName(parsing: request.name) {
        case .tag(let name):
            return try TagName(model: name.model, tag: name.isLatest ? suffix : "\(name.tag)-\(suffix)")
        case .version(let model, let number): return try TagName(model: model, tag: "v\(number)-\(suffix)")
        case .digest(let prefix, let model):
            guard let model else {
                throw RegistryError(
                    "@\(prefix) has no name that the variant's could be made from", remedy: "Name it with --as")
            }
            return try TagName(model: model, tag: "\(prefix.prefix(12))-\(suffix)")
        }
    }
}

/// What the report of a conversion needs besides its outcome.
private struct FourBitAct {
    let registry: ModelRegistry
    let parent: StoredArtifact
    let recipe: Recipe
    let plan: FourBitPlan
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
            kept: kept, parameterCount: child.parameterCount,
            bitsPerWeight: child.bitsPerWeight ?? 0, relativeRmse: TensorError.sum(errors.map(\.error)).relativeRMSE,
            worstTensor: worst.flatMap { worst in
                worst.error.relativeRMSE.map { .init(tensor: worst.name, relativeRmse: $0) }
            },
            logicalBytes: child.logicalByteCount, parentLogicalBytes: parent.record.logicalByteCount,
            newBytes: newBytes, notes: plan.notes, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// The tensors that stay dense, with the plan's reasons.
    private var kept: [ConvertReport.Kept] {
        plan.decisions.compactMap { tensor, decision in
            guard case .keep(let reason) = decision else { return nil }
            return .init(tensor: tensor.name, reason: reason)
        }
    }
}
