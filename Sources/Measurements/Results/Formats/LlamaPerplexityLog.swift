package import Bytes

/// What llama.cpp's `llama-perplexity` prints: perplexity, the statistics of `--kl-divergence`, and the scores of
/// `--hellaswag`, `--winogrande` and `--multiple-choice`.
///
/// The estimate stands on the line `Final estimate: PPL = 5.9070 +/- 0.0332`, the statistics on lines of their own,
/// with `±`. What it was measured over stands before: `calculating perplexity over 642 chunks, n_ctx=512, …`. Each line
/// may begin with a time and a level. The text that was read is not named. Source: llama.cpp,
/// `tools/perplexity/perplexity.cpp`.
package enum LlamaPerplexityLog: ResultFormat {
    package static let name = "llama-perplexity"

    private static let final = "Final estimate: PPL ="
    private static let winogrande = "Final Winogrande score("
    private static let choice = "Final result:"
    private static let hellaswag = "task\tacc_norm\t95% confidence interval"
    private static let calculation = [" calculating perplexity over ", "kl_divergence: computing over "]

    package static func recognizes(_ document: ResultDocument) -> Bool {
        let marks = [final, winogrande, hellaswag, "====== KL divergence statistics"] + calculation
        return document.lines.contains { line in marks.contains { line.text.contains($0) } }
    }

    package static func results(in document: ResultDocument) throws(FormatError) -> [MeasuredResult] {
        var setting = LlamaLogSetting()
        var results: [MeasuredResult] = []
        var score: MeasuredResult?
        var isScoring = false
        for line in document.lines {
            setting.take(line.text)
            if line.text.contains(hellaswag) {
                isScoring = true
            } else if isScoring, let row = hellaswagRow(line.text) {
                score = row
            } else if let row = try row(line, setting) {
                results.append(row)
            }
        }
        if let score { results.append(score) }
        guard !results.isEmpty else { throw unfinished(setting) }
        var checked: [MeasuredResult] = []
        for result in results { checked.append(try setting.describe(result).checked("the log")) }
        return checked
    }

    private static func unfinished(_ setting: LlamaLogSetting) -> FormatError {
        let announced = setting.chunkCount.map { ": it announces \($0) chunks" } ?? ""
        return FormatError(
            .truncated, "the log ends before the final estimate\(announced)",
            remedy: "Let llama-perplexity run to its end, and keep both its outputs: llama-perplexity … > FILE 2>&1")
    }

    private static func row(
        _ line: ResultDocument.Line, _ setting: LlamaLogSetting
    ) throws(FormatError) -> MeasuredResult? {
        if let rest = rest(line.text, behind: final) {
            return try estimate("perplexity", "ppl", rest, higherIsBetter: false, line)
        }
        if let rest = rest(line.text, behind: winogrande) {
            var row = try estimate(
                "winogrande", "acc", Self.rest(rest, behind: ":") ?? "", higherIsBetter: true, line)
            row.unit = "%"
            row.sampleCount = ResultNumber.count(rest.prefix { $0.isNumber })
            return row
        }
        if let rest = rest(line.text, behind: choice) {
            var row = try estimate("multiple-choice", "acc", rest, higherIsBetter: true, line)
            row.unit = "%"
            return row
        }
        return try LlamaDivergenceStatistics.row(line)
    }

    /// `5.9070 +/- 0.0332`.
    private static func estimate(
        _ task: String, _ metric: String, _ text: String, higherIsBetter: Bool, _ line: ResultDocument.Line
    ) throws(FormatError) -> MeasuredResult {
        let parts = text.replacing("+/-", with: "±").split(separator: "±").map(\.trimmed)
        guard parts.count <= 2, let value = parts.first.flatMap({ ResultNumber.value($0) }) else {
            throw FormatError(
                .corrupt, "\(line.place): '\(text.trimmed.shortened)' is no estimate such as 5.9070 +/- 0.0332",
                at: line.byteOffset, remedy: "Run llama-perplexity again")
        }
        var row = MeasuredResult(task: task, metric: metric, value: value)
        row.standardError = parts.dropFirst().first.flatMap { ResultNumber.value($0) }
        if row.standardError?.isFinite == false { row.standardError = nil }
        row.higherIsBetter = higherIsBetter
        return row
    }

    /// `400	76.12500000%	[71.7, 80.0]`: the score over the tasks so far, the last over all.
    private static func hellaswagRow(_ text: String) -> MeasuredResult? {
        let cells = text.split(separator: "\t")
        guard cells.count >= 2, let count = ResultNumber.count(cells[0]), count > 0, cells[1].hasSuffix("%"),
            let value = ResultNumber.value(cells[1].dropLast())
        else { return nil }
        var row = MeasuredResult(task: "hellaswag", metric: "acc_norm", value: value)
        row.unit = "%"
        row.higherIsBetter = true
        row.sampleCount = count
        return row
    }

    private static func rest(_ text: String, behind mark: String) -> String? {
        text.firstRange(of: mark).map { String(text[$0.upperBound...]) }
    }
}
