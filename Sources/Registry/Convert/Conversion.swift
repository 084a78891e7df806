import Architectures
import Blobs
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// One conversion, from a plan and the parent's stored files to all that the catalog needs of the child.
struct Conversion: Sendable {
    let registry: ModelRegistry
    let parent: StoredArtifact
    let source: ExportSource
    let plan: ConversionPlan
    let request: ConvertRequest
    let job: ActiveJob
    let journal: ConversionJournal
    let scratch: ScratchFile

    init(
        registry: ModelRegistry, plan: ConversionPlan, request: ConvertRequest, job: ActiveJob
    ) throws {
        self.registry = registry
        self.plan = plan
        self.request = request
        self.job = job
        source = plan.source
        parent = plan.source.artifact
        // The journal clears away what no line names, so it comes first.
        journal = try ConversionJournal(in: job.area)
        scratch = try ScratchFile(in: job.area)
    }

    /// Everything that the new artifact consists of, stored and measured.
    func run(progress: ProgressHandler?) async throws -> ArtifactAssembly {
        try job.publisher.count(on: parent.files.flatMap(\.segments))
        let tensors = plan.tensors
        let meter = ProgressMeter(
            "convert \(request.name)", total: tensors.reduce(0) { $0 + $1.sourceByteCount }, handler: progress)
        let threadCount = ModelRegistry.threads(request.threadCount)
        let spare = SpareThreads()
        let outputs = try await WorkQueue.map(
            Array(tensors.enumerated()), threadCount: threadCount, spare: spare
        ) { index, tensor in
            let outputs = try journal.outputs(of: tensor, at: index) {
                do {
                    return try self.outputs(of: tensor, threadCount: threadCount, spare: spare)
                } catch var error as FormatError {
                    error.tensor = error.tensor ?? tensor.name
                    throw error
                }
            }
            meter.add(tensor.sourceByteCount)
            return self.measured(outputs, of: tensor)
        }
        try job.publisher.finish()
        let byName = Dictionary(
            outputs.joined().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let writer = VariantFileWriter(store: registry.store, area: job.area, publisher: job.publisher)
        var written: [VariantFileWriter.Outcome] = []
        for file in plan.weights {
            let tensors = file.names.compactMap { byName[$0] }
            written.append(
                try await writer.write(
                    file.path, try file.layout(of: tensors), tensors: tensors, threadCount: threadCount))
        }
        var files = written.map(Self.assembled)
        try files.append(contentsOf: companions(written))
        try job.publisher.finish()
        return ArtifactAssembly(
            files: files, tiesWordEmbeddings: parent.tiesWordEmbeddings, scheme: plan.scheme)
    }

    /// Makes a tensor's bytes, all parts of it.
    private func outputs(
        of tensor: PlannedTensor, threadCount: Int, spare: SpareThreads
    ) throws -> [OutputTensor] {
        guard let quantization = tensor.quantization else {
            return [tensor.isCopy ? try kept(tensor) : try rendered(tensor)]
        }
        if let encoder = quantization.encoder as? FourBitEncoder {
            return try fourBit(tensor, quantization, encoder, threadCount: threadCount, spare: spare)
        }
        let sink = try StagedParts(quantization.parts, scratch: scratch, area: job.area)
        let importance = try quantization.importance?()
        let errors =
            if let exchange = quantization.exchange {
                try exchange.write(
                    try tensor.sources.map { try source.codes(of: $0) }, importance: importance, into: sink)
            } else {
                try quantization.encoder.encode(
                    quantization.form, try source.bytes(of: tensor), importance: importance, threads: spare,
                    into: sink)
            }
        guard errors.squaredError.isFinite else {
            throw FormatError(
                .refused, "its numbers are not finite, which no code can express",
                remedy: "Mend the checkpoint, or keep the tensor with --keep")
        }
        return zip(tensor.parts, try sink.finish()).map { OutputTensor($0, content: $1, errors: errors) }
    }

    // MARK: bitsandbytes

    private func fourBit(
        _ tensor: PlannedTensor, _ quantization: PlannedTensor.Quantization, _ encoder: FourBitEncoder,
        threadCount: Int, spare: SpareThreads
    ) throws -> [OutputTensor] {
        let form = quantization.form
        // With several threads, large matrices are measured beside the digest of the file (VariantFileWriter).
        let defers = threadCount > 1 && form.shape.elementCount / 2 >= FileIngest.sharedBlobLimit
        let encoded = try encoder.encode(
            DenseMatrix(dtype: form.dtype, shape: form.shape), bytes: try source.bytes(of: tensor),
            importance: try quantization.importance?(), threads: spare, measurement: defers ? .later : .now)
        return try zip(tensor.parts, encoded.parts).map { part, made in
            var output = OutputTensor(
                part, content: try keep(made.bytes), shape: made.shape, errors: encoded.errors)
            if part.index == 0, encoded.errors == nil { output.nestedOffset = encoded.nestedOffset }
            return output
        }
    }

    /// The outputs with what is left to measure of them.
    private func measured(_ outputs: [OutputTensor], of tensor: PlannedTensor) -> [OutputTensor] {
        guard let quantization = tensor.quantization, let encoder = quantization.encoder as? FourBitEncoder,
            let offset = outputs.first?.nestedOffset, let absmax = outputs.first(where: { $0.hasRole("absmax") }),
            let nested = outputs.first(where: { $0.hasRole("nested_absmax") })
        else { return outputs }
        var outputs = outputs
        outputs[0].measurement = DeferredMeasurement(
            encoder: encoder, matrix: DenseMatrix(dtype: quantization.form.dtype, shape: quantization.form.shape),
            importance: quantization.importance, absmax: absmax.content, nestedAbsmax: nested.content, offset: offset
        ) { try source.bytes(of: tensor) }
        return outputs
    }

    // MARK: Tensors that stay numbers

    /// A tensor that stays: the same blobs, unless they are small or outside the store.
    private func kept(_ tensor: PlannedTensor) throws -> OutputTensor {
        guard let stored = source.storedSource(of: tensor) ?? source.stored(tensor.sources[0].parts[0].tensor.name)
        else {
            throw RegistryError("the tensor '\(tensor.name)' is gone", remedy: "Register the artifact again")
        }
        let bytes = KeptBytes(store: registry.store, area: job.area, scratch: scratch)
        var output = OutputTensor(tensor.parts[0], content: try bytes.content(of: stored))
        output.statistics = stored.statistics
        return output
    }

    /// A tensor whose numbers are cast or stand in another order.
    private func rendered(_ tensor: PlannedTensor) throws -> OutputTensor {
        let part = PartForm(.same, role: "data", type: tensor.type, shape: tensor.mapping.shape)
        let sink = try StagedParts([part], scratch: scratch, area: job.area)
        let counts = try TensorRenderer(kernels: registry.kernels).render(
            tensor.mapping, as: tensor.type,
            from: try tensor.sources.map { try source.rows(of: $0, isChecked: false) }
        ) { try sink.append($0, to: 0) }
        if counts.overflow > 0, let dtype = tensor.type.dtype {
            throw TypeChoice.tooLarge(counts.overflow, dtype)
        }
        return OutputTensor(tensor.parts[0], content: try sink.finish()[0])
    }

    /// Large bytes become a blob of their own, small ones wait in the scratch file for their neighbors.
    private func keep(_ bytes: [UInt8]) throws -> OutputTensor.Content {
        guard bytes.count >= FileIngest.sharedBlobLimit else {
            return .scratch(try scratch.append(bytes), Digest(of: bytes))
        }
        let file = try job.area.makeFile()
        try file.append(bytes.span)
        try file.seal(mode: 0o444)
        return .staged(path: file.path, byteCount: file.byteCount)
    }
}
