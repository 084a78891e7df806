import Architectures
import Blobs
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// One conversion to a 4-bit scheme, from the parent's stored files to the child's row in the catalog.
struct FourBitConversion: Sendable {
    let registry: ModelRegistry
    let parent: StoredArtifact
    let scheme: FourBitScheme
    let plan: FourBitPlan
    let request: ConvertRequest
    let job: ActiveJob
    private let scratch: ScratchFile

    /// Files of weights above this are cut into shards; transformers' limit of many years.
    static let shardByteCount = 5_000_000_000

    init(
        registry: ModelRegistry, parent: StoredArtifact, scheme: FourBitScheme, plan: FourBitPlan,
        request: ConvertRequest, job: ActiveJob
    ) throws {
        self.registry = registry
        self.parent = parent
        self.scheme = scheme
        self.plan = plan
        self.request = request
        self.job = job
        scratch = try ScratchFile(in: job.area)
    }

    /// Everything that the new artifact consists of, stored and measured.
    func run(progress: ProgressHandler?) async throws -> ArtifactAssembly {
        try job.publisher.count(on: parent.files.flatMap(\.segments))
        let meter = ProgressMeter(
            "convert \(request.name)", total: plan.decisions.reduce(0) { $0 + $1.tensor.byteRange.count },
            handler: progress)
        let threadCount = ModelRegistry.threads(request.threadCount)
        let groups = try await WorkQueue.map(Array(zip(parent.ownTensors, plan.decisions)), threadCount: threadCount) {
            let outputs = try self.output(of: $0.0, decision: $0.1.decision, threadCount: threadCount)
            meter.add($0.0.description.byteRange.count)
            return outputs
        }
        try job.publisher.finish()
        let shards = Self.shards(of: groups)
        let writer = VariantFileWriter(
            store: registry.store, area: job.area, scratch: scratch, publisher: job.publisher)
        var written: [VariantFileWriter.Outcome] = []
        for (index, tensors) in shards.enumerated() {
            let path = SafetensorsIndex.shardName(index, of: shards.count)
            written.append(try await writer.write(path, tensors: tensors, threadCount: threadCount))
        }
        var files = written.map(Self.assembled)
        try files.append(contentsOf: companions(written))
        try job.publisher.finish()
        return ArtifactAssembly(
            files: files, tiesWordEmbeddings: parent.tiesWordEmbeddings, scheme: scheme.id)
    }

    private func output(
        of tensor: StoredTensor, decision: FourBitPlan.Decision, threadCount: Int
    ) throws -> [OutputTensor] {
        guard case .quantize(let isTransposed) = decision, let matrix = DenseMatrix(tensor.description) else {
            return [try kept(tensor)]
        }
        // With several threads, large matrices are measured beside the digest of the file (VariantFileWriter).
        let defers =
            threadCount > 1 && !isTransposed && tensor.description.shape.elementCount / 2 >= FileIngest.sharedBlobLimit
        let encoder = FourBitEncoder(scheme: scheme, kernels: registry.kernels)
        let encoded = try encoder.encode(
            matrix, isTransposed: isTransposed, bytes: StoredTensorBytes(tensor, store: registry.store),
            measurement: defers ? .later : .now)
        var outputs = try encoded.parts.map { part in
            OutputTensor(
                name: tensor.description.name + part.suffix, dtype: part.dtype, shape: part.shape,
                content: try keep(part.bytes),
                part: part.suffix.isEmpty
                    ? .principal(scheme: scheme, shape: encoded.shape, errors: encoded.errors)
                    : .part(of: tensor.description.name, role: part.role))
        }
        if encoded.errors == nil, let offset = encoded.nestedOffset,
            let absmax = outputs.first(where: { $0.hasRole("absmax") }),
            let nested = outputs.first(where: { $0.hasRole("nested_absmax") })
        {
            outputs[0].measurement = DeferredMeasurement(
                encoder: encoder, source: tensor, matrix: matrix, absmax: absmax.content, nestedAbsmax: nested.content,
                offset: offset,
                store: registry.store, scratch: scratch)
        }
        return outputs
    }

    /// A tensor that stays: the same blobs, unless they are small or outside the store.
    private func kept(_ tensor: StoredTensor) throws -> OutputTensor {
        let range = tensor.description.byteRange
        let segments = tensor.file.segments(of: range)
        let content: OutputTensor.Content
        if range.count < FileIngest.sharedBlobLimit {
            var bytes = [UInt8](repeating: 0, count: range.count)
            try StoredFileReader(store: registry.store).read(
                range.count, at: range.lowerBound, of: tensor.file, into: &bytes)
            content = .scratch(try scratch.append(bytes), tensor.digest)
        } else if segments.contains(where: { $0.reference != nil }) {
            content = try copy(segments)
        } else {
            content = .stored(segments, tensor.digest)
        }
        guard let dtype = tensor.description.dtype else {
            throw FormatError(
                .unsupported, "its \(tensor.description.type) blocks have no place in safetensors",
                tensor: tensor.description.name, remedy: "Export it with --format safetensors, and convert that")
        }
        return OutputTensor(
            name: tensor.description.name, dtype: dtype,
            shape: tensor.description.shape.dimensions, content: content, part: .dense, statistics: tensor.statistics)
    }

    private func copy(_ segments: [StoredFile.Segment]) throws -> OutputTensor.Content {
        let file = try job.area.makeFile()
        try StoredFileReader(store: registry.store).forEachPiece(of: segments) { try file.append($0) }
        return try staged(file)
    }

    /// Large bytes become a blob of their own, small ones wait in the scratch file for their neighbors.
    private func keep(_ bytes: [UInt8]) throws -> OutputTensor.Content {
        guard bytes.count >= FileIngest.sharedBlobLimit else {
            return .scratch(try scratch.append(bytes), Digest(of: bytes))
        }
        let file = try job.area.makeFile()
        try file.append(bytes.span)
        return try staged(file)
    }

    private func staged(_ file: NewFile) throws -> OutputTensor.Content {
        try file.seal(mode: 0o444)
        return .staged(path: file.path, byteCount: file.byteCount)
    }

    /// Logical tensors in their order, a new shard begun where the next would not fit.
    private static func shards(of groups: [[OutputTensor]]) -> [[OutputTensor]] {
        var shards: [[OutputTensor]] = [[]]
        var byteCount = 0
        for group in groups {
            let next = group.reduce(0) { $0 + $1.byteCount }
            if byteCount > 0, byteCount + next > shardByteCount {
                shards.append([])
                byteCount = 0
            }
            shards[shards.count - 1] += group
            byteCount += next
        }
        return shards
    }
}
