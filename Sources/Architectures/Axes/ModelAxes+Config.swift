package import Bytes

extension ModelAxes {
    /// config.json of the model after a cut: sizes, layers and what depends on them.
    /// - Parameters:
    ///   - config: as it was.
    ///   - cut: the new sizes of the axes that are cut.
    ///   - layers: the layers that stay.
    /// - Throws: `FormatError` when config.json cannot say it.
    package func config(
        _ config: JSONObject, cut: [ModelAxis: Int], layers: [Int]
    ) throws(FormatError) -> JSONObject {
        var editor = ConfigEditor(config, anchor: paths("layers"))
        if !cut.isEmpty { stateSizes(&editor, cut) }
        if let hidden = cut[.hidden], let old = sizes[.hidden], !hasHeadNorms, let paths = parameter("norm_epsilon"),
            let epsilon = editor.number(paths.config) ?? paths.standard?.value(in: [:])
        {
            editor.set(paths.config, to: .number("\(epsilon * Double(old) / Double(hidden))"))
        }
        if layers.count != layerCount { try stateLayers(&editor, layers) }
        return editor.config
    }

    /// The dimensions of the norms of queries and keys are those of a head, and they share the other norms' epsilon.
    private var hasHeadNorms: Bool { tensors.contains { $0.name.contains("q_norm") || $0.name.contains("k_norm") } }

    private func parameter(_ name: String) -> Hyperparameter? { convention.parameters.first { $0.name == name } }

    private func paths(_ name: String) -> [String] { parameter(name)?.config ?? [] }

    /// States each size that is new, and each that nothing said because it followed from others.
    private func stateSizes(_ editor: inout ConfigEditor, _ cut: [ModelAxis: Int]) {
        for axis in ModelAxis.allCases {
            guard let size = cut[axis] ?? sizes[axis], let paths = parameter(axis.rawValue)?.config, !paths.isEmpty
            else { continue }
            if cut[axis] != nil || editor.number(paths) == nil { editor.set(paths, to: .number(size)) }
        }
        let moves = cut[.hidden] != nil || cut[.heads] != nil
        if moves, !fixesHeadSize {
            editor.set(paths("head").isEmpty ? ["head_dim"] : paths("head"), to: .number(headSize))
        }
    }

    private func stateLayers(_ editor: inout ConfigEditor, _ layers: [Int]) throws(FormatError) {
        if editor["scale_attn_by_inverse_layer_idx"] == .bool(true) {
            throw FormatError(
                .refused, "'scale_attn_by_inverse_layer_idx' is true: a layer's number decides about its numbers",
                file: "config.json", remedy: "Keep all layers")
        }
        editor.set(paths("layers"), to: .number(layers.count))
        // Lists with an item for each layer.
        for key in ["layer_types", "mlp_layer_types", "no_rope_layers"] {
            guard let list = editor[key]?.arrayValue, list.count == layerCount else { continue }
            editor.set([key], to: .array(layers.map { list[$0] }))
        }
        try stateDense(&editor, layers)
        if let first = editor["max_window_layers"]?.intValue {
            editor.set(["max_window_layers"], to: .number(layers.count { $0 < first }))
        }
        try statePeriod(&editor, layers)
    }

    /// Which layers of a mixture have no experts: by number, as every n-th would be another one.
    private func stateDense(_ editor: inout ConfigEditor, _ layers: [Int]) throws(FormatError) {
        let config = JSONValue.object(editor.config)
        var dense: [Int] = []
        for (number, layer) in layers.enumerated() {
            if try LayerPlace(config: config, model: "the model", layer: layer).isDense() { dense.append(number) }
        }
        editor.stateDense(dense)
    }

    /// Where every n-th layer attends to all tokens, the kinds of the layers that stay are listed one by one.
    private func statePeriod(_ editor: inout ConfigEditor, _ layers: [Int]) throws(FormatError) {
        guard let name = convention.layerTypePeriod, editor["layer_types"] == nil, let rule = parameter(name) else {
            return
        }
        let period = editor.number(rule.config) ?? (rule.fixed ?? rule.standard)?.value(in: [:])
        guard let period, period > 0 else { return }
        var numbers = Hyperparameters()
        numbers.values = ["layers": Double(layerCount), name: period]
        let types = convention.layerTypes(numbers)
        let kept = layers.map { types[$0] }
        numbers.values["layers"] = Double(layers.count)
        guard kept != convention.layerTypes(numbers) else { return }
        editor.set(["layer_types"], to: .array(kept.map { .string($0) }))
        for key in rule.config { editor.remove(key) }
    }
}

/// A config.json whose members stand at its top, or in its part for the language model.
struct ConfigEditor {
    private(set) var config: JSONObject
    private let usesText: Bool
    private static let part = "text_config"

    /// - Parameter anchor: members that tell where the language model's stand.
    init(_ config: JSONObject, anchor: [String]) {
        self.config = config
        let text = config[Self.part]?.objectValue
        usesText = anchor.contains { text?[$0] != nil }
    }

    subscript(path: String) -> JSONValue? { ConfigReader(.object(config))[path] }

    func number(_ paths: [String]) -> Double? {
        ConfigReader(.object(config)).first(of: paths)?.value.doubleValue
    }

    /// Sets all of the members that are there, else the first.
    mutating func set(_ paths: [String], to value: JSONValue) {
        let present = paths.filter { level[$0] != nil }
        edit { object in
            for path in present.isEmpty ? Array(paths.prefix(1)) : present {
                if path.contains(".") { object.set(path, to: value) } else { object.insertSorted(path, value) }
            }
        }
    }

    mutating func remove(_ key: String) { edit { $0[key] = nil } }

    private var level: JSONObject { usesText ? config[Self.part]?.objectValue ?? config : config }

    private mutating func edit(_ change: (inout JSONObject) -> Void) {
        var object = level
        change(&object)
        if usesText { config[Self.part] = .object(object) } else { config = object }
    }
}
