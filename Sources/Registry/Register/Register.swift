import Architectures
import Blobs
import Bytes
import Catalog
import Formats
import Foundation
import Tensors
import Transforms

extension ModelRegistry {
    /// Brings a checkpoint, or a variant made elsewhere, into the store and the catalog.
    ///
    /// Weights are read once, in chunks: digests of the file and of each tensor, statistics and the copy come from one
    /// pass. When the same bytes are there under the same name already, nothing changes.
    /// - Throws: `FormatError` for a file that is not sound, `RegistryError` for a request that cannot be met; the home
    ///   is then as it was.
    public func register(
        _ request: RegisterRequest, progress: ProgressHandler? = nil
    ) async throws -> RegisterReport {
        let start = ContinuousClock.now
        let options = try request.reading.checked()
        let source = try Self.model(at: request.path, options)
        let name = try TagName(
            parsing: request.name ?? source.kept?.name ?? Self.defaultName(for: request.path))
        let parents = try request.parents.map { try self.parent($0) }
        let kind = try request.kind.map(Self.kind)
        let run = try request.run.map { try catalog.run(named: $0) }
        let path = source.path
        let grouping = try source.grouping()
        var facts = ModelFacts(source.properties, card: source.card)
        facts.quantization = Self.quantization(of: grouping.tensors)
        let training = try TrainingFacts(request, source, quantization: facts.quantization)
        let recipe = try Self.trainingRecipe(request, kind, parents)
        let modelFacts = facts
        let reading = try source.isReadOtherwise(with: options) ? request.reading.text : nil
        let forecast = try request.storage == .reference ? 0 : newByteCount(of: source)
        return try await withJob("register", subject: path, forecastByteCount: forecast) { job in
            let files = try await ingest(
                source, grouping.tensors, request: request, job: job, progress: progress)
            let assembly = ArtifactAssembly(
                files: files, tiesWordEmbeddings: source.properties?.tieWordEmbeddings ?? false,
                scheme: source.scheme ?? LogicalTensor.scheme(of: grouping.tensors), reading: reading)
            try self.refuseCycle(of: assembly.digest, parents)
            var facts = modelFacts
            facts.quantization =
                try facts.quantization ?? training.fact(besides: catalog.artifact(assembly.digest)?.facts)
            var draft = assembly.draft(
                kind: kind ?? (assembly.isQuantized ? .quantized : .checkpoint), origin: .imported,
                format: source.weights.first?.layout?.format ?? "none",
                facts: facts, sourcePath: path,
                derivation: parents.isEmpty
                    ? nil
                    : DerivationDraft(
                        parents: parents, recipe: recipe, recipeDigest: recipe.map { Digest(of: $0) },
                        host: Self.hostName))
            draft.card = source.card.map(CardDraft.init)
            draft.publication = source.kept.map { Publication(repository: $0.repository, revision: $0.revision) }
            let naming = Naming(name, ifTaken: request.taken == .update ? .move : .refuse)
            let insertion = try catalog.insert(draft, naming: naming, finishing: job.number)
            let given = insertion.name?.name ?? name
            if let run { try catalog.link(run.id, to: draft.digest, step: request.step.map { Int64($0) }) }
            var report = RegisterReport(
                outcome: insertion.isUnchanged ? "unchanged" : "registered",
                name: given.description, version: insertion.name?.version,
                digest: draft.digest.hex, weightsDigest: assembly.weightsDigest.hex,
                kind: insertion.artifact.kind.rawValue, scheme: draft.scheme, format: draft.format,
                fileCount: files.count, tensorCount: assembly.logicalTensors.count,
                parameterCount: draft.parameterCount, logicalBytes: files.reduce(0) { $0 + $1.file.byteCount },
                newBytes: max(0, job.publisher.newByteCount - insertion.spareByteCount),
                leftOut: source.leftOut.map { .init(path: $0.path, reason: $0.reason) },
                referenced: files.flatMap(\.file.segments).compactMap(\.reference?.path),
                notes: source.notes + grouping.notes
                    + (source.sharesBytes ? TensorStorage.notes(on: grouping.tensors) : [])
                    + training.notes + Self.notes(draft, insertion, training),
                seconds: (ContinuousClock.now - start) / .seconds(1), conversion: nil,
                next: insertion.artifact.kind == .checkpoint
                    ? Self.nextStep(for: source, grouping.tensors, assembly)?.command(given) : nil)
            report.runs = try runs(writing: draft.digest)
            return report
        }
    }

    /// Roughly what the store will gain: files of a name and length that it has already are probably the same.
    private func newByteCount(of source: ModelSource) throws -> Int {
        try source.files.reduce(0) { sum, file in
            let byteCount = Int(file.identity.byteCount)
            return try catalog.hasFile(path: file.path, byteCount: byteCount) ? sum : sum + byteCount
        }
    }

    /// How it was trained elsewhere, as a recipe of which nothing can be derived again.
    private static func trainingRecipe(
        _ request: RegisterRequest, _ kind: ArtifactKind?, _ parents: [DerivationParent]
    ) throws -> String? {
        guard let text = request.trainingParameters else { return nil }
        guard !parents.isEmpty else {
            throw RegistryError(
                "--params says how an artifact was made from others, and none is named",
                remedy: "Name them with --parent, as in --parent teacher=NAME")
        }
        return try TrainingParameters.recipe(text, kind: kind ?? .checkpoint)
    }

    private static func notes(
        _ draft: ArtifactDraft, _ insertion: Insertion, _ training: TrainingFacts
    ) -> [String] {
        var notes: [String] = []
        if insertion.isReread, let grid = training.grid {
            notes.append("these bytes were in the catalog; it says now that they were trained for \(grid.text)")
        } else if insertion.isReread {
            notes.append(
                "these bytes were in the catalog as another version of Ingot read them; what it tells of their tensors "
                    + "is now what this version finds, under every name of the artifact")
        }
        let known = insertion.artifact.kind
        if draft.kind != known {
            notes.append("these bytes are in the catalog as '\(known)' and stay so, not as '\(draft.kind)'")
        }
        return notes
    }

    /// An artifact cannot come from itself, nor from what was made from it.
    private func refuseCycle(of child: Digest, _ parents: [DerivationParent]) throws {
        for parent in parents {
            let ancestors = try catalog.lineage(of: parent.digest, .ancestors).map(\.record.parent)
            guard parent.digest != child, !ancestors.contains(child) else {
                throw RegistryError(
                    "\(try catalog.label(of: parent.digest)) cannot be a parent: it is, or was made from, these very bytes",
                    remedy: "Check which artifact came first")
            }
        }
    }

    private static func kind(_ text: String) throws -> ArtifactKind {
        guard let kind = ArtifactKind(rawValue: text) else {
            let known = ArtifactKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw RegistryError("there is no kind '\(text)'", remedy: "Choose one of \(known)")
        }
        return kind
    }

    private func parent(_ reference: ParentReference) throws -> DerivationParent {
        guard let role = ParentRole(rawValue: reference.role) else {
            let known = ParentRole.allCases.map(\.rawValue).joined(separator: ", ")
            throw RegistryError("there is no role '\(reference.role)'", remedy: "Choose one of \(known)")
        }
        return DerivationParent(try artifact(named: reference.name).digest, role: role)
    }

    private func ingest(
        _ source: ModelSource, _ tensors: [LogicalTensor], request: RegisterRequest, job: ActiveJob,
        progress: ProgressHandler?
    ) async throws -> [ArtifactAssembly.File] {
        let total = source.files.reduce(0) { $0 + Int($1.identity.byteCount) }
        let meter = ProgressMeter("register \(request.path)", total: total, handler: progress)
        let places = TensorPlaces(of: tensors, in: source)
        let kernels = kernels
        let files = try await WorkQueue.map(source.files, threadCount: Self.threads(request.threadCount)) { file in
            let isReference = request.storage == .reference && file.role == .weights
            if !isReference, file.role == .weights,
                let outcome = try adopted(file, request.storage, of: source, job: job, progress: meter.add)
            {
                return Self.assembled(file, outcome, places, identity: nil)
            }
            let ingest = FileIngest(
                area: isReference ? nil : job.area, kernels: kernels, publish: job.publisher.add, progress: meter.add)
            let open = try OpenFile(file.absolutePath)
            guard open.identity == file.identity else { throw FileIngest.changed(file.absolutePath) }
            do {
                let outcome = try ingest.run(open, tensors: file.layout?.tensors ?? [])
                try source.checkPromise(of: file, outcome.digest)
                return Self.assembled(
                    file, outcome, places, identity: isReference ? open.identity : nil)
            } catch let error as FormatError { throw error.within(file: file.absolutePath) }
        }
        try job.publisher.finish()
        return files
    }

    private static func assembled(
        _ file: ModelFile, _ outcome: FileIngest.Outcome, _ places: TensorPlaces,
        identity: FileIdentity?
    ) -> ArtifactAssembly.File {
        let reference = identity.map { StoredFile.Reference(path: file.absolutePath, identity: $0) }
        let whole = StoredFile.Segment(
            blob: outcome.digest, blobByteCount: outcome.byteCount, blobOffset: 0, byteCount: outcome.byteCount,
            reference: reference)
        return ArtifactAssembly.File(
            file: StoredFile(
                path: file.path, digest: outcome.digest, byteCount: outcome.byteCount, role: file.role.rawValue,
                segments: reference == nil ? outcome.segments : [whole]),
            tensors: outcome.tensors.map { tensor in
                let (place, logicalName) = places[tensor.description.name, in: file.path]
                return ArtifactAssembly.Tensor(
                    name: tensor.description.name, logicalName: logicalName, type: tensor.description.type,
                    shape: tensor.description.shape, byteRange: tensor.description.byteRange,
                    arrangement: tensor.description.arrangement,
                    digest: tensor.digest, place: place,
                    statistics: place == .whole ? tensor.statistics : nil)
            })
    }

    /// A name for a path that was registered without one: the folder's, or the file's without its extension, with what
    /// names cannot hold replaced.
    static func defaultName(for path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        return KeptModel.nameable(
            Folder.isFolder(path) ? url.lastPathComponent : url.deletingPathExtension().lastPathComponent)
    }

    static func threads(_ requested: Int?) -> Int { max(1, requested ?? ProcessInfo.processInfo.activeProcessorCount) }
    static var hostName: String { ProcessInfo.processInfo.hostName }
}

extension Insertion {
    /// Whether the artifact was there and its name meant it already.
    fileprivate var isUnchanged: Bool { outcome == .known && name?.isNew != true }
}

extension ModelFacts {
    /// What the configuration and the model card tell.
    init(_ properties: ModelProperties?, card: ModelCard?) {
        self.init(
            architecture: properties?.architecture, modelType: properties?.modelType,
            layerCount: properties?.layerCount, hiddenSize: properties?.hiddenSize,
            intermediateSize: properties?.intermediateSize, headCount: properties?.headCount,
            keyValueHeadCount: properties?.keyValueHeadCount, vocabularySize: properties?.vocabularySize,
            contextLength: properties?.contextLength, license: card?.license,
            baseModel: card.flatMap { $0.baseModels.isEmpty ? nil : $0.baseModels.joined(separator: ", ") })
    }
}
