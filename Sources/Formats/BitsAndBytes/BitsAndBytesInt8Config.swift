package import Bytes

/// The `quantization_config` of a config.json whose matrices bitsandbytes holds in 8 bits (LLM.int8).
///
/// Source: transformers 5.23.0, `utils/quantization_config.py`, `BitsAndBytesConfig.to_dict`.
package struct BitsAndBytesInt8Config: Equatable, Sendable {
    /// The linear modules that stay dense, by name.
    package let skippedModules: [String]

    package init(skippedModules: [String]) { self.skippedModules = skippedModules }

    /// The object, with its keys sorted as transformers sorts them.
    package var json: JSONValue {
        .object(
            JSONObject([
                ("_load_in_4bit", .bool(false)),
                ("_load_in_8bit", .bool(true)),
                ("bnb_4bit_compute_dtype", .string("float32")),
                ("bnb_4bit_quant_storage", .string("uint8")),
                ("bnb_4bit_quant_type", .string("fp4")),
                ("bnb_4bit_use_double_quant", .bool(false)),
                ("llm_int8_enable_fp32_cpu_offload", .bool(false)),
                ("llm_int8_has_fp16_weight", .bool(false)),
                ("llm_int8_skip_modules", .array(skippedModules.map { .string($0) })),
                ("llm_int8_threshold", .number("6.0")),
                ("load_in_4bit", .bool(false)),
                ("load_in_8bit", .bool(true)),
                ("quant_method", .string("bitsandbytes")),
            ]))
    }
}
