import Blobs
import Bytes
import Catalog
import Formats
import Tensors
import Transforms

/// One rewrite, from a plan to all that the catalog needs of the child.
struct Rewriting: Sendable {
    let registry: ModelRegistry
    let plan: RewritePlan
    let threadCount: Int
    let job: ActiveJob
    private let journal: ConversionJournal
    private let scratch: ScratchFile

    /// What came of it.
    struct Outcome {
        var assembly: ArtifactAssembly
        /// By the tensors' names; of those that were made.
        var findings: [String: RewriteFindings]
    }

    init(registry: ModelRegistry, plan: RewritePlan, threadCount: Int?, job: ActiveJob) throws {
        self.registry = registry
        self.plan = plan
        self.threadCount = ModelRegistry.threads(threadCount)
        self.job = job
        // The journal clears away what no line names, so it comes first.
        journal = try ConversionJournal(in: job.area)
        scratch = try ScratchFile(in: job.area)
    }

    /// Everything that the new artifact consists of, stored and measured.
    /// - Parameter activity: what is being done, for progress: `cast llama`.
    func run(_ activity: String, progress: ProgressHandler?) async throws -> Outcome {
        try job.publisher.count(on: plan.parents.flatMap(\.artifact.files).flatMap(\.segments))
        let meter = ProgressMeter(
            activity, total: plan.tensors.reduce(0) { $0 + $1.sourceByteCount }, handler: progress)
        let outputs = try await WorkQueue.map(
            Array(plan.tensors.enumerated()), threadCount: threadCount
        ) { index, tensor in
            let outputs = try journal.outputs(of: tensor.planned, at: index) {
                do { return [try output(of: tensor)] } catch var error as FormatError {
                    error.tensor = error.tensor ?? tensor.name
                    throw error
                }
            }
            meter.add(tensor.sourceByteCount)
            return outputs
        }
        try job.publisher.finish()
        let byName = Dictionary(outputs.joined().map { ($0.name, $0) }) { first, _ in first }
        let files = try await files(byName)
        try job.publisher.finish()
        return Outcome(
            assembly: ArtifactAssembly(
                files: files, tiesWordEmbeddings: plan.tiesWordEmbeddings, scheme: plan.scheme),
            findings: byName.compactMapValues(\.findings))
    }

    private func output(of tensor: RewrittenTensor) throws -> OutputTensor {
        let part = tensor.planned.parts[0]
        let making = TensorRewriting(tensor: tensor, kernels: registry.kernels)
        let form = PartForm(.same, role: "data", type: tensor.type, shape: tensor.shape)
        let sink = try StagedParts([form], scratch: scratch, area: job.area)
        let findings: RewriteFindings
        switch tensor.content {
        case .stored(let stored):
            var output = OutputTensor(
                part,
                content: try KeptBytes(store: registry.store, area: job.area, scratch: scratch).content(of: stored))
            output.statistics = stored.statistics
            return output
        case .made(let rows): findings = try making.make(try rows()) { try sink.append($0, to: 0) }
        case .copied(let bytes): findings = try making.copy(try bytes()) { try sink.append($0, to: 0) }
        }
        var output = OutputTensor(part, content: try sink.finish()[0])
        output.findings = findings
        output.statistics = findings.statistics
        return output
    }

    // MARK: Files

    private func files(_ outputs: [String: OutputTensor]) async throws -> [ArtifactAssembly.File] {
        let writer = VariantFileWriter(store: registry.store, area: job.area, publisher: job.publisher)
        let tensors = Dictionary(plan.tensors.map { ($0.name, $0) }) { first, _ in first }
        var files: [ArtifactAssembly.File] = []
        var written: [(path: String, tensors: [TensorDescription])] = []
        for file in plan.weights {
            let outcome = try await writer.write(
                file.path, file.layout, tensors: file.layout.tensors.compactMap { outputs[$0.name] },
                threadCount: threadCount)
            written.append((path: outcome.file.path, tensors: outcome.tensors.map(\.description)))
            files.append(Self.assembled(outcome, tensors))
        }
        let companions = NewCompanions(registry: registry, job: job, artifact: plan.parents[0].artifact)
        files += try companions.files(plan.companions)
        if written.count > 1, plan.format == Safetensors.name {
            let index = SafetensorsIndex.text(of: written)
            files.append(try companions.file("model" + SafetensorsIndex.suffix, Array(index.utf8)))
        }
        return files
    }

    private static func assembled(
        _ outcome: VariantFileWriter.Outcome, _ tensors: [String: RewrittenTensor]
    ) -> ArtifactAssembly.File {
        ArtifactAssembly.File(
            file: outcome.file,
            tensors: outcome.tensors.map { description, output, digest in
                let planned = tensors[description.name]
                return ArtifactAssembly.Tensor(
                    name: description.name, logicalName: planned?.logicalName, type: description.type,
                    shape: description.shape, byteRange: description.byteRange, digest: digest,
                    place: planned?.place ?? .whole, statistics: output.statistics,
                    error: output.findings?.errors.map(TensorError.init))
            })
    }
}
