import Bytes

/// The members of a config.json, which a model of several parts keeps for its language model in `text_config`.
struct ConfigReader {
    private let levels: [JSONValue]

    init(_ config: JSONValue) {
        levels = [config["text_config"], config].compactMap(\.self)
    }

    /// The member at a path such as `rope_parameters.rope_theta`; nil when it is null or not there.
    subscript(path: String) -> JSONValue? {
        for level in levels {
            var value: JSONValue? = level
            for part in path.split(separator: ".") { value = value?[String(part)] }
            if let value, value != .null { return value }
        }
        return nil
    }

    /// The first of several members that is there.
    func first(of paths: [String]) -> (path: String, value: JSONValue)? {
        for path in paths {
            if let value = self[path] { return (path, value) }
        }
        return nil
    }

    /// The first of several members that is there; it must be a number.
    func number(of paths: [String]) throws(FormatError) -> Double? {
        guard let (path, value) = first(of: paths) else { return nil }
        guard let number = value.doubleValue, number.isFinite else {
            throw Self.fault("'\(path)' is \(value.text()), not a number")
        }
        return number
    }

    func bool(_ path: String) throws(FormatError) -> Bool? {
        guard let value = self[path] else { return nil }
        guard let bool = value.boolValue else { throw Self.fault("'\(path)' is \(value.text()), not true or false") }
        return bool
    }

    static func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, problem, file: "config.json", remedy: "Correct config.json, or fetch it again")
    }
}

extension JSONObject {
    /// Sets the member at a path such as `rope_parameters.rope_theta`, making the objects on the way.
    mutating func set(_ path: String, to value: JSONValue) {
        guard let point = path.firstIndex(of: ".") else { return self[path] = value }
        let first = String(path[..<point])
        var inner = self[first]?.objectValue ?? JSONObject()
        inner.set(String(path[path.index(after: point)...]), to: value)
        self[first] = .object(inner)
    }
}
