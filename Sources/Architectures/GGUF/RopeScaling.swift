import Bytes

/// How a model stretches rotary position embeddings over longer texts than it was first trained on.
///
/// The kinds and their parameters are those of transformers' modeling_rope_utils.py.
enum RopeScaling: Equatable, Sendable {
    case none
    case linear(factor: Double)
    case yarn(Yarn)
    case llama3(Llama3)
    case longRope(LongRope)

    struct Yarn: Equatable, Sendable {
        var factor: Double
        var originalContext: Double
        var betaFast: Double?
        var betaSlow: Double?
        var extrapolation: Double?
        /// What attention scores are multiplied by; nil for the usual value.
        var attentionFactor: Double?

        var usualAttentionFactor: Double { factor <= 1 ? 1 : 0.1 * naturalLogarithm(factor) + 1 }
    }

    struct LongRope: Equatable, Sendable {
        var short: [Float]
        var long: [Float]
        var originalContext: Double
        /// What attention scores are multiplied by; nil for the usual value.
        var attentionFactor: Double?

        /// The usual value when texts may be `factor` times as long.
        func usualAttentionFactor(_ factor: Double) -> Double {
            factor <= 1 ? 1 : (1 + naturalLogarithm(factor) / naturalLogarithm(originalContext)).squareRoot()
        }
    }
}

extension RopeScaling {
    /// Reads what a config.json says, in `rope_parameters` or, as before transformers 5, in `rope_scaling`.
    /// - Parameters:
    ///   - rules: what the architecture can do.
    ///   - notes: gets what is left out.
    init(
        reading config: ConfigReader, _ rules: GGUFConvention.Rope, _ numbers: Hyperparameters, notes: inout [String]
    ) throws(FormatError) {
        let places = ["rope_scaling"] + [rules.layerType.map { "rope_parameters.\($0)" }, "rope_parameters"].compactMap(\.self)
        guard let place = places.first(where: { config[$0]?.objectValue != nil }) else {
            self = .none
            return
        }
        func number(_ names: String...) throws(FormatError) -> Double? {
            try config.number(of: names.map { "\(place).\($0)" })
        }
        func needed(_ name: String) throws(FormatError) -> Double {
            guard let value = try number(name), value > 0 else {
                throw ConfigReader.fault("'\(place).\(name)' is needed, and above zero")
            }
            return value
        }
        let type = (config["\(place).rope_type"] ?? config["\(place).type"])?.stringValue ?? "default"
        let context = numbers.values["context"] ?? 0
        let original = try config.number(of: ["\(place).original_max_position_embeddings"])
        let elsewhere = try config.number(of: ["original_max_position_embeddings"])
        let usualOriginal = original ?? elsewhere ?? context
        guard type == "default" || type == "dynamic" || rules.scalings.contains(type) else {
            throw FormatError(
                .unsupported, "rotary embeddings are scaled by '\(type)'", file: "config.json",
                remedy: "Keep the model in another format")
        }
        switch type {
        case "default": self = .none
        case "dynamic":
            notes.append(
                "rotary embeddings are scaled by 'dynamic', which GGUF has no key for: longer texts than \(Int(context)) "
                    + "tokens are not scaled")
            self = .none
        case "linear": self = .linear(factor: try needed("factor"))
        case "llama3":
            self = .llama3(
                Llama3(
                    factor: try needed("factor"), low: try needed("low_freq_factor"), high: try needed("high_freq_factor"),
                    originalContext: original ?? 8192))
        case "yarn":
            var yarn = Yarn(factor: try needed("factor"), originalContext: usualOriginal)
            yarn.betaFast = try number("beta_fast")
            yarn.betaSlow = try number("beta_slow")
            yarn.extrapolation = try number("extrapolation_factor")
            yarn.attentionFactor = try number("attention_factor", "attn_factor")
            if yarn.attentionFactor == nil, let scale = try number("mscale"), let all = try number("mscale_all_dim") {
                let logarithm = yarn.factor <= 1 ? 0 : 0.1 * naturalLogarithm(yarn.factor)
                yarn.attentionFactor = (scale * logarithm + 1) / (all * logarithm + 1)
            }
            self = .yarn(yarn)
        default:
            let half = (numbers.values["head"] ?? 0) * (numbers.values["rotary"] ?? 1) / 2
            func factors(_ name: String) throws(FormatError) -> [Float] {
                let values = (config["\(place).\(name)"]?.arrayValue ?? []).compactMap(\.doubleValue)
                guard Double(values.count) == half else {
                    throw ConfigReader.fault("'\(place).\(name)' lists \(values.count) numbers, \(half) are needed")
                }
                return values.map { Float($0) }
            }
            var longRope = LongRope(
                short: try factors("short_factor"), long: try factors("long_factor"), originalContext: usualOriginal)
            let stretch = try number("factor")
            longRope.attentionFactor = try number("attention_factor")
            if longRope.attentionFactor == nil, let stretch {
                longRope.attentionFactor = longRope.usualAttentionFactor(stretch)
            }
            self = .longRope(longRope)
        }
    }

    /// The members that say it in config.json, beside `rope_theta`.
    var config: JSONObject {
        var members = JSONObject()
        func set(_ name: String, _ value: Double?) { members[name] = value.map { .pythonNumber($0) } }
        func setCount(_ name: String, _ value: Double) { members[name] = Int(exactly: value).map { .number($0) } }
        switch self {
        case .none: members["rope_type"] = .string("default")
        case .linear(let factor):
            members["rope_type"] = .string("linear")
            set("factor", factor)
        case .yarn(let yarn):
            members["rope_type"] = .string("yarn")
            set("factor", yarn.factor)
            setCount("original_max_position_embeddings", yarn.originalContext)
            set("beta_fast", yarn.betaFast)
            set("beta_slow", yarn.betaSlow)
            set("extrapolation_factor", yarn.extrapolation)
            set("attention_factor", yarn.attentionFactor)
        case .llama3(let llama3):
            members["rope_type"] = .string("llama3")
            set("factor", llama3.factor)
            set("low_freq_factor", llama3.low)
            set("high_freq_factor", llama3.high)
            setCount("original_max_position_embeddings", llama3.originalContext)
        case .longRope(let longRope):
            members["rope_type"] = .string("longrope")
            members["short_factor"] = .array(longRope.short.map { .pythonNumber(Double.shortest($0)) })
            members["long_factor"] = .array(longRope.long.map { .pythonNumber(Double.shortest($0)) })
            setCount("original_max_position_embeddings", longRope.originalContext)
            set("attention_factor", longRope.attentionFactor)
        }
        return members
    }
}

extension Double {
    /// The double that the shortest decimal digits of `value` name: 1e-06 for the float32 nearest to it.
    static func shortest(_ value: Float) -> Double { Double(value.description) ?? Double(value) }
}
