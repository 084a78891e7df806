package import Bytes

/// The table that `llama-bench` prints by default, with the line `build: COMMIT (NUMBER)` behind it.
///
/// Its columns are `model`, `size`, `params`, `backend`, settings that differ from the default, `test` and `t/s`, which
/// holds mean and spread: `512.34 ± 3.21`. Source: llama.cpp, `tools/llama-bench/llama-bench.cpp`, `markdown_printer`.
package enum LlamaBenchMarkdown: ResultFormat {
    package static let name = "llama-bench-md"

    /// What columns are called when they are not called as the fields are.
    private static let fields = [
        "ngl": "n_gpu_layers", "sm": "split_mode", "threads": "n_threads", "nkvo": "no_kv_offload",
        "fa": "flash_attn", "mmap": "use_mmap", "lm": "load_mode", "embd": "embeddings", "nopo": "no_op_offload",
        "noh": "no_host", "rpk": "repack", "dev": "devices", "ts": "tensor_split", "ot": "tensor_buft_overrides",
        "backend": "backends",
    ]

    package static func recognizes(_ document: ResultDocument) -> Bool {
        document.lines.prefix(1_000).contains { isHeading(cells(of: $0.text)) }
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        var heading: [String] = []
        var results: [MeasuredResult] = []
        for line in document.lines {
            let cells = cells(of: line.text)
            if isHeading(cells) {
                heading = cells
            } else if !heading.isEmpty, !cells.isEmpty, !isRule(cells) {
                results.append(try result(cells, heading, line))
            }
        }
        let build = document.lines.last { $0.text.hasPrefix("build: ") }.flatMap { version($0.text) }
        for index in results.indices { results[index].toolVersion = build }
        return results
    }

    private static func result(
        _ cells: [String], _ heading: [String], _ line: ResultDocument.Line
    ) throws(FormatError) -> MeasuredResult {
        func fault(_ problem: String) -> FormatError {
            FormatError(
                .corrupt, "\(line.place): \(problem)", at: line.byteOffset,
                remedy: "Copy the table again, or use -o json")
        }
        guard cells.count == heading.count else {
            throw fault("\(cells.count) cells below \(heading.count) headings")
        }
        let row = JSONObject(zip(heading, cells).map { ($0, JSONValue.string($1)) })
        let speed = row["t/s"]?.stringValue ?? ""
        let parts = speed.split(separator: "±").map(\.trimmed)
        guard let mean = parts.first.flatMap({ ResultNumber.value($0) }), parts.count <= 2 else {
            throw fault("'\(speed.shortened)' is no speed such as 512.34 ± 3.21")
        }
        guard let test = row["test"]?.stringValue, !test.isEmpty else { throw fault("the row names no test") }
        var result = MeasuredResult(task: test, metric: "tokens_per_second", value: mean)
        result.unit = "tokens/s"
        result.higherIsBetter = true
        result.tool = LlamaBenchRecord.tool
        if parts.count == 2 {
            guard let spread = ResultNumber.value(parts[1]) else {
                throw fault("'\(speed.shortened)' is no speed such as 512.34 ± 3.21")
            }
            result.about["stddev"] = .number("\(spread)")
        }
        place(row, into: &result)
        return try result.checked(line.place, at: line.byteOffset)
    }

    /// The model's columns are remarks, all others conditions.
    private static func place(_ row: JSONObject, into result: inout MeasuredResult) {
        for (column, value) in row.members where !["t/s", "test"].contains(column) {
            guard let text = value.stringValue, !text.isEmpty else { continue }
            let name = fields[column] ?? column
            if ["model", "size", "params"].contains(column) {
                result.about[column == "model" ? "model_type" : name] = value
            } else {
                result.conditions[name] = Int(text).map { JSONValue.number($0) } ?? value
            }
        }
    }

    /// `b4567 (0123abc)` of `build: 0123abc (4567)`.
    private static func version(_ line: String) -> String? {
        let parts = line.dropFirst("build: ".count).split(separator: " ").map(String.init)
        guard let commit = parts.first else { return nil }
        let number = parts.dropFirst().first.map { $0.filter(\.isNumber) } ?? ""
        return LlamaBenchRecord.version(number: number.isEmpty ? nil : number, commit: commit)
    }

    private static func isHeading(_ cells: [String]) -> Bool {
        cells.contains("t/s") && cells.contains("test") && cells.first == "model"
    }

    private static func isRule(_ cells: [String]) -> Bool {
        cells.allSatisfy { !$0.isEmpty && $0.allSatisfy { "-: ".contains($0) } }
    }

    /// The cells of a line that is one of a table; none for any other.
    private static func cells(of line: String) -> [String] {
        let line = line.trimmed
        guard line.hasPrefix("|"), line.hasSuffix("|"), line.count > 1 else { return [] }
        return line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map(\.trimmed)
    }
}
