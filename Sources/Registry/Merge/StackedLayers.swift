import Architectures
import Bytes
import Catalog
import Formats

/// The layers of a stack, and what config.json says of single layers: each keeps the kind that it had in its model.
struct StackedLayers {
    /// Where a layer comes from.
    struct Place {
        let model: RewriteSource
        let layer: Int

        func said(_ key: String) -> JSONValue? { model.config?[key].flatMap { $0 == .null ? nil : $0 } }
    }

    /// The model whose configuration the stack has.
    let main: RewriteSource
    /// Of each layer of the stack.
    let places: [Place]

    /// Lists with an item for each layer, beside `layer_types`.
    private static let lists = [
        "mlp_layer_types", "no_rope_layers", "layers_block_type", "attention_layers", "attn_type_list",
    ]
    /// Numbers by which layers differ that are not repaired, and the list that says it in their place.
    private static let periods: [(key: String, list: String?)] = [
        ("sliding_window_pattern", "layer_types"), ("_sliding_window_pattern", "layer_types"),
        ("full_attention_interval", "layer_types"), ("global_attn_every_n_layers", "layer_types"),
        ("no_rope_layer_interval", "no_rope_layers"), ("interleave_moe_layer_step", nil), ("moe_layer_freq", nil),
        ("attn_layer_period", nil), ("expert_layer_period", nil), ("attention_types", nil), ("moe_layers", nil),
        ("cross_attention_layers", nil), ("num_kv_shared_layers", nil), ("scale_attn_by_inverse_layer_idx", nil),
    ]

    /// - Throws: `FormatError` that names the key when config.json cannot say it.
    func write(to config: inout JSONObject) throws {
        guard isMoved else { return }
        try writeTypes(to: &config)
        for key in Self.lists { try writeList(key, to: &config) }
        writeDenseLayers(to: &config)
        if config["layer_types"] == nil { try writeWindow(to: &config) }
        try writeLeadingDense(to: &config)
        try refuseOthers(config)
    }

    /// Whether the stack is something else than the main model's layers.
    private var isMoved: Bool {
        let digest = main.artifact.record.digest
        return places.count != main.layerCount
            || places.enumerated().contains { $1.layer != $0 || $1.model.artifact.record.digest != digest }
    }

    private func fault(_ problem: String, _ model: RewriteSource, remedy: String) -> FormatError {
        FormatError(.refused, problem, file: "\(model.name), config.json", remedy: remedy)
    }

    // MARK: Lists

    /// How layers attend. Where a period said it, the stack's list takes its place unless the period fits.
    private func writeTypes(to config: inout JSONObject) throws {
        let kinds = places.map(kind)
        guard config["layer_types"] != nil || kinds.contains(where: { $0 != nil }) else { return }
        let whole = try zip(places, kinds).map { place, kind -> JSONValue in
            guard let kind else { throw missing("layer_types", place) }
            return kind
        }
        let periodic = main.config.flatMap { config in
            main.family?.periodicLayerTypes(config: config, count: places.count)?.map(JSONValue.string)
        }
        if config["layer_types"] == nil, whole == periodic { return }
        config["layer_types"] = .array(whole)
        guard whole != periodic else { return }
        for key in main.family?.layerPeriodKeys ?? [] { config[key] = nil }
    }

    private func kind(_ place: Place) -> JSONValue? {
        if let list = place.said("layer_types")?.arrayValue {
            return list.indices.contains(place.layer) ? list[place.layer] : nil
        }
        guard let config = place.model.config else { return nil }
        let types = place.model.family?.periodicLayerTypes(config: config, count: place.layer + 1)
        return types?.last.map(JSONValue.string)
    }

    private func missing(_ key: String, _ place: Place) -> FormatError {
        fault(
            "it has no entry of '\(key)' for layer \(place.layer), and other layers of the stack have one", place.model,
            remedy: "Add the list, and register the model again, or stack layers of models of one family")
    }

    private func writeList(_ key: String, to config: inout JSONObject) throws {
        guard places.contains(where: { $0.said(key)?.arrayValue?.isEmpty == false }) else { return }
        config[key] = .array(
            try places.map { place in
                let list = place.said(key)?.arrayValue ?? []
                guard list.indices.contains(place.layer) else { throw missing(key, place) }
                return list[place.layer]
            })
    }

    // MARK: Experts and windows

    /// Layers without experts, which Qwen names one by one and by a step: the stack names all of them.
    private func writeDenseLayers(to config: inout JSONObject) {
        let differ = places.contains { place in
            place.said("mlp_only_layers")?.arrayValue?.isEmpty == false
                || (place.said("decoder_sparse_step")?.intValue ?? 1) > 1
        }
        guard differ || config["mlp_only_layers"]?.arrayValue?.isEmpty == false
            || (config["decoder_sparse_step"]?.intValue ?? 1) > 1
        else { return }
        let dense = places.indices.filter { isDense(places[$0]) }
        config["mlp_only_layers"] = .array(dense.map { .number($0) })
        config["decoder_sparse_step"] = .number(1)
    }

    private func isDense(_ place: Place) -> Bool {
        if place.said("mlp_only_layers")?.arrayValue?.contains(where: { $0.intValue == place.layer }) == true {
            return true
        }
        let step = place.said("decoder_sparse_step")?.intValue ?? 1
        return step > 1 && (place.layer + 1) % step != 0
    }

    /// DeepSeek's first layers are without experts.
    private func writeLeadingDense(to config: inout JSONObject) throws {
        let key = "first_k_dense_replace"
        guard config[key] != nil || places.contains(where: { $0.said(key) != nil }) else { return }
        try writeFirst(key, places.map { $0.layer < ($0.said(key)?.intValue ?? 0) }, to: &config)
    }

    /// Qwen's first layers attend to all tokens where windows are on, the others to a window.
    private func writeWindow(to config: inout JSONObject) throws {
        let isOn = config["use_sliding_window"] == .bool(true)
        let isFirst = try places.map { place -> Bool in
            guard place.said("use_sliding_window") == .bool(true) else { return true }
            guard let first = place.said("max_window_layers")?.intValue else {
                throw fault(
                    "'use_sliding_window' is true, and nothing says for which layers", place.model,
                    remedy: "Add max_window_layers or layer_types, and register the model again")
            }
            return place.layer < first
        }
        guard isOn || isFirst.contains(false) else { return }
        guard isOn else {
            throw fault(
                "'use_sliding_window' is not true, and layers of other models in the stack attend to a window", main,
                remedy: "Stack layers of models that agree in it")
        }
        try writeFirst("max_window_layers", isFirst, to: &config)
    }

    /// A number of first layers that differ from those behind them.
    /// - Parameter isFirst: of each layer of the stack, whether it was one of them in its model.
    private func writeFirst(_ key: String, _ isFirst: [Bool], to config: inout JSONObject) throws {
        let number = isFirst.prefix { $0 }.count
        guard !isFirst[number...].contains(true) else {
            throw fault(
                "'\(key)' counts the first layers that differ from the others, and layer \(number) of the stack is "
                    + "none of them, but one behind it is", main,
                remedy: "Stack the layers so that those below '\(key)' of their models come first")
        }
        config[key] = .number(number)
    }

    // MARK: What is not repaired

    private func refuseOthers(_ config: JSONObject) throws {
        for (key, list) in Self.periods {
            if let list, config[list]?.arrayValue?.isEmpty == false { continue }
            if main.family?.layerPeriodKeys.contains(key) == true { continue }
            guard let model = ([main] + places.map(\.model)).first(where: { Self.matters($0.config?[key]) }) else {
                continue
            }
            let remedy = list.map { "List the layers in '\($0)', and register the model again" }
            throw fault(
                "'\(key)' tells layers apart by their numbers, which a stack changes", model,
                remedy: remedy ?? "Merge whole models, or set the key to what suits the stack in a copy of the model")
        }
    }

    /// Whether layers differ with this value.
    private static func matters(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null?, .bool(false)?: false
        case .array(let items)?: !items.isEmpty
        default: value?.intValue.map { $0 > 1 } ?? true
        }
    }
}
