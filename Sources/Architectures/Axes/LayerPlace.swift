package import Bytes

/// A layer of a model, by what config.json says about it alone.
package struct LayerPlace: Sendable {
    let model: String
    let layer: Int
    let config: ConfigReader
    private let convention: GGUFConvention?

    /// - Parameters:
    ///   - config: the model's config.json.
    ///   - model: what errors call the model.
    ///   - layer: the layer's number there.
    package init(config: JSONValue, model: String, layer: Int) {
        self.model = model
        self.layer = layer
        self.config = ConfigReader(config)
        convention = self.config["model_type"]?.stringValue.flatMap { ModelFamily.of(modelType: $0) }?.gguf
    }

    /// The layer's item of a list with one for each layer; nil when there is no such list.
    func item(_ key: String) throws(FormatError) -> JSONValue? {
        guard let list = config[key]?.arrayValue else { return nil }
        guard list.indices.contains(layer) else { throw fault("'\(key)' has no item for layer \(layer)", key) }
        return list[layer]
    }

    /// How the layer attends, as `layer_types` spells it; nil when config.json does not tell.
    func kind() throws(FormatError) -> String? {
        if let item = try item("layer_types") { return item.stringValue }
        if let name = convention?.layerTypePeriod { return kind(period: name) }
        if let first = config["max_window_layers"]?.intValue {
            let slides = config["use_sliding_window"] == .bool(true) && layer >= first
            return slides ? "sliding_attention" : "full_attention"
        }
        return config["sliding_window"] == nil ? "full_attention" : nil
    }

    /// The members that tell the period of kinds.
    var periodKeys: [String] { periodRule?.config ?? [] }

    private var periodRule: Hyperparameter? {
        guard let name = convention?.layerTypePeriod else { return nil }
        return convention?.parameters.first { $0.name == name }
    }

    private func kind(period name: String) -> String? {
        guard let rule = periodRule else { return nil }
        let said = config.first(of: rule.config)?.value.doubleValue
        var numbers = Hyperparameters()
        numbers.values["layers"] = Double(layer + 1)
        numbers.values[name] = said ?? (rule.fixed ?? rule.standard)?.value(in: [:])
        return convention?.layerTypes(numbers).last
    }

    /// Whether the layer of a mixture of experts has a plain MLP, by the rule of Qwen's mixtures.
    func isDense() throws(FormatError) -> Bool {
        let listed = config["mlp_only_layers"]?.arrayValue ?? []
        if listed.contains(where: { $0.intValue == layer }) { return true }
        guard let value = config["decoder_sparse_step"] else { return false }
        guard let step = value.intValue, step > 0 else {
            throw fault("'decoder_sparse_step' is \(value.text().shortened)", "decoder_sparse_step")
        }
        return (layer + 1) % step != 0
    }

    func fault(_ problem: String, _ key: String) -> FormatError {
        FormatError(
            .refused, problem, file: "config.json of \(model)",
            remedy: "Correct '\(key)' there, and register the model again")
    }
}
