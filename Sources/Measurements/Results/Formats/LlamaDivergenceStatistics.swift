import Bytes

/// The tables that `llama-perplexity --kl-divergence` ends with, line by line: `Mean    KLD:   0.012345 ±   0.000123`.
/// Source: llama.cpp, `tools/perplexity/perplexity.cpp`, `kl_divergence`.
enum LlamaDivergenceStatistics {
    private struct Statistic {
        let metric: String
        let higherIsBetter: Bool?
    }

    /// What stands before the colon, without repeated spaces, and what it is called here.
    private static let statistics: [String: Statistic] = [
        "Mean PPL(Q)": Statistic(metric: "ppl", higherIsBetter: false),
        "Mean PPL(base)": Statistic(metric: "ppl_base", higherIsBetter: nil),
        "Cor(ln(PPL(Q)), ln(PPL(base)))": Statistic(metric: "ln_ppl_correlation", higherIsBetter: true),
        "Mean ln(PPL(Q)/PPL(base))": Statistic(metric: "ln_ppl_ratio", higherIsBetter: false),
        "Mean PPL(Q)/PPL(base)": Statistic(metric: "ppl_ratio", higherIsBetter: false),
        "Mean PPL(Q)-PPL(base)": Statistic(metric: "ppl_difference", higherIsBetter: false),
        "RMS Δp": Statistic(metric: "delta_p_rms", higherIsBetter: false),
        "Same top p": Statistic(metric: "same_top_p", higherIsBetter: true),
    ]

    /// The row that `line` tells; nil for any other line.
    static func row(_ line: ResultDocument.Line) throws(FormatError) -> MeasuredResult? {
        guard let colon = line.text.lastIndex(of: ":"), line.text.utf8.count < 200 else { return nil }
        let key = line.text[..<colon].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard let statistic = statistics[key] ?? series(key) else { return nil }
        let text = line.text[line.text.index(after: colon)...].trimmed
        let isPercent = text.hasSuffix("%")
        let parts = text.filter { $0 != "%" }.split(separator: "±").map(\.trimmed)
        guard parts.count <= 2, let value = parts.first.flatMap({ ResultNumber.value($0) }) else {
            throw FormatError(
                .corrupt, "\(line.place): '\(text.shortened)' is no statistic such as 0.012345 ± 0.000123",
                at: line.byteOffset, remedy: "Run llama-perplexity again")
        }
        var row = MeasuredResult(task: "kl-divergence", metric: statistic.metric, value: value)
        row.standardError = parts.dropFirst().first.flatMap { ResultNumber.value($0) }
        if row.standardError?.isFinite == false { row.standardError = nil }
        row.unit = isPercent ? "%" : nil
        row.higherIsBetter = statistic.higherIsBetter
        return row
    }

    /// `kld_mean`, `kld_p99.9`, `delta_p_max`: a mean, an extreme, the median or a percentile of one of two series.
    private static func series(_ key: String) -> Statistic? {
        let parts = key.split(separator: " ").map(String.init)
        guard parts.count == 2, let name = ["KLD": "kld", "Δp": "delta_p"][parts[1]] else { return nil }
        // Less divergence is better; a change of probability is better when it is small, whatever its sign.
        let higherIsBetter: Bool? = name == "kld" ? false : nil
        let words = ["Mean": "mean", "Median": "median", "Maximum": "max", "Minimum": "min"]
        if let word = words[parts[0]] { return Statistic(metric: "\(name)_\(word)", higherIsBetter: higherIsBetter) }
        guard parts[0].hasSuffix("%"), let share = ResultNumber.value(parts[0].dropLast()) else { return nil }
        let digits = share == share.rounded() ? String(Int(share)) : "\(share)"
        return Statistic(metric: "\(name)_p\(digits)", higherIsBetter: higherIsBetter)
    }
}
