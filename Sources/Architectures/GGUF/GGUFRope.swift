import Bytes

/// What GGUF holds of a model's scaling of rotary embeddings: metadata, and divisors of the frequencies as tensors.
struct GGUFRope {
    var metadata: [MetadataItem] = []
    var tensors: [TensorMapping] = []

    /// The tensors that hold divisors. Who reads a GGUF file hands their values over.
    static let divisorTensors = ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"]

    init() {}

    init(_ scaling: RopeScaling, _ convention: GGUFConvention, _ numbers: Hyperparameters) throws(FormatError) {
        func add(_ key: String, _ value: Double?) {
            guard let value else { return }
            metadata.append(MetadataItem("\(convention.architecture).rope.scaling.\(key)", .f32(Float(value))))
        }
        func addType(_ type: String) {
            guard convention.rope?.writesType == true else { return }
            metadata.append(MetadataItem("\(convention.architecture).rope.scaling.type", .string(type)))
        }
        func addOriginalContext(_ count: Double) throws(FormatError) {
            guard let count = UInt32(exactly: count) else {
                throw ConfigReader.fault("'original_max_position_embeddings' is \(count)")
            }
            let key = "\(convention.architecture).rope.scaling.original_context_length"
            metadata.append(MetadataItem(key, .u32(count)))
        }
        switch scaling {
        case .none: break
        case .linear(let factor):
            addType("linear")
            add("factor", factor)
        case .yarn(let yarn):
            addType("yarn")
            add("factor", yarn.factor)
            try addOriginalContext(yarn.originalContext)
            add("yarn_ext_factor", yarn.extrapolation)
            // llama.cpp, llama_context: the runtime applies the usual factor by itself, times this one.
            add("attn_factor", yarn.attentionFactor.map { $0 / yarn.usualAttentionFactor })
            add("yarn_beta_fast", yarn.betaFast)
            add("yarn_beta_slow", yarn.betaSlow)
        case .llama3(let llama3):
            guard let theta = numbers.values["theta"], let head = numbers.values["head"].flatMap({ Int(exactly: $0) })
            else { throw ConfigReader.fault("it lacks the size of a head") }
            addTensor(Self.divisorTensors[0], llama3.divisors(theta: theta, dimensions: head))
        case .longRope(let longRope):
            addType("longrope")
            try addOriginalContext(longRope.originalContext)
            let stretch = (numbers.values["context"] ?? 0) / longRope.originalContext
            add("attn_factor", longRope.attentionFactor ?? longRope.usualAttentionFactor(stretch))
            addTensor(Self.divisorTensors[1], longRope.long)
            addTensor(Self.divisorTensors[2], longRope.short)
        }
    }

    private mutating func addTensor(_ name: String, _ values: [Float]) {
        var tensor = TensorMapping(name: name, shape: [values.count], content: .values(values))
        tensor.staysF32 = true
        tensors.append(tensor)
    }
}
