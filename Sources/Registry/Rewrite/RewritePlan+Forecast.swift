import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

extension RewritePlan {
    /// What would be written, to the byte.
    func forecast(_ manner: RewriteManner, registry: ModelRegistry) throws -> ConversionForecast {
        var files = weights.map { ConversionForecast.File(path: $0.path, bytes: $0.layout.byteCount) }
        files += companions.map { .init(path: $0.path, bytes: $0.byteCount) }
        if weights.count > 1, format == Safetensors.name {
            let index = SafetensorsIndex.text(of: weights.map { (path: $0.path, tensors: $0.layout.tensors) })
            files.append(.init(path: "model" + SafetensorsIndex.suffix, bytes: index.utf8.count))
        }
        let sizes = learned
        return ConversionForecast(
            name: manner.name.description, scheme: scheme, recipeDigest: recipeDigest.hex, format: format,
            tensors: tensors.map { tensor in
                .init(
                    name: tensor.name, scheme: tensor.schemeName, shape: tensor.shape, bytes: tensor.byteCount,
                    sourceBytes: tensor.sourceByteCount)
            },
            files: files.sorted(byBytesOf: \.path), bytes: files.reduce(0) { $0 + $1.bytes }, newBytes: newByteCount,
            freeBytes: Folder.freeByteCount(at: registry.home),
            peakMemoryBytes: peakMemoryByteCount(threadCount: ModelRegistry.threads(manner.threadCount)),
            parameterCount: sizes.parameters,
            bitsPerWeight: sizes.parameters == 0 ? 0 : Double(sizes.bytes) * 8 / Double(sizes.parameters),
            replacements: [], kept: [], notes: notes)
    }

    /// Learned numbers and their bytes, as the catalog counts them, but for heads that repeat the embedding.
    var learned: (parameters: Int, bytes: Int) {
        var parameters = 0, bytes = 0
        for tensor in tensors {
            switch tensor.place {
            case .whole where tensor.type.dtype?.isFloatingPoint == true: parameters += tensor.elementCount
            case .whole: continue
            case .principal(let form): parameters += form.shape.elementCount
            case .part: break
            }
            bytes += tensor.byteCount
        }
        return (parameters, bytes)
    }

    /// Bytes that the store will gain at most.
    var newByteCount: Int {
        let made = companions.reduce(0) { sum, file in
            if case .made(let bytes) = file.content { sum + bytes.count } else { sum }
        }
        return tensors.reduce(made) { $0 + $1.newByteCount } + weights.count << 20
    }

    /// An upper bound of the memory that the act takes: the process itself, and for each thread a few chunks and what
    /// its greatest tensor needs.
    func peakMemoryByteCount(threadCount: Int) -> Int {
        let working = tensors.map { tensor in
            max(Self.chunkElementCount, 2 * (tensor.shape.last ?? 1)) * 24 + tensor.workingByteCount
        }
        return 32 << 20 + working.sorted(by: >).prefix(threadCount).reduce(0, +) + 4096 * tensors.count
    }

    private static let chunkElementCount = 128 << 10

    /// Refuses before the work what would fail in its midst.
    func checkRoom(_ manner: RewriteManner, registry: ModelRegistry) throws {
        let needed = newByteCount
        if let free = Folder.freeByteCount(at: registry.home), free < needed {
            throw RegistryError(
                "the result needs \(needed) bytes, and the store's file system has \(free) free",
                remedy: "Free some space there, or use a home elsewhere with --home")
        }
        guard let allowed = manner.maxMemoryBytes else { return }
        let memory = peakMemoryByteCount(threadCount: ModelRegistry.threads(manner.threadCount))
        guard memory <= allowed else {
            throw RegistryError(
                "the work may take \(memory) bytes of memory, and \(allowed) are allowed",
                remedy: "Allow more with --max-memory, or use fewer threads with --threads")
        }
    }
}

extension RewrittenTensor {
    /// The scheme of a quantized tensor, else the dtype.
    var schemeName: String {
        if case .principal(let form) = place { form.scheme } else { type.name.lowercased() }
    }

    /// What of it the store has not yet.
    fileprivate var newByteCount: Int {
        if case .stored = content, byteCount >= FileIngest.sharedBlobLimit { 0 } else { byteCount }
    }
}
