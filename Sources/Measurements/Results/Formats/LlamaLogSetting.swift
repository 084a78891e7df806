import Bytes

/// What llama.cpp's programs say of themselves before they begin: the build, the model's file, the machine, and how
/// much is measured.
struct LlamaLogSetting {
    private(set) var chunkCount: Int?
    private var contextLength: Int?
    private var version: String?
    private var modelPath: String?
    private var threadCount: Int?
    private var coreCount: Int?
    private var cpu: String?

    /// Takes what `line` tells, if anything.
    mutating func take(_ line: String) {
        if line.contains(" chunks, n_ctx=") {
            chunkCount = Self.number(line, behind: " over ")
            contextLength = Self.number(line, behind: "n_ctx=")
        } else if let rest = Self.rest(line, behind: "build: ") ?? Self.rest(line, behind: "build_info: ") {
            version = version ?? Self.version(rest)
        } else if line.contains("loaded meta data with"), let rest = Self.rest(line, behind: "tensors from ") {
            modelPath = Self.path(rest)
        } else if let rest = Self.rest(line, behind: "system_info: n_threads = ") {
            threadCount = Self.number(rest, behind: "")
            coreCount = Self.number(rest, behind: " / ")
        } else if cpu == nil, let rest = Self.rest(line, behind: "- CPU : ") ?? Self.rest(line, behind: "- CPU: ") {
            cpu = rest.firstRange(of: " (").map { String(rest[..<$0.lowerBound]) } ?? rest
        }
    }

    /// The result with what the log told around it.
    func describe(_ result: MeasuredResult) -> MeasuredResult {
        var result = result
        result.tool = LlamaPerplexityLog.name
        result.toolVersion = version
        result.host.coreCount = coreCount
        result.host.cpu = cpu?.trimmed
        if let chunkCount { result.conditions["chunks"] = .number(chunkCount) }
        if let contextLength { result.conditions["n_ctx"] = .number(contextLength) }
        if let modelPath { result.about["model_filename"] = .string(modelPath) }
        if let threadCount { result.about["n_threads"] = .number(threadCount) }
        // The second half of each chunk is scored, but for its last token (perplexity.cpp, `perplexity`).
        if result.sampleCount == nil, let chunkCount, let contextLength, contextLength < 1 << 30 {
            let scored = contextLength - contextLength / 2 - 1
            let (count, isTooLarge) = chunkCount.multipliedReportingOverflow(by: max(0, scored))
            result.sampleCount = isTooLarge ? nil : count
        }
        return result
    }

    /// `b4567 (0123abc)` of `4567 (0123abc) with cc (Debian 12.2.0) …` or of `b4567-0123abc`.
    private static func version(_ text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first else { return nil }
        if first.allSatisfy(\.isNumber), let commit = words.dropFirst().first, commit.hasPrefix("(") {
            return LlamaBenchRecord.version(number: first, commit: commit.filter { $0 != "(" && $0 != ")" })
        }
        let parts = first.split(separator: "-", maxSplits: 1).map(String.init)
        guard first.hasPrefix("b"), parts.count == 2 else { return first }
        return LlamaBenchRecord.version(number: String(parts[0].dropFirst()), commit: parts[1])
    }

    /// `models/x.gguf` of `models/x.gguf (version GGUF V3 (latest))`.
    private static func path(_ text: String) -> String {
        text.firstRange(of: " (version").map { String(text[..<$0.lowerBound]) } ?? text.trimmed
    }

    private static func rest(_ text: String, behind mark: String) -> String? {
        text.firstRange(of: mark).map { String(text[$0.upperBound...]) }
    }

    private static func number(_ text: String, behind mark: String) -> Int? {
        let rest = mark.isEmpty ? text : rest(text, behind: mark)
        return rest.flatMap { ResultNumber.count($0.prefix { $0.isNumber }) }
    }
}
