package import Bytes

/// A results file of EleutherAI's lm-evaluation-harness (`results_*.json`, version 0.4 and later).
///
/// The member `results` maps each task and group to its metrics. A metric's key is `name,filter`; its standard error
/// stands beside it as `name_stderr,filter`, a number or `"N/A"`. Further members tell, by task, `n-shot`, `n-samples`,
/// `versions`, `higher_is_better`, `configs`, `group_subtasks` and, when samples were logged, `task_hashes`: the
/// SHA-256 of what was asked and expected. `pretty_env_info` describes the machine. Source: lm-evaluation-harness,
/// `lm_eval/evaluator.py` and `lm_eval/loggers/evaluation_tracker.py`.
package enum EvaluationHarnessFile: ResultFormat {
    package static let name = "lm-eval"

    package static func recognizes(_ document: ResultDocument) -> Bool {
        guard let tasks = document.json?["results"]?.objectValue else { return false }
        return tasks.members.contains { $0.value.objectValue != nil }
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        guard let root = document.json, let tasks = root["results"]?.objectValue else {
            throw document.fault
                ?? FormatError(
                    .unsupported, "there is no object 'results', so this is no file of lm-evaluation-harness",
                    remedy: "Give the results_….json that lm_eval wrote, or use 'ingot results add'")
        }
        let pattern = try common(root)
        var rows: [MeasuredResult] = []
        for (task, metrics) in tasks.members {
            guard let metrics = metrics.objectValue else {
                throw FormatError(.corrupt, "the results of task '\(task.shortened)' are no object", remedy: remedy)
            }
            let prototype = self.prototype(of: task, metrics, root, pattern)
            for (key, value) in metrics.members {
                guard let row = try row(prototype, key, value, metrics, root) else { continue }
                rows.append(try row.checked("metric '\(key.shortened)' of task '\(task.shortened)'"))
            }
        }
        guard !rows.isEmpty else {
            throw FormatError(
                .corrupt, "'results' holds no metric", remedy: "Check that the evaluation ran to its end")
        }
        return rows
    }

    private static let remedy = "Run lm_eval again"

    /// What all rows of the file share.
    private static func common(_ root: JSONValue) throws(FormatError) -> MeasuredResult {
        var row = MeasuredResult(metric: "", value: 0)
        row.tool = "lm-evaluation-harness"
        row.toolVersion = root["lm_eval_version"]?.stringValue ?? root["git_hash"]?.stringValue
        row.measuredAt = try date(root["date"])
        row.host = EnvironmentReport.host(root["pretty_env_info"]?.stringValue ?? "")
        for key in ["system_instruction_sha", "chat_template_sha", "fewshot_as_multiturn"] {
            row.conditions[key] = told(root[key])
        }
        for key in ["limit", "gen_kwargs"] { row.conditions[key] = told(root["config"]?[key]) }
        for key in ["model", "model_args", "model_dtype", "batch_size"] { row.about[key] = told(root["config"]?[key]) }
        row.about["model_name"] = told(root["model_name"])
        row.about["transformers_version"] = told(root["transformers_version"])
        return row
    }

    /// What all rows of a task share.
    private static func prototype(
        of task: String, _ metrics: JSONObject, _ root: JSONValue, _ common: MeasuredResult
    ) -> MeasuredResult {
        var row = common
        row.task = task
        row.sampleCount = root["n-samples"]?[task]?["effective"]?.intValue ?? metrics["sample_len"]?.intValue
        row.dataset = root["configs"]?[task]?["dataset_path"]?.stringValue
        row.conditions["dataset_name"] = told(root["configs"]?[task]?["dataset_name"])
        row.conditions["shots"] = told(root["n-shot"]?[task])
        row.conditions["task_version"] = told(root["versions"]?[task])
        if let hash = root["task_hashes"]?[task]?.stringValue {
            row.promptDigest = Digest(hex: hash)
            if row.promptDigest == nil, !hash.isEmpty { row.conditions["task_hash"] = .string(hash) }
        }
        if let subtasks = root["group_subtasks"]?[task], subtasks.arrayValue?.isEmpty == false {
            row.about["subtasks"] = subtasks
        }
        return row
    }

    /// The row of a metric; nil for a key that is none, and for a metric that a group leaves blank.
    private static func row(
        _ prototype: MeasuredResult, _ key: String, _ value: JSONValue, _ metrics: JSONObject, _ root: JSONValue
    ) throws(FormatError) -> MeasuredResult? {
        let parts = key.split(separator: ",", maxSplits: 1).map(String.init)
        guard let metric = parts.first, parts.count == 2, !metric.hasSuffix("_stderr") else { return nil }
        guard let number = ResultNumber.value(value) else {
            if value.stringValue?.allSatisfy(\.isWhitespace) == true { return nil }
            throw FormatError(
                .corrupt,
                "metric '\(key.shortened)' of task '\((prototype.task ?? "").shortened)' is "
                    + "\(value.text().shortened), no number", remedy: remedy)
        }
        var row = prototype
        row.metric = metric
        row.value = number
        row.standardError = metrics["\(metric)_stderr,\(parts[1])"].flatMap(ResultNumber.value)
        if row.standardError?.isFinite == false { row.standardError = nil }
        row.higherIsBetter = root["higher_is_better"]?[prototype.task ?? ""]?[metric]?.boolValue
        if parts[1] != "none" { row.conditions["filter"] = .string(parts[1]) }
        return row
    }

    /// The value, unless it is null or empty, which tells nothing.
    private static func told(_ value: JSONValue?) -> JSONValue? {
        let isBlank = [.null, .string(""), .array([]), .object(JSONObject())].contains(value)
        return isBlank ? nil : value
    }

    /// Seconds since 1970; nil when there are none. Some versions write the date as text, which tells no time zone and
    /// so no moment.
    private static func date(_ value: JSONValue?) throws(FormatError) -> Int? {
        guard let seconds = value?.doubleValue else { return nil }
        guard seconds >= 0, seconds < Double(MeasuredResult.moments.upperBound) else {
            throw FormatError(
                .corrupt, "'date' is \(seconds), no number of seconds since 1970 before the year 10000",
                remedy: "Write the time of the evaluation there, or remove the member 'date'")
        }
        return Int(seconds)
    }
}
