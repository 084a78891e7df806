package import Bytes

/// The statistics of NVIDIA's GenAI-Perf, and of AIPerf, which follows it: each metric has a unit and some of `avg`,
/// `min`, `max`, `std` and percentiles.
enum GenAIPerfStatistic {
    static let tool = "genai-perf"
    static let task = "serving"
    /// What is kept of a metric; a spread alone is no result.
    static let kept = ["avg", "min", "max", "p99", "p95", "p90", "p75", "p50", "p25", "p10", "p5", "p1"]
    /// What describes the load and not the model.
    private static let neutral = ["sequence_length", "request_count", "token_count", "duration", "image"]

    /// `time_to_first_token_p99`; the average bears the metric's own name.
    static func row(_ metric: String, _ statistic: String, _ value: Double, unit: String?) -> MeasuredResult {
        let name = statistic == "avg" ? metric : "\(metric)_\(statistic)"
        var row = MeasuredResult(task: task, metric: name, value: value)
        row.unit = unit
        row.tool = tool
        row.higherIsBetter = higherIsBetter(metric)
        return row
    }

    private static func higherIsBetter(_ metric: String) -> Bool? {
        if metric.contains("throughput") || metric.contains("goodput") { return true }
        if neutral.contains(where: metric.contains) { return nil }
        return metric.contains("latency") || metric.contains("time_to") ? false : nil
    }

    /// `tokens/s` of GenAI-Perf's `tokens/sec`, `requests/s` of `requests/sec` or `per sec`.
    static func unit(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        if text == "per sec" { return "1/s" }
        return text.hasSuffix("/sec") ? String(text.dropLast(2)) : text
    }
}

/// `profile_export_genai_perf.json`: an object a metric, beside the options under `input_config`. Source: GenAI-Perf,
/// `genai_perf/export_data/json_exporter.py`.
package enum GenAIPerfJSON: ResultFormat {
    package static let name = "genai-perf-json"

    package static func recognizes(_ document: ResultDocument) -> Bool {
        guard let root = document.json?.objectValue else { return false }
        return root["input_config"] != nil && root.members.contains { isMetric($0.value) }
    }

    private static func isMetric(_ value: JSONValue) -> Bool {
        value["unit"]?.stringValue != nil && value["avg"] != nil
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        if let fault = document.fault { throw fault }
        guard let root = document.json?.objectValue else { return [] }
        let count = root["request_count"]?["avg"]?.doubleValue.flatMap { $0 > 0 && $0 < 9e15 ? Int($0) : nil }
        var results: [MeasuredResult] = []
        for (metric, statistics) in root.members where isMetric(statistics) {
            for statistic in GenAIPerfStatistic.kept {
                guard let value = statistics[statistic], value != .null else { continue }
                guard let number = ResultNumber.value(value) else {
                    throw FormatError(
                        .corrupt, "'\(statistic)' of '\(metric.shortened)' is \(value.text().shortened), no number",
                        remedy: "Run genai-perf again")
                }
                let unit = GenAIPerfStatistic.unit(statistics["unit"]?.stringValue)
                var row = GenAIPerfStatistic.row(metric, statistic, number, unit: unit)
                row.sampleCount = statistics["count"]?.intValue ?? count
                if statistic == "avg", let spread = statistics["std"]?.doubleValue, spread.isFinite, spread >= 0,
                    let count = row.sampleCount, count > 1
                {
                    // The spread divides by the number of requests, as NumPy's does.
                    row.standardError = spread / Double(count - 1).squareRoot()
                }
                describe(&row, root)
                results.append(try row.checked("metric '\(metric.shortened)'"))
            }
        }
        return results
    }

    /// The load that was put on the server, from the options.
    private static func describe(_ row: inout MeasuredResult, _ root: JSONObject) {
        let input = root["input_config"]
        if let version = root["aiperf_version"]?.stringValue {
            row.tool = "aiperf"
            row.toolVersion = version
        }
        let stimulus = input?["perf_analyzer"]?["stimulus"]?.objectValue ?? JSONObject()
        for (key, value) in stimulus.members where value != .null { row.conditions[key] = value }
        for key in ["concurrency", "request_rate"] {
            if let value = input?[key] ?? input?["loadgen"]?[key], value != .null { row.conditions[key] = value }
        }
        let names = input?["model_names"] ?? input?["models"]?["names"] ?? input?["model"]
        if let names, names != .null { row.about["model"] = names }
        if let type = input?["endpoint"]?["type"], type != .null { row.conditions["endpoint"] = type }
    }
}

/// `profile_export_genai_perf.csv`: a table of metrics with a column for each statistic, a blank line, and a table of
/// values; units stand in parentheses behind the names. Source: GenAI-Perf, `genai_perf/export_data/csv_exporter.py`.
package enum GenAIPerfCSV: ResultFormat {
    package static let name = "genai-perf-csv"

    package static func recognizes(_ document: ResultDocument) -> Bool {
        document.lines.first.map { $0.text.hasPrefix("Metric,avg,min,max,") } ?? false
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        var heading: [String] = []
        var results: [MeasuredResult] = []
        for row in try DelimitedTable(document.bytes, separator: UInt8(ascii: ",")).rows {
            // Tables of GPU telemetry, which have a GPU in each row, follow the model's own.
            if row.cells.count > 1, row.cells[1] == "GPU" { break }
            if row.cells.first == "Metric" {
                heading = row.cells
            } else if row.cells.count == heading.count {
                results += try rows(of: row, heading)
            } else {
                throw FormatError(
                    .corrupt, "\(row.place): \(row.cells.count) cells below \(heading.count) headings",
                    at: row.byteOffset, remedy: "Run genai-perf again")
            }
        }
        return results
    }

    private static func rows(
        of row: DelimitedTable.Row, _ heading: [String]
    ) throws(FormatError) -> [MeasuredResult] {
        let title = row.cells.first ?? ""
        let parts = title.split(separator: "(", maxSplits: 1).map(\.trimmed)
        let metric = (parts.first ?? "").lowercased().replacing(" ", with: "_")
        let unit = parts.count > 1 ? GenAIPerfStatistic.unit(String(parts[1].prefix { $0 != ")" })) : nil
        var results: [MeasuredResult] = []
        for (column, cell) in zip(heading, row.cells).dropFirst() {
            let statistic = column == "Value" ? "avg" : column
            guard GenAIPerfStatistic.kept.contains(statistic), cell != "N/A", !cell.isEmpty else { continue }
            guard let value = ResultNumber.value(cell.filter { $0 != "," }) else {
                throw FormatError(
                    .corrupt, "\(row.place): '\(cell.shortened)' is no number", at: row.byteOffset,
                    remedy: "Run genai-perf again")
            }
            let result = GenAIPerfStatistic.row(metric, statistic, value, unit: unit)
            results.append(try result.checked(row.place, at: row.byteOffset))
        }
        return results
    }
}
