package import Bytes

extension ModelFamily {
    /// The families that Ingot knows, in the order of their names. A new one is a file in `Families/` and a line here.
    package static let all: [ModelFamily] = embedded.map { name, json in
        do {
            return try ModelFamily(parsing: json)
        } catch {
            preconditionFailure("Families/\(name).json: \(error)")  // a fault of the build; the tests read every file
        }
    }

    private static var embedded: [(name: String, json: [UInt8])] {
        [
            ("bert", PackageResources.bert_json),
            ("gemma", PackageResources.gemma_json),
            ("gemma2", PackageResources.gemma2_json),
            ("gemma3", PackageResources.gemma3_json),
            ("gpt2", PackageResources.gpt2_json),
            ("gpt_oss", PackageResources.gpt_oss_json),
            ("llama", PackageResources.llama_json),
            ("mistral", PackageResources.mistral_json),
            ("mixtral", PackageResources.mixtral_json),
            ("nomic_bert", PackageResources.nomic_bert_json),
            ("phi3", PackageResources.phi3_json),
            ("qwen2", PackageResources.qwen2_json),
            ("qwen2_moe", PackageResources.qwen2_moe_json),
            ("qwen3", PackageResources.qwen3_json),
            ("qwen3_moe", PackageResources.qwen3_moe_json),
        ]
    }

    /// The family of models whose config.json says this `model_type`; nil when none is known.
    package static func of(modelType: String) -> ModelFamily? {
        all.first { $0.modelTypes.contains(modelType) }
    }

    /// The family of the model that a config.json describes; nil when none is known.
    package static func of(config: JSONValue) -> ModelFamily? {
        ModelProperties(config: config).modelType.flatMap { of(modelType: $0) }
    }
}
