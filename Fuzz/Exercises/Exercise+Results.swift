import Bytes
import Measurements

extension Exercise {
    /// A file of results of any tool, and the same bytes as a table.
    static let results = Exercise("results") { file in
        let document = try ResultDocument(try file.bytes(0..<file.byteCount))
        return (document: document, results: try ResultFormats.results(in: document))
    } check: { content, _ in
        try expect(!content.results.isEmpty, "a file without results was accepted")
        for result in content.results {
            try expect(!result.metric.isEmpty, "a metric has no name")
            try expect(result.standardError.map { $0 >= 0 } ?? true, "a standard error is below 0")
            try expect(result.sampleCount.map { $0 >= 0 } ?? true, "a number of samples is below 0")
        }
        // NaN is not equal to itself, so that only numbers of rows can be compared.
        guard let format = ResultFormats.all.first(where: { $0.recognizes(content.document) }) else { return }
        let again = try ResultFormats.results(in: content.document, format: format.name)
        try expect(again.count == content.results.count, "read as \(format.name) it has other rows")
    }

    /// SQL of llama-bench, whatever it begins with.
    static let resultSQL = Exercise("result-sql") { file in
        let document = try ResultDocument(try file.bytes(0..<file.byteCount))
        return try ResultFormats.results(in: document, format: LlamaBenchSQL.name).count
    } check: { count, _ in
        try expect(count > 0, "SQL without rows was accepted")
    }
}
