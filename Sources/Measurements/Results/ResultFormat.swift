package import Bytes

/// A kind of file that results are read from.
package protocol ResultFormat: Sendable {
    /// What users call it: `lm-eval`.
    static var name: String { get }

    /// Whether `document` is such a file, by its content.
    static func recognizes(_ document: ResultDocument) -> Bool

    /// All that it tells, in its order.
    /// - Throws: `FormatError` without the file's name.
    static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult]
}

/// Reads files of results, of whatever tool.
package enum ResultFormats {
    /// All formats, in the order in which they are tried. A new one is one line here.
    package static let all: [any ResultFormat.Type] = [
        EvaluationHarnessFile.self, LlamaBenchJSON.self, LlamaBenchCSV.self, LlamaBenchMarkdown.self,
        LlamaBenchSQL.self, LlamaPerplexityLog.self, VLLMServingBenchmark.self, VLLMThroughputBenchmark.self,
        VLLMLatencyBenchmark.self, GenAIPerfJSON.self, GenAIPerfCSV.self, OptimumBenchmarkFile.self,
    ]
    /// What a table with columns of its own is called.
    package static let table = "table"
    /// What formats are called.
    package static var names: [String] { all.map { $0.name } + [table] }
    package static let mostResults = 1_000_000

    /// What one file tells.
    /// - Parameters:
    ///   - format: the name of the format, when it is not to be recognized.
    ///   - map: which columns of a table mean what; nil unless the file is to be read as one.
    package static func results(
        in document: ResultDocument, format: String? = nil, map: ColumnMap? = nil
    ) throws(FormatError) -> [MeasuredResult] {
        if map != nil || format == table { return try MappedTable.results(in: document, map: map) }
        if let format {
            guard let known = all.first(where: { $0.name == format }) else {
                throw FormatError(
                    .unsupported, "there is no format '\(format)'",
                    remedy: "Give one of \(names.joined(separator: ", "))")
            }
            return try checked(known.results(in: document), known.name)
        }
        if let known = all.first(where: { $0.recognizes(document) }) {
            return try checked(known.results(in: document), known.name)
        }
        return try MappedTable.results(in: document, map: nil)
    }

    private static func checked(
        _ results: [MeasuredResult], _ format: String
    ) throws(FormatError) -> [MeasuredResult] {
        guard !results.isEmpty else {
            throw FormatError(
                .corrupt, "this \(format) file holds no measurement",
                remedy: "Check that the measurement ran to its end")
        }
        guard results.count <= mostResults else {
            throw FormatError(
                .refused, "\(results.count) measurements, at most \(mostResults) are read from one file",
                remedy: "Split the file")
        }
        return results
    }
}
