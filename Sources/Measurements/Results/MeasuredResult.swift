package import Bytes

/// One measurement as a tool wrote it, before it is tied to an artifact.
package struct MeasuredResult: Equatable, Sendable {
    /// What was done, such as `hellaswag` or `pp512`.
    package var task: String?
    /// What was counted, such as `acc_norm` or `tokens_per_second`.
    package var metric: String
    /// May be NaN or infinite.
    package var value: Double
    package var unit: String?
    package var higherIsBetter: Bool?
    package var standardError: Double?
    package var sampleCount: Int?
    package var dataset: String?
    package var datasetDigest: Digest?
    /// Of what the model was asked: the documents, prompts and answers of a task.
    package var promptDigest: Digest?
    package var tool: String?
    package var toolVersion: String?
    package var host = MeasuringHost()
    /// Seconds since 1970; nil when the file does not tell.
    package var measuredAt: Int?
    /// How it was measured: two results are only alike when these are, such as `shots`, `filter` or `n_ctx`.
    package var conditions = JSONObject()
    /// What else the file tells, such as the path of the model's file or the spread of the samples.
    package var about = JSONObject()

    package init(task: String? = nil, metric: String, value: Double) {
        self.task = task
        self.metric = metric
        self.value = value
    }

    /// Conditions and remarks as one JSON text, the remarks in the member `about`; nil when there are none.
    package var extra: String? {
        var object = conditions.sorted()
        if !about.members.isEmpty { object["about"] = .object(about.sorted()) }
        return object.members.isEmpty ? nil : JSONValue.object(object).text()
    }
}

extension MeasuredResult {
    static let longestName = 1_000
    private static let longestText = 4_000
    private static let longestExtra = 1 << 20
    /// The seconds of the years 1970 to 9999, which the catalog can write.
    static let moments = 0..<253_402_300_800

    /// The result, when each part of it is one that the catalog can hold.
    /// - Parameters:
    ///   - place: the line or member that it came from, for the message: `line 7`.
    ///   - byteOffset: where that is in the file.
    /// - Throws: `FormatError` that names the part.
    func checked(_ place: String, at byteOffset: Int? = nil) throws(FormatError) -> Self {
        func refuse(_ problem: String) -> FormatError {
            FormatError(
                .corrupt, "\(place): \(problem)", at: byteOffset, remedy: "Mend or remove that measurement")
        }
        guard !metric.isEmpty else { throw refuse("the metric has no name") }
        for (part, text) in [("metric", metric), ("task", task ?? "")] where text.utf8.count > Self.longestName {
            throw refuse("the \(part)'s name has \(text.utf8.count) bytes, at most \(Self.longestName) are kept")
        }
        let texts = [
            ("unit", unit), ("dataset", dataset), ("tool", tool), ("tool version", toolVersion), ("host", host.name),
            ("CPU", host.cpu), ("GPU", host.gpu), ("system", host.os),
        ]
        for (part, text) in texts {
            guard let text, text.utf8.count > Self.longestText else { continue }
            throw refuse("the \(part) has \(text.utf8.count) bytes, at most \(Self.longestText) are kept")
        }
        if let standardError, standardError < 0 { throw refuse("the standard error is \(standardError), below 0") }
        if let sampleCount, sampleCount < 0 { throw refuse("the number of samples is \(sampleCount), below 0") }
        if let measuredAt, !Self.moments.contains(measuredAt) {
            throw refuse("the time is \(measuredAt) seconds from 1970, outside the years 1970 to 9999")
        }
        if let extra, extra.utf8.count > Self.longestExtra {
            throw refuse("its settings take \(extra.utf8.count) bytes, at most \(Self.longestExtra) are kept")
        }
        return withoutBlanks
    }

    /// Empty texts and impossible counts say nothing.
    private var withoutBlanks: Self {
        func text(_ text: String?) -> String? { text?.isEmpty == true ? nil : text }
        func count(_ count: Int?) -> Int? { count.map { $0 > 0 ? $0 : nil } ?? nil }
        var copy = self
        copy.task = text(task)
        copy.unit = text(unit)
        copy.dataset = text(dataset)
        copy.tool = text(tool)
        copy.toolVersion = text(toolVersion)
        copy.host = MeasuringHost(
            name: text(host.name), cpu: text(host.cpu), coreCount: count(host.coreCount),
            memoryByteCount: count(host.memoryByteCount), gpu: text(host.gpu), os: text(host.os))
        return copy
    }
}
