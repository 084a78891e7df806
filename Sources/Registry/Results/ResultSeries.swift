import Bytes
import Catalog
import Measurements

/// The newest result of one task and metric that was measured in one way.
struct ResultSeries {
    let result: ResultDraft
    /// How it was measured, by name.
    let conditions: JSONObject

    /// Conditions that tell what was asked and not how: a newer result with others takes the place of an older one.
    private static let versions: Set = ["task_version", "task_hash", "dataset_name"]

    init(_ result: ResultDraft) {
        self.result = result
        var conditions = Self.object(result.extra)
        conditions["about"] = nil
        self.conditions = conditions
    }

    /// What two results are told apart by when the newest of each kind is wanted.
    private var key: [String] {
        let settings = conditions.members.filter { !Self.versions.contains($0.key) }
        return [result.task ?? "", result.metric, result.tool ?? "", result.dataset ?? ""]
            + settings.map { "\($0.key)=\($0.value.text())" }.sorted()
    }

    /// The newest of each kind, the newest of all last; of equals, the later of `results` is the newer.
    static func newest(of results: [ResultDraft]) -> [ResultSeries] {
        var places: [[String]: Int] = [:]
        var series: [ResultSeries?] = []
        let ordered = results.enumerated().sorted {
            ($0.element.measuredAt, $0.offset) < ($1.element.measuredAt, $1.offset)
        }
        for result in ordered.map({ ResultSeries($0.element) }) {
            if let place = places[result.key] { series[place] = nil }
            places[result.key] = series.count
            series.append(result)
        }
        return series.compactMap(\.self)
    }

    /// Why the two cannot be held against each other, in words: whatever both tell and tell differently. The filter of
    /// an answer counts also when one does not tell it, which then was none.
    func differences(from other: Self) -> [String] {
        var texts: [String] = []
        func compare(_ name: String, _ own: String?, _ others: String?) {
            guard let own, let others, own != others else { return }
            texts.append("\(name) \(own.shortened) against \(others.shortened)")
        }
        compare("tool", result.tool, other.result.tool)
        compare("filter", filter, other.filter)
        compare("dataset", result.dataset, other.result.dataset)
        compare("dataset digest", Self.start(result.datasetDigest), Self.start(other.result.datasetDigest))
        compare("prompt digest", Self.start(result.promptDigest), Self.start(other.result.promptDigest))
        compare("unit", result.unit, other.result.unit)
        for (name, value) in conditions.members where name != "filter" {
            compare(name, Self.text(value), other.conditions[name].map(Self.text))
        }
        if isSpeed {
            compare("CPU", result.host.cpu, other.result.host.cpu)
            compare("GPU", result.host.gpu, other.result.host.gpu)
        }
        return texts
    }

    /// Shots and filter first, as these are what people ask for; a few words.
    var setting: String? {
        let shots = conditions["shots"].map { "\(Self.text($0))-shot" }
        let named = ["filter", "n_ctx", "n_threads", "n_gpu_layers"].compactMap { name in
            conditions[name].map { "\(name) \(Self.text($0))" }
        }
        let words = [shots].compactMap(\.self) + named
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// The standard error: as told, or of a share of `sampleCount` questions.
    ///
    /// For a share, two successes and two failures are added (Agresti and Coull, "Approximate is better than exact for
    /// interval estimation of binomial proportions", 1998), so that 0 and 1 have an error, too.
    var standardError: Double? {
        if let error = result.standardError { return error }
        guard let count = result.sampleCount, count > 0, Self.isShare(result.metric) else { return nil }
        let scale = result.unit == "%" ? 100.0 : 1.0
        let share = result.value / scale
        guard (0...1).contains(share) else { return nil }
        let trials = Double(count) + 4
        let center = (share * Double(count) + 2) / trials
        return scale * (center * (1 - center) / trials).squareRoot()
    }

    /// Metrics that count right answers.
    private static func isShare(_ metric: String) -> Bool {
        ["acc", "acc_norm", "accuracy", "exact_match", "em", "pass@1"].contains(metric.lowercased())
    }

    /// Speeds and times depend on the machine.
    private var isSpeed: Bool {
        guard let unit = result.unit else { return false }
        return unit.contains("/s") || ["s", "ms", "us", "ns", "1/s"].contains(unit)
    }

    private var filter: String { conditions["filter"].map(Self.text) ?? "none" }

    private static func start(_ digest: Digest?) -> String? { digest.map { String($0.hex.prefix(12)) } }

    private static func text(_ value: JSONValue) -> String { value.stringValue ?? value.text() }

    /// The members of `text`; none for one that is no JSON object, which other tools may have written.
    private static func object(_ text: String?) -> JSONObject {
        guard let text else { return JSONObject() }
        do { return try JSONValue(parsing: Array(text.utf8)).objectValue ?? JSONObject() } catch { return JSONObject() }
    }
}
