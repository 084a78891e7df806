import Bytes

extension RopeScaling {
    /// Reads what a config.json says, in `rope_parameters` or, as before transformers 5, in `rope_scaling`.
    /// - Parameters:
    ///   - rules: what the architecture can do.
    ///   - notes: gets what is left out.
    init(
        reading config: ConfigReader, _ rules: GGUFConvention.Rope, _ numbers: Hyperparameters, notes: inout [String]
    ) throws(FormatError) {
        let places = ["rope_scaling", rules.layerType.map { "rope_parameters.\($0)" }, "rope_parameters"]
        guard let place = places.compactMap(\.self).first(where: { config[$0]?.objectValue != nil }) else {
            self = .none
            return
        }
        let members = RopeMembers(config: config, place: place, numbers: numbers)
        let type = (config["\(place).rope_type"] ?? config["\(place).type"])?.stringValue ?? "default"
        guard type == "default" || type == "dynamic" || rules.scalings.contains(type) else {
            throw FormatError(
                .unsupported, "rotary embeddings are scaled by '\(type)'", file: "config.json",
                remedy: "Keep the model in another format")
        }
        switch type {
        case "default": self = .none
        case "dynamic":
            let context = Int(numbers.values["context"] ?? 0)
            notes.append(
                "GGUF has no key for 'dynamic' rotary scaling: texts of more than \(context) tokens go without")
            self = .none
        case "linear": self = .linear(factor: try members.needed("factor"))
        case "llama3":
            self = .llama3(
                Llama3(
                    factor: try members.needed("factor"), low: try members.needed("low_freq_factor"),
                    high: try members.needed("high_freq_factor"),
                    originalContext: try members.number("original_max_position_embeddings") ?? 8192))
        case "yarn":
            let yarn = try Yarn(reading: members)
            // llama.cpp, models/*.cpp: it reads these keys for other architectures only.
            if yarn.betaFast ?? 32 != 32 || yarn.betaSlow ?? 1 != 1 || yarn.extrapolation ?? 1 != 1 {
                notes.append("runtimes take 32 and 1 for the 'beta_fast' and 'beta_slow' of YaRN, whatever is written")
            }
            try Self.note(truncation: config.bool("\(place).truncate") ?? true, rules, &notes)
            self = .yarn(yarn)
        default: self = .longRope(try LongRope(reading: members))
        }
    }

    /// Notes what GGUF cannot say of YaRN: runtimes widen the ramp to whole dimensions (ggml, `ggml_rope_yarn_corr_dims`).
    private static func note(truncation: Bool, _ rules: GGUFConvention.Rope, _ notes: inout [String]) {
        if !truncation {
            notes.append("GGUF has no key for YaRN's 'truncate': runtimes take true, which makes a small difference")
        }
        if let usual = rules.yarnTruncates, usual != truncation {
            notes.append("a folder that is made of the GGUF file says \(usual) for YaRN's 'truncate', as usual here")
        }
    }
}

/// The object of a config.json that tells of rotary embeddings.
private struct RopeMembers {
    let config: ConfigReader
    let place: String
    let numbers: Hyperparameters

    func number(_ names: String...) throws(FormatError) -> Double? {
        try config.number(of: names.map { "\(place).\($0)" })
    }

    func needed(_ name: String) throws(FormatError) -> Double {
        guard let value = try number(name), value > 0 else {
            throw ConfigReader.fault("'\(place).\(name)' is needed, and above zero")
        }
        return value
    }

    /// The context of the first training, in tokens.
    func originalContext() throws(FormatError) -> Double {
        let name = "original_max_position_embeddings"
        let said = try config.number(of: ["\(place).\(name)", name])
        let count = said ?? numbers.values["context"] ?? 0
        guard count > 1 else { throw ConfigReader.fault("'\(name)' is \(count)") }
        return count
    }

    /// The list of what each rotary frequency is divided by.
    func divisors(_ name: String) throws(FormatError) -> [Float] {
        let half = (numbers.values["head"] ?? 0) * (numbers.values["rotary"] ?? 1) / 2
        let values = (config["\(place).\(name)"]?.arrayValue ?? []).compactMap(\.doubleValue).map { Float($0) }
        guard Double(values.count) == half, values.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw ConfigReader.fault("'\(place).\(name)' does not list \(half) numbers above zero")
        }
        return values
    }
}

extension RopeScaling.Yarn {
    fileprivate init(reading members: RopeMembers) throws(FormatError) {
        factor = try members.needed("factor")
        originalContext = try members.originalContext()
        betaFast = try members.number("beta_fast")
        betaSlow = try members.number("beta_slow")
        extrapolation = try members.number("extrapolation_factor")
        attentionFactor = try members.number("attention_factor", "attn_factor")
        guard attentionFactor == nil, let scale = try members.number("mscale"),
            let all = try members.number("mscale_all_dim")
        else { return }
        let logarithm = factor <= 1 ? 0 : 0.1 * naturalLogarithm(factor)
        attentionFactor = (scale * logarithm + 1) / (all * logarithm + 1)
    }
}

extension RopeScaling.LongRope {
    fileprivate init(reading members: RopeMembers) throws(FormatError) {
        short = try members.divisors("short_factor")
        long = try members.divisors("long_factor")
        originalContext = try members.originalContext()
        attentionFactor = try members.number("attention_factor")
        guard attentionFactor == nil, let stretch = try members.number("factor") else { return }
        attentionFactor = usualAttentionFactor(stretch)
    }
}
