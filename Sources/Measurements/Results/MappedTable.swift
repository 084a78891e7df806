import Bytes

/// Results from a table whose columns are the user's own: CSV with a heading, or JSON with an object a row.
struct MappedTable {
    /// A row: its cells by column.
    private struct Row {
        let place: String
        let byteOffset: Int?
        let cell: (ColumnMap.Source) -> JSONValue?
    }

    private let columns: [String]
    private let rows: [Row]

    /// - Parameter map: nil when the columns are called as the fields are.
    /// - Throws: `FormatError` for a column that is missing or a cell that is not what its field holds.
    static func results(in document: ResultDocument, map: ColumnMap?) throws(FormatError) -> [MeasuredResult] {
        if let fault = document.fault { throw fault }
        let table = try Self(document)
        guard let map = map ?? ColumnMap(columns: table.columns) else { throw table.unknown }
        try table.check(map)
        var results: [MeasuredResult] = []
        for row in table.rows {
            results += try MappedRow(
                cell: row.cell, place: row.place, byteOffset: row.byteOffset, columns: table.columns
            ).results(map)
            guard results.count <= ResultFormats.mostResults else {
                throw FormatError(
                    .refused, "more than \(ResultFormats.mostResults) measurements", at: row.byteOffset,
                    remedy: "Split the file")
            }
        }
        guard !results.isEmpty else {
            throw FormatError(.corrupt, "the table holds no measurement", remedy: "Check that it has rows with values")
        }
        return results
    }

    private init(_ document: ResultDocument) throws(FormatError) {
        if let first = document.records.first {
            columns = first.object.members.map(\.key)
            rows = document.records.map { record in
                Row(place: record.place, byteOffset: record.byteOffset) { Self.member($0, of: record.object) }
            }
            return
        }
        let table = try DelimitedTable(document.bytes)
        let heading = table.rows.first?.cells ?? []
        let places = Dictionary(heading.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for row in table.rows.dropFirst() where row.cells.count != heading.count {
            throw FormatError(
                .corrupt, "\(row.place): \(row.cells.count) cells below \(heading.count) headings", at: row.byteOffset,
                remedy: "Check that this is a table of CSV with a heading, or name its --format")
        }
        columns = heading
        rows = table.rows.dropFirst().map { row in
            Row(place: row.place, byteOffset: row.byteOffset) { source in
                switch source {
                case .column(let name): places[name].map { .string(row.cells[$0]) }
                case .place(let place): place < row.cells.count ? .string(row.cells[place]) : nil
                case .text(let text): .string(text)
                }
            }
        }
    }

    /// A member by its name, else by the way to it: `scores.acc`.
    private static func member(_ source: ColumnMap.Source, of object: JSONObject) -> JSONValue? {
        switch source {
        case .text(let text): return .string(text)
        case .place(let place): return place < object.members.count ? object.members[place].value : nil
        case .column(let name):
            if let value = object[name] { return value }
            var value: JSONValue? = .object(object)
            for part in name.split(separator: ".") { value = value?[String(part)] }
            return value
        }
    }

    /// Every column that the map names must be there: in JSON, in some row.
    private func check(_ map: ColumnMap) throws(FormatError) {
        for source in map.sources.sorted(by: { $0.key.rawValue < $1.key.rawValue }).flatMap(\.value) {
            if case .text = source { continue }
            guard !rows.isEmpty, !rows.contains(where: { $0.cell(source) != nil }) else { continue }
            let name = if case .column(let name) = source { "'\(name.shortened)'" } else { "of that number" }
            throw FormatError(
                .refused, "the table has no column \(name)",
                remedy: columns.isEmpty ? "Give a table with a heading" : "It has \(listing)")
        }
    }

    private var listing: String {
        let shown = columns.prefix(30).map { "'\($0.shortened)'" }.joined(separator: ", ")
        return columns.count > 30 ? "\(shown) and \(columns.count - 30) more" : shown
    }

    private var unknown: FormatError {
        let formats = ResultFormats.all.map { $0.name }.joined(separator: ", ")
        guard columns.count > 1 else {
            return FormatError(
                .unsupported, "this is no file of results that is known",
                remedy: "Formats are \(formats), and tables of CSV or JSON lines with --map metric=COLUMN,value=COLUMN")
        }
        return FormatError(
            .unsupported, "no known tool wrote this, and a table needs to be told which columns mean what",
            remedy: "Give --map metric=COLUMN,value=COLUMN or --map value=COLUMN…; the columns are \(listing)")
    }
}
