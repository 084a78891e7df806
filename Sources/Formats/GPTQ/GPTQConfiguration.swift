package import Bytes

extension GPTQState {
    /// The `quantization_config` of a model in this layout, which quantize_config.json repeats for older loaders.
    /// Modules that are held in another way, or not at all, are told by regular expressions in `dynamic`.
    ///
    /// Source: GPTQModel 7, `quantization/config.py`; transformers 5.23.0, `GPTQConfig`.
    package static func configuration(of modules: QuantizedModules<GPTQState>, quantizer: String) -> JSONObject {
        guard let usual = modules.states.first else { return JSONObject() }
        var dynamic = JSONObject()
        for path in modules.dense {
            dynamic["-:" + QuantizedModules<GPTQState>.expression(for: path)] = .object(JSONObject())
        }
        for (path, state) in modules.exceptions {
            dynamic["+:" + QuantizedModules<GPTQState>.expression(for: path)] = .object(
                JSONObject([
                    ("bits", .number(state.bits)), ("group_size", .number(state.groupSize ?? -1)),
                    ("sym", .bool(state.isSymmetric ?? true)),
                ]))
        }
        let format = usual.version == .v1 ? "gptq" : "gptq_v2"
        var object = JSONObject([
            ("bits", .number(usual.bits)),
            ("checkpoint_format", .string(format)),
            ("damp_percent", .number("0.05")),
            ("desc_act", .bool(usual.hasActOrder)),
            ("format", .string(format)),
            ("group_size", .number(usual.groupSize ?? -1)),
            ("lm_head", .bool(false)),
            ("meta", .object(JSONObject([("quantizer", .strings([quantizer]))]))),
            ("method", .string("gptq")),
            ("pack_dtype", .string("int32")),
            ("quant_method", .string("gptq")),
            ("static_groups", .bool(false)),
            ("sym", .bool(usual.isSymmetric ?? true)),
            ("true_sequential", .bool(true)),
        ])
        if !dynamic.members.isEmpty { object["dynamic"] = .object(dynamic) }
        return object
    }
}
