import Architectures
import Blobs
import Bytes
import Formats
import Numbers
import Tensors
import Transforms

extension ConversionPlan {
    /// What would be written, to the byte.
    ///
    /// The state of a matrix with nested scales tells their mean in decimal digits, so that its length is known only
    /// when the matrix was read: such weights are encoded here, and forgotten.
    func forecast(_ request: ConvertRequest, name: String, registry: ModelRegistry) throws -> ConversionForecast {
        let exact = try tensors.map { try exactParts(of: $0) }
        var files = try weights.map { file in
            let byName = Dictionary(exact.joined().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
            let outputs = file.names.compactMap { byName[$0] }
            return ConversionForecast.File(path: file.path, bytes: try file.layout(of: outputs).byteCount)
        }
        files += companions.map { .init(path: $0.path, bytes: $0.byteCount) }
        if weights.count > 1, format == Safetensors.name {
            files.append(.init(path: "model" + SafetensorsIndex.suffix, bytes: try indexByteCount(exact)))
        }
        let sizes = counted(exact)
        return ConversionForecast(
            name: name, scheme: scheme, recipeDigest: recipeDigest.hex, format: format,
            tensors: zip(tensors, exact).map { tensor, parts in
                .init(
                    name: tensor.name, scheme: tensor.quantization?.scheme.id ?? tensor.type.name.lowercased(),
                    shape: tensor.quantization?.form.shape.dimensions ?? tensor.mapping.shape,
                    bytes: parts.reduce(0) { $0 + $1.plannedByteCount }, sourceBytes: tensor.sourceByteCount)
            },
            files: files.sorted(byBytesOf: \.path), bytes: files.reduce(0) { $0 + $1.bytes }, newBytes: newByteCount,
            freeBytes: Folder.freeByteCount(at: registry.home),
            peakMemoryBytes: peakMemoryByteCount(threadCount: ModelRegistry.threads(request.threadCount)),
            parameterCount: sizes.parameters,
            bitsPerWeight: sizes.parameters == 0 ? 0 : Double(sizes.bytes) * 8 / Double(sizes.parameters),
            replacements: replacements.map(ConvertReport.Replacement.init),
            kept: kept.map { .init(tensor: $0.name, reason: $0.reason) }, notes: notes)
    }

    /// A tensor's parts with the shapes that they will really have.
    private func exactParts(of tensor: PlannedTensor) throws -> [OutputTensor] {
        let planned = tensor.parts.map { OutputTensor($0, content: .stored([], Digest(of: ""))) }
        guard let quantization = tensor.quantization, let encoder = quantization.encoder as? FourBitEncoder,
            encoder.scheme.isNested
        else { return planned }
        let encoded = try encoder.encode(
            DenseMatrix(dtype: quantization.form.dtype, shape: quantization.form.shape),
            bytes: try source.bytes(of: tensor), importance: try quantization.importance?(), measurement: .later)
        return zip(planned, encoded.parts).map { output, part in
            var output = output
            output.shape = part.shape
            return output
        }
    }

    private func indexByteCount(_ exact: [[OutputTensor]]) throws -> Int {
        let byName = Dictionary(exact.joined().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let shards = try weights.map { file in
            (path: file.path, tensors: try file.layout(of: file.names.compactMap { byName[$0] }).tensors)
        }
        return SafetensorsIndex.text(of: shards).utf8.count
    }

    /// Learned numbers and their bytes, as the catalog counts them: without buffers of integers, and without a head that
    /// repeats the embedding.
    private func counted(_ exact: [[OutputTensor]]) -> (parameters: Int, bytes: Int) {
        let ties = source.artifact.tiesWordEmbeddings
        var parameters = 0, bytes = 0
        for (tensor, parts) in zip(tensors, exact) {
            guard tensor.quantization != nil || tensor.type.isLearned else { continue }
            if ties, tensor.quantization == nil, TensorStorage.isOutputHead(tensor.name), repeatsAnother(tensor) {
                continue
            }
            parameters += tensor.mapping.shape.reduce(1, *)
            bytes += parts.reduce(0) { $0 + $1.plannedByteCount }
        }
        return (parameters, bytes)
    }

    private func repeatsAnother(_ head: PlannedTensor) -> Bool {
        guard let own = head.sources.first.flatMap({ source.stored($0.name) }) else { return false }
        return tensors.contains { other in
            guard other.name != head.name, let stored = other.sources.first.flatMap({ source.stored($0.name) }) else {
                return false
            }
            return stored.digest == own.digest && stored.description.shape == own.description.shape
        }
    }

    /// Bytes that the store will gain at most.
    var newByteCount: Int {
        let made = companions.reduce(0) { sum, file in
            if case .made(let bytes) = file.content { sum + bytes.count } else { sum }
        }
        return tensors.reduce(made) { sum, tensor in
            let isStored = tensor.isCopy && tensor.sourceByteCount >= FileIngest.sharedBlobLimit
            return isStored ? sum : sum + tensor.parts.reduce(0) { $0 + $1.byteCount }
        } + weights.count << 20
    }

    /// An upper bound of the memory that the act takes: the process itself, and for each thread its greatest tensor's
    /// chunks and what must be held of it.
    func peakMemoryByteCount(threadCount: Int) -> Int {
        let working = tensors.map { tensor -> Int in
            let elements = tensor.mapping.shape.reduce(1, *)
            let row = tensor.mapping.shape.last ?? 1
            var held = max(MatrixChunks.elementCount, row * 32) * 24
            if tensor.mapping.isTransposed { held += 2 * tensor.sourceByteCount }
            switch tensor.quantization?.scheme {
            case .fourBit?: held += elements / 2 + elements / 8
            case .gptq?, .awq?: held += 3 * elements / 2
            case .compressedTensors?: held += elements / 8
            default: break
            }
            return held
        }
        let greatest = working.sorted(by: >).prefix(threadCount).reduce(0, +)
        return 32 << 20 + greatest + 4096 * tensors.count
    }

    /// Refuses before the work what would fail in its midst.
    func checkRoom(_ request: ConvertRequest, registry: ModelRegistry) throws {
        let needed = newByteCount
        if let free = Folder.freeByteCount(at: registry.home), free < needed {
            throw RegistryError(
                "the variant needs \(needed) bytes, and the store's file system has \(free) free",
                remedy: "Free some space there, or use a home elsewhere with --home")
        }
        guard let allowed = request.maxMemoryBytes else { return }
        let memory = peakMemoryByteCount(threadCount: ModelRegistry.threads(request.threadCount))
        guard memory <= allowed else {
            throw RegistryError(
                "the conversion may take \(memory) bytes of memory, and \(allowed) are allowed",
                remedy: "Allow more with --max-memory, or use fewer threads with --threads")
        }
    }
}

extension PlannedPart {
    /// The part's bytes.
    var byteCount: Int { type.byteCount(elements: shape.reduce(1, *)) ?? 0 }
}

extension OutputTensor {
    /// The bytes that its shape takes.
    fileprivate var plannedByteCount: Int { type.byteCount(elements: shape.reduce(1, *)) ?? 0 }
}

extension ElementType {
    /// Whether numbers of the type are learned ones: integers are buffers.
    fileprivate var isLearned: Bool { dtype?.isFloatingPoint ?? true }
}

extension ConvertReport.Replacement {
    init(_ replacement: RecipeSelection.Replacement) {
        self.init(tensor: replacement.tensor, wanted: replacement.wanted, stored: replacement.stored)
    }
}
