import Bytes

/// One test of llama.cpp's `llama-bench`, whichever way it was printed.
///
/// The fields are named as its printers do: `avg_ts` (tokens a second) and `stddev_ts` over the repetitions,
/// `n_prompt`, `n_gen` and `n_depth` that name the test, `test_time`, `build_number`, `build_commit`, `cpu_info`,
/// `gpu_info`, and the settings. JSON has the repetitions too, as `samples_ts`. Source: llama.cpp,
/// `tools/llama-bench/llama-bench.cpp`.
struct LlamaBenchRecord {
    static let tool = "llama-bench"
    /// The fields that tell llama-bench's records from others.
    static let marks = ["avg_ts", "stddev_ts", "n_prompt", "n_gen"]

    /// Fields that go elsewhere, and those that say the same once more.
    private static let placed: Set = [
        "avg_ts", "stddev_ts", "avg_ns", "samples_ns", "samples_ts", "n_prompt", "n_gen", "n_depth", "test_time",
        "build_number", "build_commit", "cpu_info", "gpu_info",
    ]
    /// Fields that describe the model, which the artifact's digest does better.
    private static let remarks: Set = [
        "model_filename", "model_type", "model_size", "model_n_params", "stddev_ns",
    ]

    let fields: JSONObject
    let place: String
    let byteOffset: Int?

    /// - Throws: `FormatError` when the mean is no number, or the test has no size.
    func result() throws(FormatError) -> MeasuredResult {
        guard let mean = number("avg_ts") else {
            throw fault("'avg_ts' is \(fields["avg_ts"]?.text().shortened ?? "missing"), no number")
        }
        var result = MeasuredResult(task: try task(), metric: "tokens_per_second", value: mean)
        result.unit = "tokens/s"
        result.higherIsBetter = true
        result.tool = Self.tool
        result.toolVersion = Self.version(number: text("build_number"), commit: text("build_commit"))
        result.host.cpu = text("cpu_info")
        result.host.gpu = text("gpu_info")
        result.measuredAt = try moment()
        let samples = fields["samples_ts"]?.arrayValue?.compactMap(ResultNumber.value) ?? []
        if !samples.isEmpty {
            result.sampleCount = samples.count
            result.standardError = ResultNumber.standardError(of: samples)
        } else if let spread = number("stddev_ts") {
            result.about["stddev"] = .number("\(spread)")
        }
        for (key, value) in fields.members where !Self.placed.contains(key) {
            let value = Self.plain(value)
            guard value != .null, value != .string("") else { continue }
            if Self.remarks.contains(key) { result.about[key] = value } else { result.conditions[key] = value }
        }
        return try result.checked(place, at: byteOffset)
    }

    /// `b4567 (0123abc)`.
    static func version(number: String?, commit: String?) -> String? {
        guard let number else { return commit }
        return commit.map { "b\(number) (\($0))" } ?? "b\(number)"
    }

    /// `pp512`, `tg128`, `pp512+tg128`, with ` @ d4096` behind a context of that depth: as the Markdown printer says
    /// it.
    private func task() throws(FormatError) -> String {
        let (prompt, generated) = (try count("n_prompt") ?? 0, try count("n_gen") ?? 0)
        guard prompt + generated > 0 else { throw fault("the test has neither 'n_prompt' nor 'n_gen'") }
        let parts = [prompt > 0 ? "pp\(prompt)" : nil, generated > 0 ? "tg\(generated)" : nil].compactMap(\.self)
        let depth = try count("n_depth") ?? 0
        return parts.joined(separator: "+") + (depth > 0 ? " @ d\(depth)" : "")
    }

    private func moment() throws(FormatError) -> Int? {
        guard let text = text("test_time") else { return nil }
        guard let milliseconds = MomentText.milliseconds(text) else {
            throw fault("'test_time' is '\(text.shortened)', no moment such as 2026-05-01T09:30:00Z")
        }
        return Int(milliseconds / 1000)
    }

    private func number(_ key: String) -> Double? {
        guard let value = fields[key] else { return nil }
        return ResultNumber.value(value) ?? value.stringValue.flatMap { ResultNumber.value($0) }
    }

    private func count(_ key: String) throws(FormatError) -> Int? {
        guard fields[key] != nil else { return nil }
        guard let count = text(key).flatMap({ ResultNumber.count($0) }), count <= 1 << 40 else {
            throw fault("'\(key)' is \(fields[key]?.text().shortened ?? ""), no number of tokens")
        }
        return count
    }

    private func text(_ key: String) -> String? {
        switch fields[key] {
        case .string(let text): text.isEmpty ? nil : text
        case .number(let text): text
        default: nil
        }
    }

    /// Digits as a number, so that a setting is the same from CSV as from JSON.
    private static func plain(_ value: JSONValue) -> JSONValue {
        guard let text = value.stringValue, let number = Int(text), String(number) == text else { return value }
        return .number(number)
    }

    private func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, "\(place): \(problem)", at: byteOffset, remedy: "Run llama-bench again")
    }
}
