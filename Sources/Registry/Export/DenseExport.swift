import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// An export in which each 4-bit matrix is written as dense numbers; every other tensor stays as it is.
struct DenseExport {
    let registry: ModelRegistry
    let artifact: StoredArtifact
    let request: ExportRequest
    let dtype: DType

    /// A tensor to write: as it is stored, or decoded.
    private struct Output {
        var source: StoredTensor
        var dtype: DType
        var shape: [Int]
        /// Whether the matrix is written as [in, out], as GPT-2's layers are.
        var isTransposed = false
        var isDecoded = false
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
                .map { "\($0.path) is not written: it holds nothing but scales" }
            return ExportReport(
                name: request.name, digest: artifact.record.digest.hex, destination: request.destination, files: files,
                bytes: byteCount, notes: notes, seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }

    /// The files to write; shards that hold nothing but parts of matrices are not among them.
    private func contents() throws -> [(file: StoredFile, content: Content)] {
        let config = try config()
        let outputs = Dictionary(grouping: outputs(config)) { $0.source.file.path }
        let layouts = try outputs.mapValues { outputs in
            try SafetensorsLayout(
                tensors: outputs.map { (name: $0.source.description.name, dtype: $0.dtype, shape: $0.shape) },
                metadata: [(key: "format", value: "pt")])
        }
        let emptied = Set(artifact.tensors.map(\.file.path)).subtracting(outputs.keys)
        return artifact.files.filter { !emptied.contains($0.path) }.map { file in
            if let layout = layouts[file.path], let outputs = outputs[file.path] {
                (file, .weights(layout, outputs))
            } else if file.role == "index" {
                (file, .text(Self.index(in: file.path, layouts)))
            } else if file.path == "config.json", let config {
                (file, .text(BitsAndBytesConfig.textWithout(config)))
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

    /// The tensors to write. A matrix of GPT-2's transposed layers that is none, having other than two dimensions, is
    /// written as it is.
    private func outputs(_ config: JSONValue?) -> [Output] {
        let family = config.flatMap { ModelFamily.of(config: $0) }
        return artifact.tensors.compactMap { tensor in
            switch tensor.place {
            case .part: nil
            case .whole:
                Output(
                    source: tensor, dtype: tensor.description.dtype ?? .F32, shape: tensor.description.shape.dimensions)
            case .principal(_, let shape):
                if family?.role(of: tensor.description.name) == .conv1D, shape.dimensions.count == 2 {
                    Output(
                        source: tensor, dtype: dtype, shape: shape.dimensions.reversed(), isTransposed: true,
                        isDecoded: true)
                } else {
                    Output(source: tensor, dtype: dtype, shape: shape.dimensions, isDecoded: true)
                }
            }
        }
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
        let byName = Dictionary(uniqueKeysWithValues: outputs.map { ($0.source.description.name, $0) })
        let reader = StoredFileReader(store: registry.store)
        try file.append(layout.headerBytes.span)
        for description in layout.tensors {
            guard let output = byName[description.name] else { continue }
            if output.isDecoded {
                try decode(output, reader: reader, to: file)
            } else {
                try reader.forEachCheckedPiece(of: output.source) { try file.append($0) }
            }
        }
    }

    private func decode(_ output: Output, reader: StoredFileReader, to file: ExportedFile) throws {
        let decoder = try decoder(of: output, reader: reader)
        var whole: [UInt8] = []
        if output.isTransposed { whole.reserveCapacity(decoder.elementCount * dtype.bitCount / 8) }
        try forEachChunk(of: output.source, decoder, reader: reader) { numbers in
            if output.isTransposed {
                for index in numbers.indices { whole.append(numbers[index]) }
            } else {
                try file.append(numbers)
            }
        }
        if output.isTransposed {
            let transposed = Transposition.transposed(
                whole.span, rows: output.shape[1], columns: output.shape[0], width: dtype.bitCount / 8)
            try file.append(transposed.span)
        }
    }

    /// The matrix's decoder; all parts but the codes are read and checked here.
    private func decoder(of output: Output, reader: StoredFileReader) throws -> FourBitDecoder {
        let principal = output.source
        func part(_ role: String) throws -> [UInt8]? {
            try artifact.part(role, of: principal).map { try reader.checkedBytes(of: $0) }
        }
        guard let state = try part("quant_state") else {
            throw FormatError(
                .corrupt, "the part 'quant_state' is missing", tensor: principal.description.name,
                remedy: "Fetch the file again")
        }
        let decoder = try FourBitDecoder(
            try BitsAndBytesQuantState(parsing: state), kernels: registry.kernels, read: part)
        let codeByteCount = principal.description.byteRange.count
        guard decoder.elementCount == output.shape.reduce(1, *), codeByteCount == (decoder.elementCount + 1) / 2 else {
            throw FormatError(
                .corrupt, "\(codeByteCount) bytes of codes and a state of shape \(decoder.state.shape) do not fit",
                tensor: principal.description.name, remedy: "Fetch the file again")
        }
        return decoder
    }

    /// Hands out the matrix's numbers in order.
    /// - Throws: `RegistryError` at the end when the codes' digest is not the recorded one.
    private func forEachChunk(
        of principal: StoredTensor, _ decoder: FourBitDecoder, reader: StoredFileReader,
        _ body: (Span<UInt8>) throws -> Void
    ) throws {
        let width = dtype.bitCount / 8
        var numbers = [UInt8](repeating: 0, count: FourBitDecoder.chunkElementCount * width)
        var codes = [UInt8](repeating: 0, count: FourBitDecoder.chunkElementCount / 2)
        var digest = DigestStream()
        for start in stride(from: 0, to: decoder.elementCount, by: FourBitDecoder.chunkElementCount) {
            try Task.checkCancellation()
            let count = min(FourBitDecoder.chunkElementCount, decoder.elementCount - start)
            let byteCount = (count + 1) / 2
            let offset = principal.description.byteRange.lowerBound + start / 2
            try reader.read(byteCount, at: offset, of: principal.file, into: &codes)
            digest.update(codes.span.extracting(0..<byteCount))
            var all = numbers.mutableSpan
            var span = all._mutatingExtracting(0..<count * width)
            decoder.decode(codes.span.extracting(0..<byteCount), from: start, count: count, as: dtype, into: &span)
            try body(numbers.span.extracting(0..<count * width))
        }
        try digest.finish().check(principal.digest, of: principal.subject)
    }
}
