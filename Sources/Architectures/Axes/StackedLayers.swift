package import Bytes

/// Layers of one or several models, one behind the other, as config.json must describe them.
package struct StackedLayers: Sendable {
    private let places: [LayerPlace]

    package init(_ places: [LayerPlace]) { self.places = places }

    /// Members that say how many layers there are.
    private static let countKeys = ["num_hidden_layers", "n_layer", "n_layers", "num_layers"]
    /// Lists with an item for each layer, beside `layer_types`.
    private static let lists = ["mlp_layer_types", "no_rope_layers"]
    /// Members by which each n-th layer is of another kind; 0 and 1 make all layers alike.
    private static let periods = [
        "moe_layer_freq", "no_rope_layer_interval", "interleave_moe_layer_step", "full_attention_interval",
        "attn_layer_period", "expert_layer_period", "global_attn_every_n_layers", "sliding_window_pattern",
    ]

    /// The configuration with these layers; nil when it does not say how many there are.
    /// - Parameters:
    ///   - config: of the model that gives the rest.
    ///   - model: what errors call it.
    /// - Throws: `FormatError` when config.json cannot say it.
    package func config(_ config: JSONObject, of model: String) throws(FormatError) -> JSONObject? {
        var editor = ConfigEditor(config, anchor: Self.countKeys)
        guard Self.countKeys.contains(where: { editor[$0] != nil }) else { return nil }
        try checkNumbers()
        editor.set(Self.countKeys, to: .number(places.count))
        for key in Self.lists { try state(key, &editor) }
        try stateLeading(&editor)
        try stateDense(&editor)
        try stateKinds(&editor, model)
        return editor.config
    }

    /// Whether each layer keeps the number that it had.
    private var keepsNumbers: Bool { places.enumerated().allSatisfy { $0.offset == $0.element.layer } }

    /// Refuses members that tell by a layer's number what it is, where the layer gets another.
    private func checkNumbers() throws(FormatError) {
        guard !keepsNumbers else { return }
        for place in places {
            if place.config["scale_attn_by_inverse_layer_idx"] == .bool(true) {
                throw Self.byNumber("scale_attn_by_inverse_layer_idx", .bool(true), place)
            }
            for key in Self.periods where !place.periodKeys.contains(key) {
                guard let value = place.config[key], value != .bool(false) else { continue }
                let isListed = key == "no_rope_layer_interval" && place.config["no_rope_layers"] != nil
                let isKnown = key == "sliding_window_pattern" && place.config["layer_types"] != nil
                if value.intValue == 0 || value.intValue == 1 || isListed || isKnown { continue }
                throw Self.byNumber(key, value, place)
            }
        }
    }

    private static func byNumber(_ key: String, _ value: JSONValue, _ place: LayerPlace) -> FormatError {
        FormatError(
            .refused, "'\(key)' is \(value.text().shortened): a layer's number decides what it computes",
            file: "config.json of \(place.model)", remedy: "Merge whole models, or stack layers of another model")
    }

    // MARK: Members

    private func state(_ key: String, _ editor: inout ConfigEditor) throws(FormatError) {
        guard editor[key]?.arrayValue != nil || places.contains(where: { $0.config[key]?.arrayValue != nil }) else {
            return
        }
        var items: [JSONValue] = []
        for place in places {
            guard let item = try place.item(key) else { throw place.fault("it has no list '\(key)'", key) }
            items.append(item)
        }
        editor.set([key], to: .array(items))
    }

    /// Members that count the layers of one kind that come first.
    private func stateLeading(_ editor: inout ConfigEditor) throws(FormatError) {
        if editor["max_window_layers"] != nil {
            let first = places.prefix { $0.layer < $0.config["max_window_layers"]?.intValue ?? .max }
            editor.set(["max_window_layers"], to: .number(first.count))
        }
        let key = "first_k_dense_replace"
        guard editor[key] != nil else { return }
        let isDense = places.map { $0.layer < $0.config[key]?.intValue ?? 0 }
        let first = isDense.prefix { $0 }
        if let place = isDense.dropFirst(first.count).firstIndex(of: true) {
            throw FormatError(
                .refused,
                "layer \(places[place].layer) has no experts, and would stand behind layers with experts: '\(key)' "
                    + "cannot say it", file: "config.json of \(places[place].model)",
                remedy: "Stack the layers without experts first")
        }
        editor.set([key], to: .number(first.count))
    }

    private func stateDense(_ editor: inout ConfigEditor) throws(FormatError) {
        var dense: [Int] = []
        for (number, place) in places.enumerated() {
            if try place.isDense() { dense.append(number) }
        }
        editor.stateDense(dense)
    }

    /// Lists the kinds of layers where they are listed, and where nothing else would tell them.
    private func stateKinds(_ editor: inout ConfigEditor, _ model: String) throws(FormatError) {
        let isListed = editor["layer_types"] != nil
        let config = JSONValue.object(editor.config)
        var kinds: [String?] = []
        var own: [String?] = []
        for (number, place) in places.enumerated() {
            kinds.append(try place.kind())
            if !isListed { own.append(try LayerPlace(config: config, model: model, layer: number).kind()) }
        }
        if !isListed, kinds == own { return }
        var items: [JSONValue] = []
        for (place, kind) in zip(places, kinds) {
            guard let kind else {
                throw place.fault("nothing tells how layer \(place.layer) attends", "layer_types")
            }
            items.append(.string(kind))
        }
        editor.set(["layer_types"], to: .array(items))
        for key in LayerPlace(config: config, model: model, layer: 0).periodKeys { editor.remove(key) }
    }
}

extension ConfigEditor {
    /// Lists the layers without experts, where config.json speaks of them or there are any.
    mutating func stateDense(_ layers: [Int]) {
        if self["mlp_only_layers"] != nil || !layers.isEmpty {
            set(["mlp_only_layers"], to: .array(layers.map { .number($0) }))
        }
        if self["decoder_sparse_step"] != nil { set(["decoder_sparse_step"], to: .number(1)) }
    }
}
