import Bytes

extension GGUFConvention.Rope {
    /// The divisors of rotary frequencies that a GGUF file has and its architecture reads.
    func divisors(
        among sources: inout SourceTensors, _ values: [String: [Float]]
    ) throws(FormatError) -> [String: [Float]] {
        let names = scalings.isDisjoint(with: ["llama3", "longrope"]) ? [] : GGUFRope.divisorTensors
        var divisors: [String: [Float]] = [:]
        for name in names {
            guard let entry = sources.use(name, []) else { continue }
            guard let values = values[name], [values.count] == entry.shape, values.allSatisfy({ $0.isFinite && $0 > 0 })
            else {
                throw FormatError(
                    .corrupt, "its values are not \(entry.shape) numbers above zero", tensor: name,
                    remedy: "Fetch the file again")
            }
            divisors[name] = values
        }
        return divisors
    }
}

extension RopeScaling {
    /// Reads what a GGUF file says: its metadata, and the divisors of the frequencies that it holds as tensors.
    init(
        reading reader: inout MetadataReader, _ values: [String: [Float]], _ rules: GGUFConvention.Rope,
        _ numbers: Hyperparameters
    ) throws(FormatError) {
        let prefix = "\(reader.architecture).rope.scaling."
        let type = try reader.text(prefix + "type") ?? "linear"
        let oldFactor = try reader.shortest("\(reader.architecture).rope.scale_linear")
        let factor = try reader.shortest(prefix + "factor") ?? oldFactor
        let attention = try reader.shortest(prefix + "attn_factor")
        let context = numbers.values["context"] ?? 0
        let original = try reader.number(prefix + "original_context_length") ?? context
        let long = values[GGUFRope.divisorTensors[1]]
        let short = values[GGUFRope.divisorTensors[2]]
        if let divisors = values[GGUFRope.divisorTensors[0]] {
            try self.init(divisors: divisors, context, numbers)
        } else if let long, let short {
            let half = (numbers.values["head"] ?? 0) * (numbers.values["rotary"] ?? 1) / 2
            guard Double(long.count) == half, Double(short.count) == half, original > 1 else {
                throw MetadataReader.fault("\(long.count) and \(short.count) rotary factors, \(half) are needed")
            }
            var longRope = LongRope(short: short, long: long, originalContext: original)
            let usual = longRope.usualAttentionFactor(context / original)
            longRope.attentionFactor = attention.flatMap { abs($0 - usual) > 1e-6 * usual ? $0 : nil }
            self = .longRope(longRope)
        } else if type == "yarn", let factor, factor > 0 {
            var yarn = Yarn(factor: factor, originalContext: original)
            yarn.extrapolation = try reader.shortest(prefix + "yarn_ext_factor")
            yarn.betaFast = try reader.shortest(prefix + "yarn_beta_fast")
            yarn.betaSlow = try reader.shortest(prefix + "yarn_beta_slow")
            yarn.attentionFactor = attention.map { $0 * yarn.usualAttentionFactor }
            _ = try reader.number(prefix + "yarn_attn_factor")  // the runtime computes it anew
            self = .yarn(yarn)
        } else if type == "linear", let factor, factor != 0, factor != 1 {
            self = .linear(factor: factor)
        } else if type == "linear" || type == "none" {
            self = .none
        } else {
            throw GGUFConvention.unsupported("rotary embeddings are scaled by '\(type)' without its parameters")
        }
    }

    /// The scaling that divides frequencies as given: Llama 3's if its parameters are found, else long RoPE with the
    /// same divisors for short and long texts, which says any.
    private init(divisors: [Float], _ context: Double, _ numbers: Hyperparameters) throws(FormatError) {
        guard let theta = numbers.values["theta"], let head = numbers.values["head"].flatMap({ Int(exactly: $0) }),
            divisors.count * 2 == head
        else { throw MetadataReader.fault("\(divisors.count) rotary factors do not suit the heads") }
        if divisors.allSatisfy({ $0 == 1 }) {
            self = .none
        } else if let llama3 = Llama3(divisors: divisors, theta: theta, dimensions: head) {
            self = .llama3(llama3)
        } else {
            var longRope = LongRope(short: divisors, long: divisors, originalContext: context)
            longRope.attentionFactor = 1
            self = .longRope(longRope)
        }
    }

    /// Writes it into a config.json, in the words of transformers 5 and, for other readers, in those before.
    func write(to config: inout JSONObject, _ rules: GGUFConvention.Rope, notes: inout [String]) {
        let place = ["rope_parameters", rules.layerType].compactMap(\.self).joined(separator: ".")
        var members = self.config
        if case .yarn = self { members["truncate"] = rules.yarnTruncates.map { .bool($0) } }
        for member in members.members { config.set("\(place).\(member.key)", to: member.value) }
        if let other = rules.otherLayerType {
            config.set("rope_parameters.\(other).rope_type", to: .string("default"))
        }
        if self != .none { config["rope_scaling"] = .object(members) }
        if case .longRope(let longRope) = self, longRope.short == longRope.long {
            notes.append("the divisors of rotary frequencies are those of no known scaling: config.json lists them")
        }
    }
}
