import Bytes
import Foundation

/// A results file of EleutherAI's lm-evaluation-harness (`results_*.json`, version 0.4 and later).
///
/// The member `results` maps each task and group to its metrics. A metric's key is `name,filter`; its standard error
/// stands beside it as `name_stderr,filter`, a number or `"N/A"`. Further members tell, by task, `n-shot`, `n-samples`,
/// `versions`, `higher_is_better` and `configs`. Source: lm-evaluation-harness, `lm_eval/evaluator.py`.
struct EvaluationHarnessFile {
    /// One row a task, metric and filter, in the file's order.
    let results: [MeasuredResult]

    /// A file with every configuration and table in it has some megabytes.
    static let greatestByteCount = 256 << 20

    /// - Throws: `FormatError` when the document is no such file, a metric is no number or the date no date.
    init(parsing document: [UInt8], file: String) throws(FormatError) {
        let root: JSONValue
        do {
            root = try JSONValue(parsing: Self.withQuotedConstants(document))
        } catch { throw error.within(file: file) }
        guard let tasks = root["results"]?.objectValue else {
            throw FormatError(
                .unsupported, "there is no object 'results', so this is no file of lm-evaluation-harness", file: file,
                remedy: "Give the results_….json that lm_eval wrote, or use 'ingot results add'")
        }
        let measuredAt = try Self.date(root["date"], file: file)
        var rows: [MeasuredResult] = []
        for (task, metrics) in tasks.members {
            guard let metrics = metrics.objectValue else {
                throw FormatError(
                    .corrupt, "the results of task '\(task)' are no object", file: file, remedy: "Run lm_eval again")
            }
            for (key, value) in metrics.members {
                guard var row = try Self.row(task, key, value, metrics, root, file: file) else { continue }
                row.measuredAt = measuredAt
                rows.append(row)
            }
        }
        guard !rows.isEmpty else {
            throw FormatError(
                .corrupt, "'results' holds no metric", file: file, remedy: "Check that the evaluation ran to its end")
        }
        results = rows
    }

    private static func row(
        _ task: String, _ key: String, _ value: JSONValue, _ metrics: JSONObject, _ root: JSONValue, file: String
    ) throws(FormatError) -> MeasuredResult? {
        let parts = key.split(separator: ",", maxSplits: 1).map(String.init)
        guard let metric = parts.first, parts.count == 2, !metric.hasSuffix("_stderr") else { return nil }
        guard let number = number(value) else {
            if value.stringValue?.trimmingCharacters(in: .whitespaces).isEmpty == true { return nil }
            throw FormatError(
                .corrupt, "metric '\(key)' of task '\(task)' is \(value.text()), no number", file: file,
                remedy: "Run lm_eval again")
        }
        var row = MeasuredResult(task: task, metric: metric, value: number)
        row.standardError = metrics["\(metric)_stderr,\(parts[1])"].flatMap(Self.number)
        row.higherIsBetter = root["higher_is_better"]?[task]?[metric]?.boolValue
        row.sampleCount = root["n-samples"]?[task]?["effective"]?.intValue
        row.dataset = root["configs"]?[task]?["dataset_path"]?.stringValue
        row.tool = "lm-evaluation-harness"
        row.toolVersion = root["lm_eval_version"]?.stringValue ?? root["git_hash"]?.stringValue
        if parts[1] != "none" { row.extra["filter"] = .string(parts[1]) }
        row.extra["shots"] = root["n-shot"]?[task]
        row.extra["task_version"] = root["versions"]?[task]
        row.extra["task_hash"] = root["task_hashes"]?[task]
        row.extra["dataset_name"] = root["configs"]?[task]?["dataset_name"]
        return row
    }

    /// `date` as ISO 8601: seconds since 1970; nil when there is none. Some versions write it as text, which tells no
    /// time zone and so no moment.
    private static func date(_ value: JSONValue?, file: String) throws(FormatError) -> String? {
        guard let seconds = value?.doubleValue else { return nil }
        guard seconds >= 0, seconds < 253_402_300_800 else {  // the start of the year 10000
            throw FormatError(
                .corrupt, "'date' is \(seconds), no number of seconds since 1970 before the year 10000", file: file,
                remedy: "Write the time of the evaluation there, or remove the member 'date'")
        }
        return Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
    }

    private static func number(_ value: JSONValue) -> Double? {
        if let number = value.doubleValue { return number }
        return switch value.stringValue {
        case "NaN": .nan
        case "Infinity": .infinity
        case "-Infinity": -.infinity
        default: nil
        }
    }

    /// Python's json module writes NaN and infinities as bare words, which JSON does not have: puts them in quotes.
    private static func withQuotedConstants(_ document: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(document.count)
        var isInString = false
        var index = 0
        while index < document.count {
            let byte = document[index]
            if isInString, byte == UInt8(ascii: "\\"), index + 1 < document.count {
                output.append(contentsOf: document[index...index + 1])
                index += 2
                continue
            }
            if byte == UInt8(ascii: "\"") { isInString.toggle() }
            if !isInString, let word = constants.first(where: { document[index...].starts(with: $0) }) {
                output.append(UInt8(ascii: "\""))
                output.append(contentsOf: word)
                output.append(UInt8(ascii: "\""))
                index += word.count
                continue
            }
            output.append(byte)
            index += 1
        }
        return output
    }

    private static let constants = ["NaN", "Infinity", "-Infinity"].map { Array($0.utf8) }
}
