package import Bytes
import Numbers

extension MergeSettings {
    /// As the canonical text has it: the keys that a file has, models as they are named here.
    package var parameters: JSONObject {
        var object = JSONObject([("merge_method", .string(method.rawValue))])
        if let baseModel { object["base_model"] = .string(baseModel) }
        if isStacked {
            object["slices"] = .array(
                slices.map { slice in
                    var members = JSONObject([("sources", .array(slice.sources.map(Self.json)))])
                    members["parameters"] = Self.json(slice.values)
                    return .object(members.sorted())
                })
        } else {
            object["models"] = .array(slices[0].sources.map(Self.json))
        }
        object["parameters"] = Self.json(values)
        if let dtype { object["dtype"] = .string(dtype.rawValue.lowercased()) }
        if let tokenizerSource { object["tokenizer_source"] = .string(tokenizerSource) }
        if method.drops { object["seed"] = .number(String(seed)) }
        return object
    }

    private static func json(_ source: Source) -> JSONValue {
        var members = JSONObject([("model", .string(source.model))])
        if let layers = source.layers {
            members["layer_range"] = .array([.number(layers.lowerBound), .number(layers.upperBound)])
        }
        members["parameters"] = json(source.values)
        return .object(members.sorted())
    }

    /// Nil when there are none.
    private static func json(_ values: [String: MergeParameter]) -> JSONValue? {
        values.isEmpty ? nil : .object(JSONObject(values.map { ($0.key, $0.value.json) }).sorted())
    }
}
