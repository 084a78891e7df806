package import Bytes
package import Numbers

/// The member `quantization_config` of a config.json that makes transformers load 4-bit weights of bitsandbytes.
///
/// Keys and layout are those that transformers 5.23 writes; the modules left dense are always listed, because a loader's
/// own guess differs between versions.
package struct BitsAndBytesConfig: Equatable, Sendable {
    package let type: FourBitType
    package let isNested: Bool
    /// The dtype that the runtime computes in: that of the source's weights.
    package let computeDtype: DType
    /// Modules that are linear layers but hold dense weights.
    package let skippedModules: [String]

    package init(type: FourBitType, isNested: Bool, computeDtype: DType, skippedModules: [String]) {
        self.type = type
        self.isNested = isNested
        self.computeDtype = computeDtype
        self.skippedModules = skippedModules
    }

    package static let key = "quantization_config"

    /// The member's value, keys sorted.
    package var json: JSONValue {
        .object(
            JSONObject([
                ("_load_in_4bit", .bool(true)),
                ("_load_in_8bit", .bool(false)),
                ("bnb_4bit_compute_dtype", .string(BitsAndBytesQuantState.name(of: computeDtype))),
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
            ]))
    }

    /// A config.json with the member set, laid out as transformers lays it out.
    package func text(of config: JSONValue) -> String {
        guard var object = config.objectValue else { return config.text(.indented) + "\n" }
        object[Self.key] = json
        return JSONValue.object(object.sorted()).text(.indented) + "\n"
    }

    /// A config.json without the member.
    package static func textWithout(_ config: JSONValue) -> String {
        guard var object = config.objectValue else { return config.text(.indented) + "\n" }
        object[key] = nil
        return JSONValue.object(object).text(.indented) + "\n"
    }
}
