import Blobs
import Bytes
import Catalog
import Formats
import Transforms

/// A variant's derivation, ready to be done again by this version of Ingot.
struct Derivation: Sendable {
    let registry: ModelRegistry
    let child: ArtifactRecord
    let known: KnownDerivation
    /// The first of its parents.
    let parent: ArtifactRecord
    private let work: Work
    /// Blobs of the variant itself that its derivation reads: they stay when the others are evicted.
    let keptBlobs: Set<Digest>

    /// What is done, by the transform that does it.
    private enum Work {
        case quantize(ConversionOrder, ConvertRequest)
        case rewrite(Recipe.Step, [DerivationParent], StepFiles, threadCount: Int?)
    }

    /// What came of it.
    struct Outcome: Sendable {
        let assembly: ArtifactAssembly
        /// What the parent was called.
        let name: String?
    }

    /// - Parameter files: what its recipe names by digests, where it names any.
    /// - Throws: `RegistryError` when the variant has no recipe, its parent is gone, or this version of Ingot cannot do
    ///   what the recipe says.
    init(
        of child: ArtifactRecord, in registry: ModelRegistry, files: DerivationFiles, threadCount: Int?
    ) throws {
        let label = try registry.catalog.label(of: child.digest)
        let derivations = try registry.catalog.derivations(of: child.digest)
        guard let first = derivations.first else {
            throw RegistryError(
                "\(label) was not made here by a recipe, so nothing can derive it again",
                remedy: "Verify its bytes with 'ingot verify \(label)'")
        }
        let usable = try derivations.first { known in
            try known.parents.allSatisfy { try registry.catalog.artifact($0.digest) != nil }
        }
        guard let usable, let parent = try registry.catalog.artifact(usable.parents[0].digest) else {
            let lost = try first.parents.first { try registry.catalog.artifact($0.digest) == nil } ?? first.parents[0]
            throw RegistryError(
                "the parent of \(label), @\(lost.digest.hex.prefix(12)), is not in the catalog any more",
                remedy: "Register it again")
        }
        self.registry = registry
        self.child = child
        self.parent = parent
        known = usable
        let file = try Self.recipe(usable, label: label)
        let kept = try file.steps.first.flatMap { try KeptVocabulary(of: child.digest, made: $0, in: registry) }
        keptBlobs = kept?.blobs ?? []
        // One option names whatever file of statistics the recipe asks for.
        let stepFiles = StepFiles(
            importancePath: files.importancePath, statisticsPath: files.importancePath,
            vocabularyPath: files.vocabularyPath, keptVocabulary: kept?.list)
        work = try Self.work(file, usable, label: label, parent: parent, stepFiles, threadCount)
    }

    /// Reads the recipe as `convert --recipe` does.
    private static func recipe(_ known: KnownDerivation, label: String) throws -> RecipeFile {
        do {
            return try RecipeFile(parsing: Array(known.recipe.utf8), file: "the recipe of \(label)")
        } catch {
            throw RegistryError(
                "this version of Ingot cannot run the recipe of \(label): \(error.problem)",
                remedy: "Use the version that made it ('ingot show \(label)' tells)")
        }
    }

    private static func work(
        _ file: RecipeFile, _ known: KnownDerivation, label: String, parent: ArtifactRecord,
        _ files: StepFiles, _ threadCount: Int?
    ) throws -> Work {
        guard let settings = file.quantization else {
            try checkDigest(file.recipe, known, label: label, files.importancePath)
            try files.check(file.steps[0], of: label)
            return .rewrite(file.steps[0], known.parents, files, threadCount: threadCount)
        }
        var request = ConvertRequest(name: "@\(parent.digest.hex)", scheme: "")
        request.importancePath = files.importancePath
        request.threadCount = threadCount
        let order = try ConversionOrder(settings, request: request)
        try checkDigest(order.settings.recipe, known, label: label, files.importancePath)
        return .quantize(order, request)
    }

    private static func checkDigest(
        _ recipe: Recipe, _ known: KnownDerivation, label: String, _ importancePath: String?
    ) throws {
        guard recipe.digest != known.recipeDigest else { return }
        if let wanted = try importance(in: known.recipe), importancePath == nil {
            throw RegistryError(
                "\(label) was made with the importance matrix \(wanted.prefix(12))",
                remedy: StepFiles.remedy("--imatrix", label))
        }
        throw RegistryError(
            "this version of Ingot reads the recipe of \(label) in another way",
            remedy: importancePath == nil
                ? "Use the version that made it ('ingot show \(label)' tells)"
                : "Name the importance matrix with which it was made")
    }

    /// The digest of the importance matrix that a recipe names.
    private static func importance(in recipe: String) throws -> String? {
        let steps = try JSONValue(parsing: Array(recipe.utf8))["steps"]?.arrayValue
        return steps?.lazy.compactMap { $0["parameters"]?["importance"]?.stringValue }.first
    }

    /// Does it, into the store of `job`'s publisher, under each name that the parent has or had until the result is the
    /// variant's: a GGUF file says what the model is called.
    func run(_ job: ActiveJob, in registry: ModelRegistry, progress: ProgressHandler?) async throws -> Outcome {
        var names: [String?] = [nil]
        if child.format == GGUF.name {
            names = try registry.catalog.modelNames(of: parent.digest)
            names.append(nil)
        }
        if known.provenVersion != nil { names = [known.provenName] }
        var last: Outcome?
        for name in names {
            let assembly = try await run(job, in: registry, name: name, progress: progress)
            last = Outcome(assembly: assembly, name: name)
            if assembly.digest == child.digest { break }
        }
        guard let last else {
            throw RegistryError("nothing was derived", remedy: "Report it together with the command")
        }
        return last
    }

    private func run(
        _ job: ActiveJob, in registry: ModelRegistry, name: String?, progress: ProgressHandler?
    ) async throws -> ArtifactAssembly {
        switch work {
        case .quantize(let order, let request):
            let artifact = try StoredArtifact(registry: registry, record: parent)
            if let fault = artifact.configFault { throw fault }
            let source = try ExportSource(registry: registry, artifact: artifact, name: name)
            let choice = ConversionChoice(
                order.settings, source: source, kernels: registry.kernels,
                importance: try order.importance?.lookup(in: source, as: order.settings.target.family))
            let plan = try ConversionPlan(source, choice: choice, preTokenizer: nil)
            return try await Conversion(registry: registry, plan: plan, request: request, job: job)
                .run(progress: progress)
        case .rewrite(let step, let parents, let files, let threadCount):
            let all = try parents.map { parent in
                let artifact = try StoredArtifact(registry: registry, name: "@\(parent.digest.hex)")
                return RewriteParent(artifact, role: parent.role, name: try registry.catalog.label(of: parent.digest))
            }
            guard let plan = try await registry.rewritePlan(step, of: all, files: files) else {
                throw RegistryError(
                    "the transform \(step.transform) is not done by rewriting",
                    remedy: "Report it together with the command")
            }
            return try await Rewriting(registry: registry, plan: plan, threadCount: threadCount, job: job)
                .run("rederive \(plan.parents[0].name)", progress: progress).assembly
        }
    }
}

extension ModelRegistry {
    /// Derives a variant again from its parent by its recipe, beside the store, and compares the digests of the files.
    ///
    /// Nothing in the store changes. The catalog notes a proof (`lineage.proven_at`).
    /// - Throws: `RegistryError` when the variant has no recipe, its parent is gone, or this version of Ingot cannot do
    ///   what the recipe says.
    public func rederive(
        _ name: String, files: DerivationFiles = DerivationFiles(), threadCount: Int? = nil,
        progress: ProgressHandler? = nil
    ) async throws -> RederiveReport {
        let start = ContinuousClock.now
        let child = try artifact(named: name)
        let derivation = try Derivation(of: child, in: self, files: files, threadCount: threadCount)
        try await bringBack(parentsOf: derivation, progress: progress)
        let outcome = try await prove(derivation, progress: progress)
        let found = Dictionary(outcome.assembly.files.map { ($0.file.path, $0.file.digest) }) { first, _ in first }
        let recorded = Dictionary(try catalog.files(of: child.digest).map { ($0.path, $0.digest) }) { first, _ in first
        }
        let paths = Set(found.keys).union(recorded.keys)
        return RederiveReport(
            outcome: outcome.assembly.digest == child.digest ? "proven" : "differs",
            name: try catalog.label(of: child.digest), digest: child.digest.hex,
            parent: try catalog.label(of: derivation.parent.digest), parentDigest: derivation.parent.digest.hex,
            recipeDigest: derivation.known.recipeDigest.hex, foundDigest: outcome.assembly.digest.hex,
            files: paths.sorted().map {
                .init(path: $0, digest: recorded[$0]?.hex, foundDigest: found[$0]?.hex)
            },
            seconds: (ContinuousClock.now - start) / .seconds(1), notes: [])
    }

    /// Does a derivation again in a store of its own, and notes it when the result is the variant.
    func prove(_ derivation: Derivation, progress: ProgressHandler?) async throws -> Derivation.Outcome {
        let parents = derivation.known.parents.map(\.digest)
        let needed = try parents.flatMap { try catalog.blobs(of: $0) }
        let outcome = try await withJob("rederive", subject: derivation.child.digest.hex) { job in
            try job.publisher.count(on: try parents.flatMap { try files(of: $0) }.flatMap(\.segments))
            let area = try StagingArea(in: store, name: "scratch-\(job.number)")
            let result: Result<Derivation.Outcome, any Error>
            do {
                let scratch = BlobStore(home: area.path + "/store")
                try scratch.prepare()
                try scratch.link(needed.map(\.digest), from: store)
                let registry = ModelRegistry(self, store: scratch)
                let publisher = Publisher(store: scratch) { _ in }
                let inner = ActiveJob(number: job.number, area: job.area, publisher: publisher)
                result = .success(try await derivation.run(inner, in: registry, progress: progress))
            } catch { result = .failure(error) }
            try area.discard()
            let outcome = try result.get()
            try catalog.finishJob(job.number, as: .done)
            return outcome
        }
        if outcome.assembly.digest == derivation.child.digest {
            try catalog.noteProven(derivation.known.id, by: Self.version, name: outcome.name)
        }
        return outcome
    }
}
