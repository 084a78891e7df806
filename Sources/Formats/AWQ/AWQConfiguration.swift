package import Bytes

extension AWQState {
    /// The `quantization_config` of a model in this layout; `nil` when its modules have several, which loaders of AWQ
    /// do not know.
    ///
    /// Source: AutoAWQ 0.2.9, `models/_config.py`, `to_transformers_dict`.
    package static func configuration(of modules: QuantizedModules<AWQState>) -> JSONObject? {
        guard let state = modules.states.first, modules.states.count == 1 else { return nil }
        let names = modules.dense
        return JSONObject([
            ("bits", .number(4)),
            ("group_size", .number(state.groupSize ?? -1)),
            ("modules_to_not_convert", names.isEmpty ? .null : .strings(names)),
            ("quant_method", .string("awq")),
            ("version", .string(state.layout.rawValue)),
            ("zero_point", .bool(state.hasZeroPoints)),
        ])
    }
}
