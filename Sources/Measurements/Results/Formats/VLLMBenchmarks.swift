package import Bytes

/// What vLLM's three benchmarks share.
enum VLLMBenchmark {
    static let tool = "vllm-bench"

    /// A metric of `record` that is a number; nil when it is missing or null.
    static func row(
        _ key: String, task: String, unit: String?, higherIsBetter: Bool?, _ record: ResultDocument.Record
    ) throws(FormatError) -> MeasuredResult? {
        guard let value = record.object[key], value != .null else { return nil }
        guard let number = ResultNumber.value(value) else {
            throw FormatError(
                .corrupt, "\(record.place): '\(key)' is \(value.text().shortened), no number", at: record.byteOffset,
                remedy: "Run the benchmark again")
        }
        var row = MeasuredResult(task: task, metric: key, value: number)
        row.unit = unit
        row.higherIsBetter = higherIsBetter
        row.tool = tool
        return row
    }

    /// Whether the first object of `document` has all of `keys`.
    static func has(_ keys: [String], _ document: ResultDocument) -> Bool {
        document.records.first.map { record in keys.allSatisfy { record.object[$0] != nil } } ?? false
    }
}

/// `vllm bench serve --save-result`: one JSON object, or one a line with `--append-result`.
///
/// Latencies are in milliseconds under `mean_ttft_ms`, `median_tpot_ms`, `p99_itl_ms` and such. `date` has no time
/// zone, so it is kept as text. Source: vLLM, `vllm/benchmarks/serve.py`.
package enum VLLMServingBenchmark: ResultFormat {
    package static let name = "vllm-serve"

    private static let task = "serving"
    private static let rates: [(key: String, unit: String)] = [
        ("request_throughput", "requests/s"), ("request_goodput", "requests/s"), ("output_throughput", "tokens/s"),
        ("total_token_throughput", "tokens/s"), ("max_output_tokens_per_s", "tokens/s"),
        ("input_sequence_throughput", "sequences/s"), ("rtfx", "x"),
    ]
    private static let quantities = ["ttft", "tpot", "itl", "e2el"]
    private static let conditions = [
        "backend", "endpoint_type", "num_prompts", "request_rate", "burstiness", "max_concurrency",
        "total_input_tokens",
        "dataset_name", "ramp_up_strategy", "ramp_up_start_rps", "ramp_up_end_rps",
    ]
    private static let remarks = [
        "date", "model_id", "tokenizer_id", "label", "duration", "failed", "total_output_tokens",
        "max_concurrent_requests",
    ]

    package static func recognizes(_ document: ResultDocument) -> Bool {
        VLLMBenchmark.has(["request_throughput", "total_token_throughput", "completed", "num_prompts"], document)
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        if let fault = document.fault { throw fault }
        var results: [MeasuredResult] = []
        for record in document.records {
            results += try rows(of: record, try VLLMRequests.times(of: record, in: document))
        }
        return results
    }

    /// - Parameter times: of the requests, where the file lists them.
    private static func rows(
        of record: ResultDocument.Record, _ times: ServingTimes?
    ) throws(FormatError) -> [MeasuredResult] {
        var rows: [MeasuredResult] = []
        for (key, unit) in rates {
            let row = try VLLMBenchmark.row(key, task: task, unit: unit, higherIsBetter: true, record)
            // The factor of real time is 0 where nothing was heard.
            if let row, key != "rtfx" || row.value != 0 { rows.append(row) }
        }
        for (key, _) in record.object.members where isLatency(key) {
            let row = try VLLMBenchmark.row(key, task: task, unit: "ms", higherIsBetter: false, record)
            if let row { rows.append(row) }
        }
        let completed = record.object["completed"]?.intValue
        if let times { rows += missing(from: rows, in: times) }
        var checked: [MeasuredResult] = []
        for var row in rows {
            row.sampleCount = completed
            describe(&row, times)
            row.standardError = standardError(of: row.metric, record.object, row.sampleCount)
            for key in conditions { row.conditions[key] = told(record.object[key]) }
            for key in remarks { row.about[key] = told(record.object[key]) }
            checked.append(try row.checked(record.place, at: record.byteOffset))
        }
        return checked
    }

    /// `mean_ttft_ms`, `p99_itl_ms`, but not `std_ttft_ms`, which is a spread.
    private static func isLatency(_ key: String) -> Bool {
        let parts = key.split(separator: "_").map(String.init)
        guard parts.count == 3, parts[2] == "ms", quantities.contains(parts[1]) else { return false }
        return ["mean", "median"].contains(parts[0]) || parts[0].hasPrefix("p")
    }

    /// What the file's summary leaves out and its requests tell, as the latencies that `--percentile-metrics` did not
    /// name.
    private static func missing(from rows: [MeasuredResult], in times: ServingTimes) -> [MeasuredResult] {
        var found: [MeasuredResult] = []
        func add(_ metric: String, _ value: Double?, unit: String, higherIsBetter: Bool) {
            guard let value, value.isFinite, !rows.contains(where: { $0.metric == metric }) else { return }
            var row = MeasuredResult(task: task, metric: metric, value: value)
            row.unit = unit
            row.higherIsBetter = higherIsBetter
            row.tool = VLLMBenchmark.tool
            row.about["computed_from"] = .string("requests")
            found.append(row)
        }
        add("output_throughput", times.outputThroughput, unit: "tokens/s", higherIsBetter: true)
        add("total_token_throughput", times.totalThroughput, unit: "tokens/s", higherIsBetter: true)
        for quantity in ServingTimes.Quantity.allCases
        where !rows.contains(where: { $0.metric.hasSuffix("_\(quantity.rawValue)_ms") }) {
            let values = times.samples(quantity).map { 1000 * $0 }
            let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            for (statistic, value) in [
                ("mean", mean), ("median", Percentile.value(of: values, 50)), ("p99", Percentile.value(of: values, 99)),
            ] { add("\(statistic)_\(quantity.rawValue)_ms", value, unit: "ms", higherIsBetter: false) }
        }
        return found
    }

    /// Of how many samples a latency is, where the file has them all, and whether these are enough for the percentile.
    private static func describe(_ row: inout MeasuredResult, _ times: ServingTimes?) {
        let parts = row.metric.split(separator: "_").map(String.init)
        guard parts.count == 3, let quantity = ServingTimes.Quantity(rawValue: parts[1]) else { return }
        if let times {
            row.sampleCount = times.samples(quantity).count
        } else if quantity == .interTokenLatency {
            row.sampleCount = nil  // There are as many as tokens, of which the file tells nothing.
        }
        guard let percent = parts[0].hasPrefix("p") ? Double(parts[0].dropFirst()) : nil else { return }
        row.about["percentile_method"] = .string(Percentile.method)
        if let count = row.sampleCount, count < Percentile.fewest(for: percent) {
            row.about["few_samples"] = .bool(true)
        }
    }

    /// Of a mean over requests, from the spread beside it, which divides by their number, as NumPy's does.
    /// Latencies between tokens have no number of their own.
    private static func standardError(of metric: String, _ object: JSONObject, _ count: Int?) -> Double? {
        let parts = metric.split(separator: "_").map(String.init)
        guard parts.first == "mean", parts.count == 3, parts[1] != "itl", let count, count > 1,
            let spread = object["std_\(parts[1])_ms"]?.doubleValue, spread.isFinite, spread >= 0
        else { return nil }
        return spread / Double(count - 1).squareRoot()
    }

    private static func told(_ value: JSONValue?) -> JSONValue? { value == .null ? nil : value }
}

/// `vllm bench throughput --output-json`: `elapsed_time`, `num_requests`, `total_num_tokens`, `requests_per_second` and
/// `tokens_per_second`. Source: vLLM, `vllm/benchmarks/throughput.py`.
package enum VLLMThroughputBenchmark: ResultFormat {
    package static let name = "vllm-throughput"

    package static func recognizes(_ document: ResultDocument) -> Bool {
        VLLMBenchmark.has(["elapsed_time", "num_requests", "requests_per_second", "tokens_per_second"], document)
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        if let fault = document.fault { throw fault }
        var results: [MeasuredResult] = []
        for record in document.records {
            for (key, unit) in [("requests_per_second", "requests/s"), ("tokens_per_second", "tokens/s")] {
                guard
                    var row = try VLLMBenchmark.row(key, task: "throughput", unit: unit, higherIsBetter: true, record)
                else { continue }
                row.sampleCount = record.object["num_requests"]?.intValue
                for key in ["num_requests", "total_num_tokens"] { row.conditions[key] = record.object[key] }
                for key in ["elapsed_time", "model_id"] { row.about[key] = record.object[key] }
                results.append(try row.checked(record.place, at: record.byteOffset))
            }
        }
        return results
    }
}

/// `vllm bench latency --output-json`: `avg_latency`, `latencies` and `percentiles`, all in seconds. Source: vLLM,
/// `vllm/benchmarks/latency.py`.
package enum VLLMLatencyBenchmark: ResultFormat {
    package static let name = "vllm-latency"

    package static func recognizes(_ document: ResultDocument) -> Bool {
        VLLMBenchmark.has(["avg_latency", "latencies", "percentiles"], document)
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        if let fault = document.fault { throw fault }
        var results: [MeasuredResult] = []
        for record in document.records {
            let values = record.object["latencies"]?.arrayValue?.compactMap(ResultNumber.value) ?? []
            if let row = try VLLMBenchmark.row(
                "avg_latency", task: "latency", unit: "s", higherIsBetter: false, record)
            {
                results.append(try described(row, values, record))
                results[results.count - 1].standardError = ResultNumber.standardError(of: values)
            }
            for (percentile, value) in record.object["percentiles"]?.objectValue?.members ?? [] {
                guard let number = ResultNumber.value(value) else { continue }
                var row = MeasuredResult(task: "latency", metric: "p\(percentile)_latency", value: number)
                row.unit = "s"
                row.higherIsBetter = false
                row.tool = VLLMBenchmark.tool
                results.append(try described(row, values, record))
            }
        }
        return results
    }

    private static func described(
        _ row: MeasuredResult, _ values: [Double], _ record: ResultDocument.Record
    ) throws(FormatError) -> MeasuredResult {
        var row = row
        row.sampleCount = values.isEmpty ? nil : values.count
        row.about["model_id"] = record.object["model_id"]
        return try row.checked(record.place, at: record.byteOffset)
    }
}
