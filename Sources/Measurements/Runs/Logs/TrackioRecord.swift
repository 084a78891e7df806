package import Bytes

/// A row of Trackio's table `metrics`: a JSON object of what was logged at one step.
///
/// Every member that is a number is a metric, those of objects inside under `outer/inner`; NaN and infinities are the
/// texts `NaN`, `Infinity` and `-Infinity`. An object with a member `_type` stands for a picture or a table and is
/// passed over. Source: trackio, `utils.py`, `serialize_values`.
package enum TrackioRecord {
    private static let words = ["NaN": Double.nan, "Infinity": .infinity, "-Infinity": -.infinity]
    private static let deepest = 16

    /// - Parameter json: the object.
    /// - Throws: `FormatError` when it is none.
    package static func take(
        _ json: [UInt8], step: Int64, time: Int64, into values: inout RunValues
    ) throws(FormatError) {
        let document = try JSONValue(parsing: json, dialect: .python)
        guard case .object(let object) = document else {
            throw FormatError(.corrupt, "a row's metrics are no JSON object", remedy: "Log the run again")
        }
        try take(object, prefix: "", depth: 0, step, time, into: &values)
    }

    /// The settings of a run: its `config`, flat, without what Trackio adds (`_Username` and the like).
    package static func parameters(_ json: [UInt8]) throws(FormatError) -> [(name: String, value: String)] {
        guard case .object(let object) = try JSONValue(parsing: json, dialect: .python) else { return [] }
        var found: [(String, String)] = []
        addParameters(object, prefix: "", depth: 0, to: &found)
        return found.filter { !$0.0.hasPrefix("_") }
    }

    private static func take(
        _ object: JSONObject, prefix: String, depth: Int, _ step: Int64, _ time: Int64, into values: inout RunValues
    ) throws(FormatError) {
        guard depth <= deepest else { return }
        for (key, value) in object.members where !(prefix + key).isEmpty {
            let number: Double?
            switch value {
            case .number(let literal): number = NumberText.number(literal)
            case .string(let text): number = words[text]
            case .object(let inner):
                number = nil
                if !inner.members.contains(where: { $0.key == "_type" }) {
                    try take(inner, prefix: "\(prefix)\(key)/", depth: depth + 1, step, time, into: &values)
                }
            default: number = nil
            }
            guard let number else { continue }
            values.append(series: try values.metric(named: prefix + key), step: step, time: time, value: number)
        }
    }

    private static func addParameters(
        _ object: JSONObject, prefix: String, depth: Int, to found: inout [(String, String)]
    ) {
        guard depth <= deepest else { return }
        for (key, value) in object.members where !(prefix + key).isEmpty {
            switch value {
            case .null: break
            case .object(let inner): addParameters(inner, prefix: "\(prefix)\(key)/", depth: depth + 1, to: &found)
            case .string(let text): found.append((prefix + key, text))
            default: found.append((prefix + key, value.text()))
            }
        }
    }
}
