package import Bytes
package import Measurements

/// Something measured of an artifact. It is bound to the digest and stays when the artifact is forgotten.
package struct ResultDraft: Equatable, Sendable {
    package var artifact: Digest
    /// What was done, such as `hellaswag`.
    package var task: String?
    /// What was counted, such as `acc_norm`.
    package var metric: String
    /// May be NaN or infinite, which SQL users see as NULL with the word in `value_text`.
    package var value: Double
    package var unit: String?
    package var higherIsBetter: Bool?
    package var standardError: Double?
    package var sampleCount: Int?
    package var dataset: String?
    package var datasetDigest: Digest?
    /// Of what the model was asked.
    package var promptDigest: Digest?
    package var tool: String?
    package var toolVersion: String?
    /// The machine that it was measured on.
    package var host: MeasuringHost
    package var measuredAt: Timestamp
    /// The digest of the file that it was imported from.
    package var sourceDigest: Digest?
    /// Whatever else is worth keeping, as JSON.
    package var extra: String?

    package init(
        artifact: Digest, task: String? = nil, metric: String, value: Double, unit: String? = nil,
        higherIsBetter: Bool? = nil, standardError: Double? = nil, sampleCount: Int? = nil, dataset: String? = nil,
        datasetDigest: Digest? = nil, promptDigest: Digest? = nil, tool: String? = nil, toolVersion: String? = nil,
        host: MeasuringHost = MeasuringHost(), measuredAt: Timestamp, sourceDigest: Digest? = nil,
        extra: String? = nil
    ) {
        self.artifact = artifact
        self.task = task
        self.metric = metric
        self.value = value
        self.unit = unit
        self.higherIsBetter = higherIsBetter
        self.standardError = standardError
        self.sampleCount = sampleCount
        self.dataset = dataset
        self.datasetDigest = datasetDigest
        self.promptDigest = promptDigest
        self.tool = tool
        self.toolVersion = toolVersion
        self.host = host
        self.measuredAt = measuredAt
        self.sourceDigest = sourceDigest
        self.extra = extra
    }
}
