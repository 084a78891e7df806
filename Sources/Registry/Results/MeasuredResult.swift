import Bytes

/// One measurement as a tool wrote it, before it is tied to an artifact.
struct MeasuredResult: Equatable, Sendable {
    var task: String?
    var metric: String
    var value: Double
    var unit: String?
    var higherIsBetter: Bool?
    var standardError: Double?
    var sampleCount: Int?
    var dataset: String?
    var tool: String?
    var toolVersion: String?
    /// ISO 8601, UTC; nil when the file does not tell.
    var measuredAt: String?
    /// What else the file tells of this row, such as the number of shots.
    var extra = JSONObject()
}
