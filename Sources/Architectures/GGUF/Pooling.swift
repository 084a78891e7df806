import Bytes

/// How the vectors of a text's tokens become one: GGUF's `pooling_type`, and what sentence-transformers calls it.
enum Pooling: UInt32, CaseIterable {
    case mean = 1
    case firstToken = 2
    case lastToken = 3

    /// The member of `1_Pooling/config.json` that is true, and the word that newer ones say.
    var names: (flag: String, mode: String) {
        switch self {
        case .mean: ("pooling_mode_mean_tokens", "mean")
        case .firstToken: ("pooling_mode_cls_token", "cls")
        case .lastToken: ("pooling_mode_lasttoken", "lasttoken")
        }
    }

    /// Reads `1_Pooling/config.json`; nil when it says something that GGUF has no number for.
    init?(parsing config: JSONValue) {
        let found = Self.allCases.first { pooling in
            config[pooling.names.flag] == .bool(true) || config["pooling_mode"] == .string(pooling.names.mode)
        }
        guard let found else { return nil }
        self = found
    }

    /// The files of a folder that sentence-transformers loads.
    func files(width: Int) -> [(path: String, content: JSONValue)] {
        func module(_ index: Int, _ path: String, _ type: String) -> JSONValue {
            .object(
                JSONObject([
                    ("idx", .number(index)), ("name", .string(String(index))), ("path", .string(path)),
                    ("type", .string("sentence_transformers.models.\(type)")),
                ]))
        }
        var config = JSONObject([("word_embedding_dimension", .number(width))])
        for pooling in Self.allCases { config[pooling.names.flag] = .bool(pooling == self) }
        return [
            ("modules.json", .array([module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling")])),
            ("1_Pooling/config.json", .object(config)),
        ]
    }
}
