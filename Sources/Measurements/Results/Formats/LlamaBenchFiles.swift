package import Bytes

/// `llama-bench -o json` and `-o jsonl`.
package enum LlamaBenchJSON: ResultFormat {
    package static let name = "llama-bench-json"

    package static func recognizes(_ document: ResultDocument) -> Bool {
        document.records.first.map { record in LlamaBenchRecord.marks.allSatisfy { record.object[$0] != nil } } ?? false
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        if let fault = document.fault { throw fault }
        var results: [MeasuredResult] = []
        for record in document.records {
            let test = LlamaBenchRecord(fields: record.object, place: record.place, byteOffset: record.byteOffset)
            results.append(try test.result())
        }
        return results
    }
}

/// `llama-bench -o csv`.
package enum LlamaBenchCSV: ResultFormat {
    package static let name = "llama-bench-csv"

    package static func recognizes(_ document: ResultDocument) -> Bool {
        guard let heading = document.lines.first?.text else { return false }
        let names = Set(heading.split(separator: ",").map(String.init))
        return names.isSuperset(of: LlamaBenchRecord.marks)
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        let table = try DelimitedTable(document.bytes, separator: UInt8(ascii: ","))
        guard let heading = table.rows.first else { return [] }
        var results: [MeasuredResult] = []
        for row in table.rows.dropFirst() {
            guard row.cells.count == heading.cells.count else {
                throw FormatError(
                    .corrupt, "\(row.place): \(row.cells.count) cells below \(heading.cells.count) headings",
                    at: row.byteOffset, remedy: "Run llama-bench again")
            }
            let fields = JSONObject(zip(heading.cells, row.cells).map { ($0, JSONValue.string($1)) })
            let record = LlamaBenchRecord(fields: fields, place: row.place, byteOffset: row.byteOffset)
            results.append(try record.result())
        }
        return results
    }
}

/// `llama-bench -o sql`: read as text, never run. Only `CREATE TABLE` and `INSERT INTO` of the table `llama_bench` are
/// accepted.
package enum LlamaBenchSQL: ResultFormat {
    package static let name = "llama-bench-sql"

    private static let table = "llama_bench"

    package static func recognizes(_ document: ResultDocument) -> Bool {
        document.lines.prefix(200).contains { line in
            let text = line.text.lowercased()
            return text.hasPrefix("insert into \(table)") || text.hasPrefix("create table if not exists \(table)")
        }
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        var reader = SQLInsertReader(document.bytes, table: table)
        var results: [MeasuredResult] = []
        while let row = try reader.next() {
            let record = LlamaBenchRecord(fields: row.fields, place: "line \(row.line)", byteOffset: row.byteOffset)
            results.append(try record.result())
        }
        return results
    }
}
