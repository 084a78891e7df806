import Bytes
import Catalog

/// A backup: one line of JSON that says what it is, then the catalog as one SQLite file.
///
/// `{"ingot_backup":1,"catalog_bytes":N,"catalog_sha256":"…","made_at":"…","tool_version":"…","artifacts":N,"blobs":N}`
/// and a line feed stand before the catalog, so that `tail -n +2 FILE` is a database that every SQLite tool reads.
struct BackupFile {
    /// The first line.
    struct Header {
        var catalogByteCount: Int
        var catalogDigest: Digest
        var madeAt: String
        var toolVersion: String
        var artifactCount: Int
        var blobCount: Int

        func report(
            _ outcome: String, file: String, byteCount: Int, blobFolder: String?, copied: Int, seconds: Double
        ) -> BackupReport {
            BackupReport(
                outcome: outcome, file: file, artifactCount: artifactCount, blobCount: blobCount, bytes: byteCount,
                catalogDigest: catalogDigest.hex, madeAt: madeAt, toolVersion: toolVersion, blobFolder: blobFolder,
                copiedBlobs: copied, missingBlobs: 0, oldCatalog: nil, notes: [], seconds: seconds)
        }
    }

    private static let longestHeader = 4096

    let header: Header
    let byteCount: Int
    private let file: OpenFile
    private let start: Int

    /// Writes a backup, durably and in one step.
    /// - Parameter catalog: the path of a closed SQLite file.
    static func write(_ path: String, catalog: String, counts: StoreCounts) throws -> Header {
        let source = try OpenFile(catalog)
        var digest = DigestStream()
        var reader = SequentialReader(source)
        try reader.take(source.byteCount) { digest.update($0) }
        let header = Header(
            catalogByteCount: source.byteCount, catalogDigest: digest.finish(), madeAt: Timestamp.now().text,
            toolVersion: ModelRegistry.version, artifactCount: counts.artifacts, blobCount: counts.blobs)
        let temporary = path + ".new"
        try Folder.unlink(temporary)
        let file = try NewFile(temporary)
        try file.append(Array((header.text + "\n").utf8).span)
        var again = SequentialReader(source)
        try again.take(source.byteCount) { try file.append($0) }
        try file.seal()
        try Folder.rename(temporary, to: path)
        let end = path.lastIndex(of: "/")
        try Folder.sync(end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
        return header
    }

    /// Opens a backup and compares its bytes with its digest.
    /// - Throws: `FormatError` for what is none, was cut off or damaged.
    init(_ path: String) throws {
        file = try OpenFile(path)
        byteCount = file.byteCount
        let first = try file.bytes(0..<min(file.byteCount, Self.longestHeader))
        guard let end = first.firstIndex(of: UInt8(ascii: "\n")) else {
            throw Self.fault("it is no backup of Ingot", path)
        }
        do {
            header = try Header(try JSONValue(parsing: Array(first[..<end])))
        } catch { throw Self.fault("it is no backup of Ingot: \(error.problem)", path) }
        start = end + 1
        guard file.byteCount == start + header.catalogByteCount else {
            throw Self.fault(
                "the backup has \(file.byteCount) bytes, and \(start + header.catalogByteCount) were written", path)
        }
        var digest = DigestStream()
        try Self.forEachPiece(of: file, from: start) { digest.update($0) }
        guard digest.finish() == header.catalogDigest else { throw Self.fault("the backup is damaged", path) }
    }

    /// Writes the catalog to a new file.
    func extract(to path: String) throws {
        let copy = try NewFile(path)
        try Self.forEachPiece(of: file, from: start) { try copy.append($0) }
        try copy.seal()
    }

    private static func forEachPiece(of file: OpenFile, from start: Int, _ body: (Span<UInt8>) throws -> Void) throws {
        var place = start
        var buffer = [UInt8](repeating: 0, count: SequentialReader.windowByteCount)
        while place < file.byteCount {
            let step = min(buffer.count, file.byteCount - place)
            try file.read(step, at: place, into: &buffer)
            try body(buffer.span.extracting(0..<step))
            place += step
        }
    }

    private static func fault(_ problem: String, _ path: String) -> FormatError {
        FormatError(.corrupt, problem, file: path, remedy: "Use another backup")
    }
}

extension BackupFile.Header {
    var text: String {
        JSONValue.object(
            JSONObject([
                ("ingot_backup", .number(1)), ("catalog_bytes", .number(catalogByteCount)),
                ("catalog_sha256", .string(catalogDigest.hex)), ("made_at", .string(madeAt)),
                ("tool_version", .string(toolVersion)), ("artifacts", .number(artifactCount)),
                ("blobs", .number(blobCount)),
            ])
        ).text()
    }

    init(_ line: JSONValue) throws(FormatError) {
        guard line["ingot_backup"]?.intValue == 1 else {
            throw FormatError(.unsupported, "a later version made it", remedy: "Update ingot")
        }
        guard let byteCount = line["catalog_bytes"]?.intValue, byteCount >= 0,
            let digest = line["catalog_sha256"]?.stringValue.flatMap({ Digest(hex: $0) })
        else { throw FormatError(.corrupt, "its first line says nothing of a catalog", remedy: "Use another backup") }
        self.init(
            catalogByteCount: byteCount, catalogDigest: digest, madeAt: line["made_at"]?.stringValue ?? "",
            toolVersion: line["tool_version"]?.stringValue ?? "", artifactCount: line["artifacts"]?.intValue ?? 0,
            blobCount: line["blobs"]?.intValue ?? 0)
    }
}
