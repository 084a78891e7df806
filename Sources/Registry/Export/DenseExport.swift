import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// An export in which each quantized tensor is written as dense numbers; every other tensor stays as it is.
struct DenseExport {
    let registry: ModelRegistry
    let artifact: StoredArtifact
    let request: ExportRequest
    let dtype: DType

    /// A tensor to write: as it is stored, or decoded.
    private struct Output {
        var name: String
        var source: StoredTensor
        var dtype: DType
        var shape: [Int]
        /// Whether matrices are written as [in, out], as GPT-2's layers and gpt-oss' experts are.
        var isTransposed = false
        /// What the source belongs to; nil for a tensor that stays as it is.
        var quantized: LogicalTensor?
    }

    /// What a file of the artifact becomes.
    private enum Content {
        case weights(SafetensorsLayout, [Output])
        /// New text: the configuration without its scheme, the index of the new weights.
        case text(String)
        case copy
    }

    func run(start: ContinuousClock.Instant, progress: ProgressHandler?) throws -> ExportReport {
        guard artifact.isQuantized else {
            throw RegistryError(
                "\(request.name) holds no quantized tensor (its scheme is \(artifact.record.scheme))",
                remedy: "Export it without --dequantize")
        }
        let contents = try contents()
        let byteCount = contents.reduce(0) { $0 + Self.byteCount(of: $1.file, as: $1.content) }
        let target = try ExportTarget(
            request, files: contents.map(\.file.path), references: try registry.protectedFiles(from: request))
        let meter = ProgressMeter("export \(request.name)", total: byteCount, handler: progress)
        return try target.filling {
            byteCount
        } with: {
            let files = try contents.map { file, content in
                try write(file, as: content, to: try ExportedFile(file.path, in: target, meter: meter))
            }
            let kept = Set(contents.map(\.file.path))
            let notes = artifact.files.filter { !kept.contains($0.path) }
                .map { "\($0.path) is not written: it \(isSidecar($0) ? "tells" : "holds") nothing but scales" }
            return ExportReport(
                name: request.name, digest: artifact.record.digest.hex, destination: request.destination, files: files,
                bytes: byteCount, notes: notes, seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }

    /// The files to write; shards that hold nothing but parts of matrices are not among them.
    private func contents() throws -> [(file: StoredFile, content: Content)] {
        let config = try config()
        let outputs = Dictionary(grouping: try outputs(config)) { $0.source.file.path }
        let layouts = try outputs.mapValues { outputs in
            try SafetensorsLayout(
                tensors: outputs.map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) },
                metadata: [(key: "format", value: "pt")])
        }
        let emptied = Set(artifact.tensors.map(\.file.path)).subtracting(outputs.keys)
        return artifact.files.filter { !emptied.contains($0.path) && !isSidecar($0) }.map { file in
            if let layout = layouts[file.path], let outputs = outputs[file.path] {
                (file, .weights(layout, outputs))
            } else if file.role == "index" {
                (file, .text(Self.index(in: file.path, layouts)))
            } else if file.path == "config.json", let config {
                (file, .text(QuantizationConfig.textWithout(config)))
            } else {
                (file, .copy)
            }
        }
    }

    private func config() throws -> JSONValue? {
        guard let file = artifact.files.first(where: { $0.path == "config.json" }) else { return nil }
        let bytes = try StoredFileReader(store: registry.store).checkedBytes(of: file)
        do {
            return try JSONValue(parsing: bytes)
        } catch { throw error.within(file: file.path) }
    }

    /// The index of the shards that lie beside it.
    private static func index(in path: String, _ layouts: [String: SafetensorsLayout]) -> String {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        let shards = layouts.filter { $0.key.hasPrefix(folder) && !$0.key.dropFirst(folder.count).contains("/") }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return SafetensorsIndex.text(
            of: shards.map { (path: String($0.key.dropFirst(folder.count)), tensors: $0.value.tensors) })
    }

    private static func byteCount(of file: StoredFile, as content: Content) -> Int {
        switch content {
        case .weights(let layout, _): layout.byteCount
        case .text(let text): text.utf8.count
        case .copy: file.byteCount
        }
    }

    /// Whether a file tells how tensors are quantized, and nothing else.
    private func isSidecar(_ file: StoredFile) -> Bool { QuantizationConfig.sidecarNames.contains(file.path) }

    /// The tensors to write. A matrix of GPT-2's transposed layers that is none, having other than two dimensions, is
    /// written as it is.
    private func outputs(_ config: JSONValue?) throws -> [Output] {
        let family = config.flatMap { ModelFamily.of(config: $0) }
        let quantized = try quantized(config)
        return artifact.tensors.compactMap { tensor in
            switch tensor.place {
            case .part: return nil
            case .whole:
                return Output(
                    name: tensor.description.name, source: tensor, dtype: tensor.description.dtype ?? .F32,
                    shape: tensor.description.shape.dimensions)
            case .principal:
                guard let logical = quantized[StoredPlace(tensor)] else { return nil }
                var shape = logical.shape.dimensions
                let isConv1D = family?.role(of: logical.name) == .conv1D && shape.count == 2
                let isTransposed = isConv1D || logical.encoding == .gptOSS
                if isTransposed { shape.swapAt(shape.count - 2, shape.count - 1) }
                return Output(
                    name: logical.name, source: tensor, dtype: dtype, shape: shape, isTransposed: isTransposed,
                    quantized: logical)
            }
        }
    }

    /// Where a tensor is: names may be there once in each folder.
    private struct StoredPlace: Hashable {
        var file: String
        var tensor: String

        init(_ tensor: StoredTensor) { self.init(file: tensor.file.path, tensor: tensor.description.name) }

        init(file: String, tensor: String) {
            self.file = file
            self.tensor = tensor
        }
    }

    /// The quantized tensors by the place of their codes; `Part.file` counts in the artifact's files.
    private func quantized(_ config: JSONValue?) throws -> [StoredPlace: LogicalTensor] {
        let files = artifact.files
        let numbers = Dictionary(uniqueKeysWithValues: files.enumerated().map { ($1.path, $0) })
        func folder(_ path: String) -> Substring { path.lastIndex(of: "/").map { path[..<$0] } ?? "" }
        let sidecar = try files.first(where: isSidecar).map { try registry.document($0) }
        var found: [StoredPlace: LogicalTensor] = [:]
        for (folder, tensors) in Dictionary(grouping: artifact.tensors, by: { folder($0.file.path) }) {
            let filed = tensors.map { FiledTensor(file: numbers[$0.file.path] ?? 0, tensor: $0.description) }
            let reader = StoredFileReader(store: registry.store)
            let byPlace = Dictionary(uniqueKeysWithValues: zip(filed, tensors))
            let logical = try LogicalTensor.group(
                filed, config: folder.isEmpty ? config : nil, sidecar: folder.isEmpty ? sidecar : nil
            ) { part in
                let source = StoredFileSource(file: files[part.file], reader: reader)
                let content = try TensorReader(source).content(of: part.tensor)
                if let stored = byPlace[part] { try Digest(of: content).check(stored.digest, of: stored.subject) }
                return content
            }
            for tensor in logical.tensors {
                guard tensor.scheme != nil, let codes = tensor.parts.first else { continue }
                found[StoredPlace(file: files[codes.file].path, tensor: codes.tensor.name)] = tensor
            }
        }
        return found
    }

    private func write(
        _ file: StoredFile, as content: Content, to output: ExportedFile
    ) throws -> ExportReport.File {
        switch content {
        case .weights(let layout, let outputs):
            try write(outputs, layout, to: output)
            return try output.finish("dequantized")
        case .text(let text):
            try output.append(Array(text.utf8).span)
            return try output.finish("dequantized")
        case .copy:
            try StoredFileReader(store: registry.store).forEachPiece(of: 0..<file.byteCount, in: file) {
                try output.append($0)
            }
            return try output.finish("copied", expecting: file.digest)
        }
    }

    private func write(_ outputs: [Output], _ layout: SafetensorsLayout, to file: ExportedFile) throws {
        let byName = Dictionary(uniqueKeysWithValues: outputs.map { ($0.name, $0) })
        let reader = StoredFileReader(store: registry.store)
        try file.append(layout.headerBytes.span)
        for description in layout.tensors {
            guard let output = byName[description.name] else { continue }
            if let quantized = output.quantized {
                try decode(output, quantized, reader: reader, to: file)
            } else {
                try reader.forEachCheckedPiece(of: output.source) { try file.append($0) }
            }
        }
    }

    /// Writes a quantized tensor's numbers in order.
    /// - Throws: `RegistryError` at the end when the digest of a part is not the recorded one.
    private func decode(
        _ output: Output, _ quantized: LogicalTensor, reader: StoredFileReader, to file: ExportedFile
    ) throws {
        let parts = CheckedParts(quantized, of: artifact, reader: reader)
        do {
            let decoder = try Dequantizers.make(for: quantized, parts: parts, kernels: registry.kernels)
            try write(decoder, isTransposed: output.isTransposed, to: file)
        } catch let error as FormatError {
            // Damage in the store is the likelier reason for parts that contradict each other.
            try parts.finish()
            throw error
        }
        try parts.finish()
    }

    /// - Parameter isTransposed: whether matrices are written as [in, out].
    private func write(_ decoder: any Dequantizer, isTransposed: Bool, to file: ExportedFile) throws {
        let width = dtype.bitCount / 8, rowByteCount = decoder.columnCount * width
        // A transposed matrix is put together before it is written, matrix by matrix.
        let matrixRows = max(1, decoder.shape.dimensions.dropLast().last ?? 1)
        let step = isTransposed ? matrixRows : decoder.rowsPerChunk
        for start in stride(from: 0, to: decoder.rowCount, by: step) {
            try Task.checkCancellation()
            let rows = start..<min(start + step, decoder.rowCount)
            var numbers = [UInt8](repeating: 0, count: rows.count * rowByteCount)
            var span = numbers.mutableSpan
            try decoder.decode(rows: rows, as: dtype, into: &span)
            if isTransposed {
                numbers = Transposition.transposed(
                    numbers.span, rows: rows.count, columns: decoder.columnCount, width: width)
            }
            try file.append(numbers.span)
        }
    }
}
