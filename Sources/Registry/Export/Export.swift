import Blobs
import Bytes
import Catalog
import Numbers

extension ModelRegistry {
    /// Writes an artifact's files to a folder: byte for byte, or with quantized tensors turned back into numbers.
    ///
    /// Every byte that is read is checked against its digest, also of files that are linked. The destination gets all
    /// files or stays as it was, but for a crash while files in an older folder are replaced: then some are new, and
    /// none is half written.
    /// - Throws: `RegistryError` when something is in the way or the store's bytes are damaged, `FileError`.
    public func export(_ request: ExportRequest, progress: ProgressHandler? = nil) async throws -> ExportReport {
        let start = ContinuousClock.now
        if let dtype = request.dequantized {
            return try DenseExport(
                registry: self, artifact: try StoredArtifact(registry: self, name: request.name), request: request,
                dtype: try Self.denseDtype(dtype)
            )
            .run(start: start, progress: progress)
        }
        let record = try artifact(named: request.name)
        let files = try files(of: record.digest)
        let target = try ExportTarget(request, files: files.map(\.path), references: try protectedFiles(from: request))
        let byteCount = files.reduce(0) { $0 + $1.byteCount }
        let meter = ProgressMeter("export \(request.name)", total: byteCount, handler: progress)
        return try target.filling {
            files.filter { request.method == .copy || !isLinkable($0, to: target) }.reduce(0) { $0 + $1.byteCount }
        } with: {
            let reader = StoredFileReader(store: store)
            var notes: [String] = []
            let written = try files.map { file in
                if request.method == .link, try link(file, in: target, reader: reader, notes: &notes) {
                    meter.add(file.byteCount)
                    return ExportReport.File(
                        path: file.path, bytes: file.byteCount, digest: file.digest.hex, method: "linked")
                }
                let output = try ExportedFile(file.path, in: target, meter: meter)
                try reader.forEachPiece(of: 0..<file.byteCount, in: file) { try output.append($0) }
                return try output.finish("copied", expecting: file.digest)
            }
            return ExportReport(
                name: request.name, digest: record.digest.hex, destination: request.destination, files: written,
                bytes: byteCount, notes: notes, seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }

    private static func denseDtype(_ text: String) throws -> DType {
        guard let dtype = DType(rawValue: text.uppercased()), [.F32, .BF16, .F16].contains(dtype) else {
            throw RegistryError("'\(text)' is no dtype to dequantize to", remedy: "Choose f32, bf16 or f16")
        }
        return dtype
    }

    /// Whether the file is one raw blob on the target's file system.
    private func isLinkable(_ file: StoredFile, to target: ExportTarget) -> Bool {
        guard let blob = file.wholeBlob, let identity = FileIdentity(path: store.path(of: blob)) else { return false }
        return identity.device == FileIdentity(path: target.staging)?.device
    }

    /// Links a file that is one raw blob, after its bytes were checked.
    /// - Returns: whether that was possible.
    private func link(
        _ file: StoredFile, in target: ExportTarget, reader: StoredFileReader, notes: inout [String]
    ) throws -> Bool {
        guard let blob = file.wholeBlob, isLinkable(file, to: target) else {
            notes.append("\(file.path) is copied: \(unlinkableReason(file))")
            return false
        }
        try reader.check(file)
        do {
            try Folder.link(store.path(of: blob), to: try target.place(of: file.path))
            return true
        } catch {
            notes.append("\(file.path) is copied: \(error)")
            return false
        }
    }

    private func unlinkableReason(_ file: StoredFile) -> String {
        switch file.segments.count {
        case _ where file.wholeBlob != nil: "the store is on another file system"
        case 2...: "the store holds it in \(file.segments.count) pieces"
        default: "it is no file of its own in the store"
        }
    }

    /// The files outside the store that the catalog counts on; none for an export that replaces nothing.
    func protectedFiles(from request: ExportRequest) throws -> [BlobReference] {
        guard request.existing == .replace else { return [] }
        return try catalog.blobs().flatMap { blob in
            guard case .references(let places) = blob.storage else { return [BlobReference]() }
            return places
        }
    }
}
