import Blobs
import Bytes
import Catalog
import Numbers

extension ModelRegistry {
    /// Writes an artifact's files to a folder: byte for byte, or with quantized tensors turned back into numbers.
    ///
    /// Every byte is checked against its digest on the way. The destination gets all files or stays as it was.
    /// - Throws: `RegistryError` when something is in the way or the store's bytes are damaged, `FileError`.
    public func export(_ request: ExportRequest, progress: ProgressHandler? = nil) async throws -> ExportReport {
        let start = ContinuousClock.now
        let artifact = try StoredArtifact(registry: self, name: request.name)
        if let dtype = request.dequantized {
            return try DenseExport(
                registry: self, artifact: artifact, request: request, dtype: try Self.denseDtype(dtype)
            )
            .run(start: start, progress: progress)
        }
        let files = artifact.files
        let byteCount = files.reduce(0) { $0 + $1.byteCount }
        let target = try ExportTarget(request, files: files.map(\.path))
        let meter = ProgressMeter("export \(request.name)", total: byteCount, handler: progress)
        return try target.filling(byteCount: request.method == .link ? 0 : byteCount, files: files.map(\.path)) {
            let reader = StoredFileReader(store: store)
            var notes: [String] = []
            var written: [ExportReport.File] = []
            for file in files {
                let place = try target.place(of: file.path)
                let isLinked = try request.method == .link && link(file, to: place, notes: &notes)
                if isLinked {
                    meter.add(file.byteCount)
                } else {
                    try copy(file, to: place, reader: reader, meter: meter)
                }
                written.append(
                    .init(
                        path: file.path, bytes: file.byteCount, digest: file.digest.hex,
                        method: isLinked ? "linked" : "copied"))
            }
            return ExportReport(
                name: request.name, digest: artifact.record.digest.hex, destination: request.destination,
                files: written, bytes: byteCount, notes: notes, seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }

    private static func denseDtype(_ text: String) throws -> DType {
        guard let dtype = DType(rawValue: text.uppercased()), [.F32, .BF16, .F16].contains(dtype) else {
            throw RegistryError("'\(text)' is no dtype to dequantize to", remedy: "Choose f32, bf16 or f16")
        }
        return dtype
    }

    /// Links a file that is one raw blob.
    /// - Returns: whether that was possible.
    private func link(_ file: StoredFile, to place: String, notes: inout [String]) throws -> Bool {
        guard let blob = file.wholeBlob else {
            if file.segments.count > 1 {
                notes.append("\(file.path) is copied: the store holds it in \(file.segments.count) pieces")
            }
            return false
        }
        do {
            try Folder.link(store.path(of: blob), to: place)
            return true
        } catch {
            notes.append("\(file.path) is copied: \(error)")
            return false
        }
    }

    private func copy(_ file: StoredFile, to place: String, reader: StoredFileReader, meter: ProgressMeter) throws {
        let output = try NewFile(place)
        var digest = DigestStream()
        try reader.forEachPiece(of: 0..<file.byteCount, in: file) { piece in
            digest.update(piece)
            try output.append(piece)
            meter.add(piece.count)
        }
        try output.seal()
        let found = digest.finish()
        guard found == file.digest else {
            throw RegistryError(
                "\(file.path) is damaged in the store: its digest is \(found.hex.prefix(12)), not \(file.digest.hex.prefix(12))",
                remedy: "'ingot verify' tells which tensors; register the model again to mend it")
        }
    }
}
