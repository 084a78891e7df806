package import Bytes

/// A model's axes: their sizes by config.json, and for every tensor of the checkpoint to which of them its elements
/// belong. What of the tensors must be cut together follows from it.
package struct ModelAxes: Sendable {
    /// The name of the family.
    package let family: String
    package let layerCount: Int
    /// Elements of a head.
    package let headSize: Int
    /// The sizes of the axes that the model has.
    package let sizes: [ModelAxis: Int]
    /// How many experts a token goes through; nil for a model without experts.
    package let expertsPerToken: Int?
    /// Whether the embedding is the matrix of logits too.
    package let tiesHead: Bool
    /// In the order in which they were given.
    package let tensors: [TensorAxes]
    let convention: GGUFConvention
    let rules: AxisRules
    /// All sizes that config.json tells, by the names that expressions use.
    private let values: [String: Int]
    /// Numbers for which GGUF has no key, so that the runtime computes them, with what they are in this model.
    private let computed: [(rule: Hyperparameter, value: Double)]

    /// Whether config.json cannot say a size of heads that is not the hidden size divided by the heads.
    package var fixesHeadSize: Bool { rules.fixesHeadSize }
    /// Whether transformers refuses a hidden size that is no multiple of the heads, whatever their size.
    package var needsMultipleOfHeads: Bool { rules.needsMultipleOfHeads }
    /// Whether llama.cpp's architecture computes the size of heads from the hidden size, and reads no other.
    package var fixesHeadSizeInGGUF: Bool { convention.parameters.first { $0.name == "head" }?.fixed != nil }
    /// Whether the model multiplies embeddings by the square root of the hidden size.
    package var scalesEmbedding: Bool { rules.scalesEmbedding }
    /// Query heads that share a head of keys and values.
    package var groupSize: Int {
        guard let heads = sizes[.heads], let shared = sizes[.keyValueHeads], shared > 0 else { return 1 }
        return heads / shared
    }

    /// - Parameters:
    ///   - config: the checkpoint's config.json.
    ///   - tensors: its tensors, names and sizes (outermost dimension first), by the names of Hugging Face.
    /// - Throws: `FormatError` when the family is none that is cut, and when tensors are unknown or contradict
    ///   config.json.
    package init(config: JSONValue, tensors: [(name: String, shape: [Int])]) throws(FormatError) {
        guard let type = config["model_type"]?.stringValue else { throw ConfigReader.fault("it lacks 'model_type'") }
        guard let family = ModelFamily.of(modelType: type), let convention = family.gguf, family.axisRules.isKnown
        else { throw Self.unknown(type) }
        let reader = ConfigReader(config)
        let values = try convention.sizes(reader, types: type)
        self.family = family.name
        self.convention = convention
        rules = family.axisRules
        layerCount = values["layers"] ?? 0
        headSize = values["head"] ?? 1
        self.values = values
        computed = try convention.computedNumbers(reader, values)
        let ties = try reader.bool("tie_word_embeddings")
        tiesHead = ties ?? family.tiesHeadUnsaid
        expertsPerToken = values["experts_used"]
        let builder = AxisBuilder(convention: convention, family: family, values: values, layerCount: layerCount)
        var found: [TensorAxes] = []
        for tensor in tensors { found.append(try builder.axes(of: tensor.name, tensor.shape)) }
        self.tensors = found
        let present = found.reduce(into: Set<ModelAxis>()) { $0.formUnion($1.axes) }
        sizes = Dictionary(
            present.compactMap { axis in values[axis.rawValue].map { (axis, $0) } },
            uniquingKeysWith: { first, _ in first })
        try checkGroups()
    }

    /// A number of the model that llama.cpp would take to be another one.
    package struct Misread: Equatable, Sendable {
        /// What config.json calls it.
        package let member: String
        /// What it is in this model.
        package let value: Double
        /// What llama.cpp computes from the sizes.
        package let taken: Double
    }

    /// What GGUF can say of the model, but not any more after a cut.
    /// - Parameters:
    ///   - cut: the new sizes of the axes that are cut.
    ///   - layers: how many layers stay.
    package func misread(cut: [ModelAxis: Int], layers: Int) -> [Misread] {
        var sizes = values
        for (axis, size) in cut { sizes[axis.rawValue] = size }
        sizes["layers"] = layers
        return computed.compactMap { rule, value in
            guard let before = rule.computed(from: values), abs(before - value) <= 1e-6 * abs(value),
                let taken = rule.computed(from: sizes), abs(taken - value) > 1e-6 * abs(value)
            else { return nil }
            return Misread(member: rule.config[0], value: value, taken: taken)
        }
    }

    private func checkGroups() throws(FormatError) {
        guard let heads = sizes[.heads], let shared = sizes[.keyValueHeads] else { return }
        guard heads % shared == 0 else {
            throw ConfigReader.fault("\(heads) query heads do not divide into \(shared) groups")
        }
    }

    private static func unknown(_ type: String) -> FormatError {
        let known = ModelFamily.all.filter { $0.axisRules.isKnown && $0.gguf != nil }.flatMap(\.modelTypes)
        return FormatError(
            .unsupported,
            "which tensors of the model type '\(type.shortened)' belong together is not known; known are "
                + known.joined(separator: ", "), file: "config.json",
            remedy: "Prune a model of one of these families")
    }

    /// The families whose models are cut, by `model_type`.
    package static var modelTypes: [String] {
        ModelFamily.all.filter { $0.axisRules.isKnown && $0.gguf != nil }.flatMap(\.modelTypes)
    }
}

extension GGUFConvention {
    /// The sizes that config.json tells, by the names that expressions use; not limited to what GGUF can say.
    fileprivate func sizes(_ config: ConfigReader, types: String) throws(FormatError) -> [String: Int] {
        var values: [String: Double] = [:]
        for parameter in parameters {
            guard let name = parameter.name, parameter.kind == .u32, parameter.scale == nil else { continue }
            let said = try config.number(of: parameter.config)
            let usual = parameter.fixedExpression(in: values) ?? parameter.standard
            guard let value = said ?? usual?.value(in: values) else { continue }
            if let greatest = Self.greatestCounts[name], value > greatest {
                throw ConfigReader.fault("\(name) number \(value), at most \(greatest) are handled")
            }
            values[name] = value
        }
        for name in ["layers", "hidden", "heads", "vocab"] where values[name] == nil {
            let path = parameters.first { $0.name == name }?.config.first ?? name
            throw ConfigReader.fault("it lacks '\(path)'")
        }
        if values["head"] == nil { values["head"] = SizeExpression("hidden/heads").value(in: values) }
        var sizes: [String: Int] = [:]
        for (name, value) in values {
            guard let size = Int(exactly: value), size > 0, size <= Int(Int32.max) else {
                if name == "head" || ModelAxis(rawValue: name) != nil || name == "layers" {
                    throw ConfigReader.fault("\(name) would be \(value), which is no whole number above zero")
                }
                continue
            }
            sizes[name] = size
        }
        return sizes
    }
}

extension GGUFConvention {
    /// The numbers that neither a key nor a tensor of GGUF tells, but for the size of heads.
    fileprivate func computedNumbers(
        _ config: ConfigReader, _ sizes: [String: Int]
    ) throws(FormatError) -> [(rule: Hyperparameter, value: Double)] {
        var numbers: [(rule: Hyperparameter, value: Double)] = []
        for rule in parameters where rule.keys.isEmpty && !rule.config.isEmpty && rule.name != "head" {
            guard let taken = rule.computed(from: sizes) else { continue }
            numbers.append((rule, try config.number(of: rule.config) ?? rule.absent ?? taken))
        }
        return numbers
    }
}

extension Hyperparameter {
    /// What the runtime computes where no key says it; nil for a number that it reads.
    fileprivate func computed(from sizes: [String: Int]) -> Double? {
        let values = sizes.mapValues { Double($0) }
        return fixedExpression(in: values)?.value(in: values)
    }
}
