package import Bytes

/// What an adapter says of itself in `adapter_config.json`, as PEFT writes it.
///
/// Source: peft 0.21, `tuners/lora/config.py`.
package struct AdapterConfiguration: Sendable {
    /// The name of the file.
    package static let fileName = "adapter_config.json"

    /// The model that it was trained for; nil where the file does not say it.
    package let baseModel: String?
    /// Whether each output has a magnitude of its own (DoRA).
    package let hasMagnitudes: Bool
    /// Whether layers hold their matrices as [in, out].
    package let isFanInFanOut: Bool
    private let rank: Int
    private let alpha: Double
    /// Whether the scaling is alpha ÷ √rank (rsLoRA), and not alpha ÷ rank.
    private let isRankStabilized: Bool
    private let ranks: [(expression: NameExpression, value: Int)]
    private let alphas: [(expression: NameExpression, value: Double)]

    private static let ranks = 1...65_536

    /// What changes what an adapter means in ways that are not merged here, when it is there.
    private static let refused = [
        "layer_replication", "trainable_token_indices", "target_parameters", "alora_invocation_tokens",
        "arrow_config", "use_qalora", "use_bdlora", "velora_config",
    ]

    /// - Throws: `FormatError` for an adapter of another kind, and for numbers that make no sense.
    package init(_ json: JSONValue) throws(FormatError) {
        func fault(_ problem: String, remedy: String = "Save the adapter with PEFT's save_pretrained") -> FormatError {
            FormatError(.refused, problem, file: Self.fileName, remedy: remedy)
        }
        let kind = json["peft_type"]?.stringValue ?? "nothing"
        guard kind.uppercased() == "LORA" else {
            throw fault("peft_type is \(kind.shortened), and LORA is merged", remedy: "Merge it with PEFT")
        }
        for key in Self.refused where Self.isSet(json[key]) {
            throw fault("'\(key)' is not merged here", remedy: "Merge the adapter with PEFT, and register the result")
        }
        guard let rank = json["r"]?.intValue, Self.ranks.contains(rank) else {
            throw fault("'r' is no rank from 1 to 65536")
        }
        self.rank = rank
        guard let alpha = json["lora_alpha"]?.doubleValue, alpha.isFinite else {
            throw fault("'lora_alpha' is no number")
        }
        self.alpha = alpha
        isRankStabilized = json["use_rslora"]?.boolValue ?? false
        hasMagnitudes = json["use_dora"]?.boolValue ?? false
        isFanInFanOut = json["fan_in_fan_out"]?.boolValue ?? false
        baseModel = json["base_model_name_or_path"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        ranks = try Self.patterns("rank_pattern", in: json, of: "rank from 1 to 65536") { number in
            Int(exactly: number).flatMap { Self.ranks.contains($0) ? $0 : nil }
        }
        alphas = try Self.patterns("alpha_pattern", in: json, of: "number") { $0.isFinite ? $0 : nil }
    }

    private static func isSet(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null?, .bool(false)?: false
        case .array(let items)?: !items.isEmpty
        case .object(let object)?: !object.members.isEmpty
        default: true
        }
    }

    /// - Parameter value: the number as it is used; nil for one that makes no sense.
    private static func patterns<Value>(
        _ key: String, in json: JSONValue, of kind: String, value: (Double) -> Value?
    ) throws(FormatError) -> [(expression: NameExpression, value: Value)] {
        try (json[key]?.objectValue?.members ?? []).map { member throws(FormatError) in
            guard let number = member.value.doubleValue.flatMap(value) else {
                throw FormatError(
                    .refused, "'\(key)' has no \(kind) for '\(member.key.shortened)'", file: fileName,
                    remedy: "Save the adapter with PEFT's save_pretrained")
            }
            do throws(FormatError) {
                return (try NameExpression("^(.*\\.)?(\(member.key))$"), number)
            } catch { throw error.within(file: fileName) }
        }
    }

    /// The rank that a module has.
    /// - Throws: `FormatError` for a pattern that takes too long.
    package func rank(of module: String) throws(FormatError) -> Int { try Self.value(of: module, in: ranks) ?? rank }

    private static func value<Value>(
        of module: String, in patterns: [(expression: NameExpression, value: Value)]
    ) throws(FormatError) -> Value? {
        do throws(FormatError) {
            for pattern in patterns where try pattern.expression.findsSoon(in: module) { return pattern.value }
        } catch { throw error.within(file: fileName) }
        return nil
    }

    /// What B · A is multiplied by in a module.
    /// - Throws: `FormatError` for a pattern that takes too long.
    package func scaling(of module: String) throws(FormatError) -> Double {
        let alpha = try Self.value(of: module, in: alphas) ?? alpha
        let rank = Double(try rank(of: module))
        return isRankStabilized ? alpha / rank.squareRoot() : alpha / rank
    }
}
