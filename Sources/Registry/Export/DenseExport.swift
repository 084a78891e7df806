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

    func run(start: ContinuousClock.Instant, progress: ProgressHandler?) throws -> ExportReport {
        guard artifact.isQuantized else {
            throw RegistryError(
                "\(request.name) holds no quantized tensor (its scheme is \(artifact.record.scheme))",
                remedy: "Export it without --dequantize")
        }
        let outputs = try outputs()
        let byFile = Dictionary(grouping: outputs) { $0.source.file.path }
        let layouts = try byFile.mapValues { outputs in
            try SafetensorsLayout(
                tensors: outputs.map { (name: $0.source.description.name, dtype: $0.dtype, shape: $0.shape) },
                metadata: [(key: "format", value: "pt")])
        }
        let paths = artifact.files.map(\.path)
        let byteCount = artifact.files.reduce(0) { $0 + (layouts[$1.path]?.byteCount ?? $1.byteCount) }
        let target = try ExportTarget(request, files: paths)
        let meter = ProgressMeter("export \(request.name)", total: byteCount, handler: progress)
        return try target.filling(byteCount: byteCount, files: paths) {
            let files = try artifact.files.map { file in
                let output = DigestingFile(try NewFile(try target.place(of: file.path)), meter: meter)
                if let layout = layouts[file.path], let outputs = byFile[file.path] {
                    try write(outputs, layout, to: output)
                } else {
                    try copy(file, to: output)
                }
                return try output.finish(path: file.path, method: layouts[file.path] == nil ? "copied" : "dequantized")
            }
            return ExportReport(
                name: request.name, digest: artifact.record.digest.hex, destination: request.destination, files: files,
                bytes: byteCount, notes: [], seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }

    private func outputs() throws -> [Output] {
        let family = artifact.config.flatMap { ModelFamily.of(config: $0) }
        return artifact.tensors.compactMap { tensor in
            switch tensor.place {
            case .part: nil
            case .whole:
                Output(
                    source: tensor, dtype: tensor.description.dtype, shape: tensor.description.shape.dimensions)
            case .principal(_, let shape):
                if family?.role(of: tensor.description.name) == .conv1D {
                    Output(
                        source: tensor, dtype: dtype, shape: shape.dimensions.reversed(), isTransposed: true,
                        isDecoded: true)
                } else {
                    Output(source: tensor, dtype: dtype, shape: shape.dimensions, isDecoded: true)
                }
            }
        }
    }

    /// The configuration loses the scheme; everything else is copied.
    private func copy(_ file: StoredFile, to output: DigestingFile) throws {
        if file.path == "config.json", let config = artifact.config {
            return try output.append(Array(BitsAndBytesConfig.textWithout(config).utf8).span)
        }
        try StoredFileReader(store: registry.store).forEachPiece(of: 0..<file.byteCount, in: file) {
            try output.append($0)
        }
    }

    private func write(_ outputs: [Output], _ layout: SafetensorsLayout, to file: DigestingFile) throws {
        let byName = Dictionary(uniqueKeysWithValues: outputs.map { ($0.source.description.name, $0) })
        try file.append(layout.headerBytes.span)
        for description in layout.tensors {
            guard let output = byName[description.name] else { continue }
            if output.isDecoded {
                try decode(output, to: file)
            } else {
                try StoredFileReader(store: registry.store).forEachPiece(
                    of: output.source.description.byteRange, in: output.source.file
                ) { try file.append($0) }
            }
        }
    }

    private func decode(_ output: Output, to file: DigestingFile) throws {
        let reader = StoredFileReader(store: registry.store)
        let principal = output.source
        func bytes(_ tensor: StoredTensor) throws -> [UInt8] {
            let range = tensor.description.byteRange
            var buffer = [UInt8](repeating: 0, count: range.count)
            try reader.read(range.count, at: range.lowerBound, of: tensor.file, into: &buffer)
            return buffer
        }
        func part(_ role: String) throws -> [UInt8]? { try artifact.part(role, of: principal).map(bytes) }
        guard let state = try part("quant_state") else {
            throw FormatError(
                .corrupt, "the part 'quant_state' is missing", tensor: principal.description.name,
                remedy: "Fetch the file again")
        }
        let decoder = try FourBitDecoder(
            try BitsAndBytesQuantState(parsing: state), kernels: registry.kernels, read: part)
        let width = dtype.bitCount / 8
        var whole: [UInt8] = []
        var numbers = [UInt8](repeating: 0, count: FourBitDecoder.chunkElementCount * width)
        var codes = [UInt8](repeating: 0, count: FourBitDecoder.chunkElementCount / 2)
        for start in stride(from: 0, to: decoder.elementCount, by: FourBitDecoder.chunkElementCount) {
            try Task.checkCancellation()
            let count = min(FourBitDecoder.chunkElementCount, decoder.elementCount - start)
            let byteCount = (count + 1) / 2
            let offset = principal.description.byteRange.lowerBound + start / 2
            try reader.read(byteCount, at: offset, of: principal.file, into: &codes)
            var all = numbers.mutableSpan
            var span = all._mutatingExtracting(0..<count * width)
            decoder.decode(codes.span.extracting(0..<byteCount), from: start, count: count, as: dtype, into: &span)
            if output.isTransposed {
                whole += numbers[0..<count * width]
            } else {
                try file.append(numbers.span.extracting(0..<count * width))
            }
        }
        if output.isTransposed {
            let rows = output.shape[1]
            let transposed = Transposition.transposed(whole.span, rows: rows, columns: output.shape[0], width: width)
            try file.append(transposed.span)
        }
    }
}

/// A file being exported, with its digest.
private final class DigestingFile {
    private let file: NewFile
    private let meter: ProgressMeter
    private var digest = DigestStream()

    init(_ file: NewFile, meter: ProgressMeter) {
        self.file = file
        self.meter = meter
    }

    func append(_ bytes: Span<UInt8>) throws {
        digest.update(bytes)
        try file.append(bytes)
        meter.add(bytes.count)
    }

    func finish(path: String, method: String) throws -> ExportReport.File {
        try file.seal()
        return ExportReport.File(path: path, bytes: file.byteCount, digest: digest.finish().hex, method: method)
    }
}
