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
