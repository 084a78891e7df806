package import Bytes

extension MLXState {
    /// What config.json says of a model in this layout: the same object as `quantization` and as
    /// `quantization_config`. Modules that are held in another way than most have an entry of their own.
    ///
    /// Source: mlx-lm, `utils.py`, `save_config` and `load_model`.
    package static func configuration(of modules: QuantizedModules<MLXState>) -> JSONObject {
        var object = modules.states.first?.object ?? JSONObject()
        for (path, state) in modules.exceptions { object[path] = .object(state.object) }
        return JSONObject([("quantization", .object(object)), ("quantization_config", .object(object))])
    }

    private var object: JSONObject {
        JSONObject([
            ("group_size", .number(columnsPerGroup)), ("bits", .number(bits)), ("mode", .string(mode.rawValue)),
        ])
    }
}
