import Blobs
import Bytes
import Catalog
import Formats
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
        try await bringBack(named: request.name, progress: progress)
        if request.isAnotherLayout {
            return try otherLayout(request, start: start, progress: progress)
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
                name: request.name, digest: record.digest.hex, destination: request.destination,
                format: record.format, files: target.named(written), bytes: byteCount, changes: [], notes: notes,
                seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }

    /// Writes other files than the artifact's own.
    private func otherLayout(
        _ request: ExportRequest, start: ContinuousClock.Instant, progress: ProgressHandler?
    ) throws -> ExportReport {
        let artifact = try StoredArtifact(registry: self, name: request.name)
        let format = try request.format ?? Self.ownFormat(of: artifact)
        guard request.method == .copy else {
            throw RegistryError("files in another layout cannot be links", remedy: "Leave --link out")
        }
        let source = try ExportSource(
            registry: self, artifact: artifact, name: try Self.modelName(of: request.name))
        guard request.dequantized == nil || source.tensors.contains(where: \.isQuantized) else {
            throw RegistryError(
                "\(request.name) holds no quantized tensor (its scheme is \(artifact.record.scheme))",
                remedy: "Export it without --dequantize")
        }
        let options = try ExportOptions(request, format: format)
        var report = try FormatExport(registry: self, source: source, options: options, request: request)
            .run(start: start, progress: progress)
        // The files are there, so a catalog that cannot be written is no failure.
        do {
            let database = try CatalogDatabase(
                path: catalog.path, access: .readWrite, waiting: catalog.waiting)
            try database.add(try ExportDraft(report, options: options.json))
        } catch {
            report.notes.append("the export is not noted in the catalog: \(error)")
        }
        return report
    }

    /// The format to write when only a dtype was asked for.
    private static func ownFormat(of artifact: StoredArtifact) throws -> ExportFormat {
        guard let format = ExportFormat(rawValue: artifact.record.format) else {
            let known = ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw RegistryError(
                "\(artifact.record.format) is not written", remedy: "Choose a format with --format: \(known)")
        }
        return format
    }

    /// The model's part of a name; nil for a digest.
    private static func modelName(of text: String) throws -> String? {
        guard case .tag(let tag) = try ArtifactName(parsing: text) else { return nil }
        return tag.model
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
        case _ where file.wholeBlob.map({ !Folder.exists(store.path(of: $0)) }) == true: "the store holds it compressed"
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
