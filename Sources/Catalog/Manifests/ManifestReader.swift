import Bytes

/// Reads a manifest line by line, after its digest has been found right.
struct ManifestReader {
    /// A table's columns, and the least and greatest `id` of its rows where it has some.
    struct Table {
        let name: String
        let columns: [String]
        let ids: ClosedRange<Int64>?
    }

    let subject: ManifestSubject
    /// When its artifact came, among the others.
    let order: Int
    private let file: OpenFile
    private let byteCount: Int

    /// A line is one row; the longest hold a recipe of 1 MiB.
    private static let longestLine = 64 << 20
    private static let lineFeed = UInt8(ascii: "\n")
    private static let remedy = "Register the artifact again, or restore the catalog from a backup"

    /// - Throws: `FormatError` for a manifest that was cut off or changed, or that a later version made.
    init(_ path: String, subject: ManifestSubject) throws {
        self.subject = subject
        file = try OpenFile(path)
        byteCount = try Self.checked(file)
        var first: JSONValue?
        try Self.forEachLine(of: file, until: byteCount) { line in
            first = line
            return false
        }
        guard first?["ingot_manifest"]?.intValue == ManifestWriter.version else {
            throw FormatError(
                .unsupported, "the manifest was made by a later version of ingot", file: path, remedy: "Update ingot")
        }
        guard first?["kind"]?.stringValue == subject.kind, first?["digest"]?.stringValue == subject.digest else {
            throw Self.fault("the manifest is another's", path)
        }
        order = first?["order"]?.intValue ?? 0
    }

    /// Hands out the rows, table by table.
    func forEachRow(
        table: (Table) throws -> Void, row: ([JSONValue]) throws -> Void
    ) throws {
        var columnCount = 0
        var isFirst = true
        try Self.forEachLine(of: file, until: byteCount) { line in
            if isFirst {
                isFirst = false
            } else if let values = line.arrayValue {
                guard values.count == columnCount else { throw Self.fault("a row has no table", file.path) }
                try row(values)
            } else {
                let heading = try Self.table(line, file.path)
                columnCount = heading.columns.count
                try table(heading)
            }
            return true
        }
    }

    private static func table(_ line: JSONValue, _ path: String) throws -> Table {
        guard let name = line["table"]?.stringValue,
            let columns = line["columns"]?.arrayValue?.compactMap(\.stringValue),
            columns.count == line["columns"]?.arrayValue?.count
        else { throw fault("a table has no columns", path) }
        let bounds = line["ids"]?.arrayValue?.compactMap(\.intValue) ?? []
        let ids = bounds.count == 2 && bounds[0] <= bounds[1] ? Int64(bounds[0])...Int64(bounds[1]) : nil
        return Table(name: name, columns: columns, ids: ids)
    }

    /// The bytes before the last line, when their digest is what that says.
    private static func checked(_ file: OpenFile) throws -> Int {
        let tail = try file.bytes(max(0, file.byteCount - 256)..<file.byteCount)
        let body = tail.last == lineFeed ? Array(tail.dropLast()) : []
        guard let start = body.lastIndex(of: lineFeed) else { throw fault("the manifest was cut off", file.path) }
        let end: JSONValue
        do { end = try JSONValue(parsing: Array(body[(start + 1)...])) } catch {
            throw fault("the manifest was cut off", file.path)
        }
        let byteCount = file.byteCount - tail.count + start + 1
        var digest = DigestStream()
        try forEachPiece(of: file, until: byteCount) { digest.update($0.span) }
        guard let recorded = end["sha256"]?.stringValue.flatMap({ Digest(hex: $0) }), digest.finish() == recorded else {
            throw fault("the manifest is damaged: its digest is another", file.path)
        }
        return byteCount
    }

    private static func forEachPiece(of file: OpenFile, until end: Int, _ body: ([UInt8]) throws -> Void) throws {
        var place = 0
        while place < end {
            let next = min(end, place + 1 << 18)
            try body(try file.bytes(place..<next))
            place = next
        }
    }

    /// - Parameter body: gives false to stop.
    private static func forEachLine(
        of file: OpenFile, until end: Int, _ body: (JSONValue) throws -> Bool
    ) throws {
        var rest: [UInt8] = []
        var isStopped = false
        try forEachPiece(of: file, until: end) { piece in
            guard !isStopped else { return }
            rest += piece
            var start = 0
            while let length = rest[start...].firstIndex(of: lineFeed) {
                let line = Array(rest[start..<length])
                start = length + 1
                guard try body(try JSONValue(parsing: line)) else {
                    isStopped = true
                    return
                }
            }
            rest.removeFirst(start)
            guard rest.count <= longestLine else { throw fault("a line is longer than any row", file.path) }
        }
    }

    private static func fault(_ problem: String, _ path: String) -> FormatError {
        FormatError(.corrupt, problem, file: path, remedy: remedy)
    }
}
