package import Bytes

/// `benchmark.json` or `benchmark_report.json` of Hugging Face's optimum-benchmark.
///
/// A report has an object for each target (`load_model`, `prefill`, `decode`, `per_token`, `train`, …) with `memory`,
/// `latency`, `throughput`, `energy` and `efficiency`, each with its unit. `benchmark.json` holds one under `report`,
/// and under `config` the scenario and the machine. Source: optimum-benchmark, `optimum_benchmark/benchmark/report.py`
/// and `optimum_benchmark/trackers/`.
package enum OptimumBenchmarkFile: ResultFormat {
    package static let name = "optimum-benchmark"

    private static let tool = "optimum-benchmark"
    private static let parts = ["memory", "latency", "throughput", "energy", "efficiency"]
    private static let latencies = ["mean", "p50", "p90", "p95", "p99"]

    package static func recognizes(_ document: ResultDocument) -> Bool {
        guard let report = report(of: document)?.objectValue else { return false }
        return report.members.contains { target in
            parts.contains { target.value[$0]?["unit"]?.stringValue != nil }
        }
    }

    private static func report(of document: ResultDocument) -> JSONValue? {
        document.json?["report"] ?? document.json
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        if let fault = document.fault { throw fault }
        let pattern = pattern(document.json?["config"])
        var results: [MeasuredResult] = []
        for (target, measurements) in report(of: document)?.objectValue?.members ?? [] {
            for part in parts {
                guard let measurement = measurements[part]?.objectValue,
                    let unit = measurement["unit"]?.stringValue
                else { continue }
                for row in try rows(part, measurement, target) {
                    var result = pattern
                    result.task = target
                    result.metric = row.metric
                    result.value = row.value
                    result.unit = unit
                    result.higherIsBetter = ["throughput", "efficiency"].contains(part)
                    if part == "latency" { describe(&result, measurement) }
                    results.append(try result.checked("target '\(target.shortened)'"))
                }
            }
        }
        return results
    }

    private static func rows(
        _ part: String, _ measurement: JSONObject, _ target: String
    ) throws(FormatError) -> [(metric: String, value: Double)] {
        var rows: [(metric: String, value: Double)] = []
        for (key, value) in measurement.members where key != "unit" && value != .null {
            guard part != "latency" || latencies.contains(key) else { continue }
            guard let number = ResultNumber.value(value) else {
                throw FormatError(
                    .corrupt,
                    "'\(key.shortened)' of \(part) of '\(target.shortened)' is \(value.text().shortened), no number",
                    remedy: "Run optimum-benchmark again")
            }
            let name = key == "value" ? part : part == "latency" ? "latency_\(key)" : key
            rows.append((part == "energy" ? "energy_\(key)" : name, number))
        }
        return rows
    }

    /// How many values a latency is of, and for the mean what they say of its error.
    private static func describe(_ result: inout MeasuredResult, _ latency: JSONObject) {
        result.sampleCount = latency["count"]?.intValue
        guard result.metric == "latency_mean" else { return }
        let values = latency["values"]?.arrayValue?.compactMap(ResultNumber.value) ?? []
        result.standardError = ResultNumber.standardError(of: values)
    }

    /// What all rows share: the scenario, the backend and the machine.
    private static func pattern(_ config: JSONValue?) -> MeasuredResult {
        var result = MeasuredResult(metric: "", value: 0)
        result.tool = tool
        guard let config else { return result }
        let environment = config["environment"]
        result.toolVersion = environment?["optimum_benchmark_version"]?.stringValue
        result.host = host(environment)
        for key in ["input_shapes", "generate_kwargs", "iterations", "name"] {
            if let value = config["scenario"]?[key], value != .null { result.conditions["scenario_\(key)"] = value }
        }
        for key in ["name", "device", "torch_dtype", "dtype", "quantization_scheme", "torch_compile"] {
            if let value = config["backend"]?[key], value != .null { result.conditions["backend_\(key)"] = value }
        }
        if let model = config["backend"]?["model"], model != .null { result.about["model"] = model }
        for key in ["transformers_version", "python_version"] {
            if let value = environment?[key], value != .null { result.about[key] = value }
        }
        return result
    }

    /// `cpu_ram_mb` is in millions of bytes (`optimum_benchmark/system_utils.py`).
    private static func host(_ environment: JSONValue?) -> MeasuringHost {
        var host = MeasuringHost()
        host.cpu = environment?["cpu"]?.stringValue?.trimmed
        host.coreCount = environment?["cpu_count"]?.intValue
        if let megabytes = environment?["cpu_ram_mb"]?.doubleValue, megabytes > 0, megabytes < 1e12 {
            host.memoryByteCount = Int(megabytes * 1e6)
        }
        let gpus = environment?["gpu"]?.arrayValue?.compactMap(\.stringValue) ?? []
        host.gpu = gpus.isEmpty ? nil : gpus.joined(separator: ", ")
        host.os = environment?["platform"]?.stringValue
        return host
    }
}
