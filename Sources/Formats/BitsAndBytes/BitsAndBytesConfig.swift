package import Bytes
package import Numbers

/// The `quantization_config` of a config.json whose matrices bitsandbytes holds in 4 bits.
///
/// Source: transformers 5.23.0, `utils/quantization_config.py`, `BitsAndBytesConfig.to_dict`. The block size is not in
/// it: the loader takes it from each matrix's quantization state.
package struct BitsAndBytesConfig: Equatable, Sendable {
    package let type: FourBitType
    /// Whether the absmax values are quantized in turn.
    package let isNested: Bool
    /// The dtype to compute in: BF16, F16 or F32.
    package let computeDtype: DType
    /// The linear modules that stay dense, by name. The list is taken instead of the loader's own choice, so the output
    /// matrix must be in it, also when it is tied and has no tensor.
    package let skippedModules: [String]

    package init(type: FourBitType, isNested: Bool, computeDtype: DType, skippedModules: [String]) {
        self.type = type
        self.isNested = isNested
        self.computeDtype = computeDtype
        self.skippedModules = skippedModules
    }

    /// The object, with its keys sorted as transformers sorts them.
    package var json: JSONValue {
        let object = JSONObject([
            ("_load_in_4bit", .bool(true)),
            ("_load_in_8bit", .bool(false)),
            ("bnb_4bit_compute_dtype", .string(computeDtype.pyTorchName ?? "float32")),
            ("bnb_4bit_quant_storage", .string("uint8")),
            ("bnb_4bit_quant_type", .string(type.rawValue)),
            ("bnb_4bit_use_double_quant", .bool(isNested)),
            ("llm_int8_enable_fp32_cpu_offload", .bool(false)),
            ("llm_int8_has_fp16_weight", .bool(false)),
            ("llm_int8_skip_modules", .array(skippedModules.map { .string($0) })),
            ("llm_int8_threshold", .number("6.0")),
            ("load_in_4bit", .bool(true)),
            ("load_in_8bit", .bool(false)),
            ("quant_method", .string("bitsandbytes")),
        ])
        return .object(object)
    }

    /// The text of a config.json with this object in it, laid out as transformers does: two spaces a level, ASCII
    /// alone, a final line feed. Everything else stays as it was; keys that were sorted still are.
    package func text(of config: JSONValue) -> String {
        guard var object = config.objectValue else { return Self.fileText(config) }
        object.insertSorted(Self.key, json)
        return Self.fileText(.object(object))
    }

    /// A configuration as transformers lays it out.
    static func fileText(_ config: JSONValue) -> String { config.text(.indented) + "\n" }

    /// Whether a `quantization_config` says that bitsandbytes holds matrices in 4 bits.
    package static func isFourBit(_ object: JSONValue?) -> Bool {
        object?["quant_method"]?.stringValue == "bitsandbytes"
            && (object?["load_in_4bit"] ?? object?["_load_in_4bit"])?.boolValue == true
    }

    /// The name of the object in config.json.
    package static let key = "quantization_config"
}
