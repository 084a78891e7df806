package import Bytes

extension ScaledFloatState {
    /// The `quantization_config` of a model in FP8 as transformers and vLLM load it; `nil` when its modules have
    /// several layouts. A scale for each row is FBGEMM's layout; blocks, or a scale for the whole matrix, are
    /// DeepSeek's, whose loaders know no scale for a row.
    ///
    /// Source: transformers 5.23.0, `utils/quantization_config.py`, `FineGrainedFP8Config` and `FbgemmFp8Config`.
    package static func configuration(of modules: QuantizedModules<ScaledFloatState>) -> JSONObject? {
        guard let state = modules.states.first, modules.states.count == 1 else { return nil }
        if state.granularity == .channel {
            return JSONObject([
                ("activation_scale_ub", .number("1200.0")),
                ("modules_to_not_convert", .strings(modules.dense)),
                ("quant_method", .string("fbgemm_fp8")),
            ])
        }
        var block = JSONValue.null
        if case .block(let rows, let columns) = state.granularity { block = .array([.number(rows), .number(columns)]) }
        return JSONObject([
            ("activation_scheme", .string("dynamic")),
            ("fmt", .string("e4m3")),
            ("modules_to_not_convert", .strings(modules.dense)),
            ("quant_method", .string("fp8")),
            ("weight_block_size", block),
        ])
    }
}
