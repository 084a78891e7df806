package import Bytes
import Numbers

/// What a model's configuration says of its quantization: `quantization_config` in config.json, or
/// `compression_config`, or `quantization`, which MLX writes; else quantize_config.json, quant_config.json or
/// hf_quant_config.json.
package struct QuantizationConfig: Equatable, Sendable {
    /// The library whose layout is announced.
    enum Method: Equatable, Sendable {
        case bitsAndBytes, gptq, awq, compressedTensors, mlx, mxfp4, fp8, modelOpt
        /// One that is not read.
        case other(String)

        /// The name that configurations have for it.
        var name: String {
            switch self {
            case .bitsAndBytes: "bitsandbytes"
            case .gptq: "gptq"
            case .awq: "awq"
            case .compressedTensors: "compressed-tensors"
            case .mlx: "mlx"
            case .mxfp4: "mxfp4"
            case .fp8: "fp8"
            case .modelOpt: "modelopt"
            case .other(let name): name
            }
        }
    }

    /// The files beside config.json that tell the same.
    package static let sidecarNames: Set<String> = [
        "quantize_config.json", "quant_config.json", "hf_quant_config.json",
    ]

    /// A config.json that says nothing of quantization.
    package static func removed(from config: JSONValue) -> JSONValue {
        guard var object = config.objectValue else { return config }
        for key in ["quantization_config", "quantization", "compression_config"] { object[key] = nil }
        return .object(object)
    }

    /// The object itself; nil when there is none.
    let object: JSONValue?
    /// Nil when nothing is announced.
    let method: Method?
    /// The dtype that the model computes in; nil when it is not said or not a float of 16 or 32 bits.
    let modelDtype: DType?

    init(config: JSONValue?, sidecar: JSONValue? = nil) {
        let places = [config, config?["text_config"], config?["llm_config"]]
        let named = places.lazy.compactMap { $0?["quantization_config"] ?? $0?["compression_config"] }.first
        let object = named ?? config?["quantization"] ?? sidecar
        self.object = object?.objectValue == nil ? nil : object
        method = self.object.flatMap(Self.method)
        modelDtype = places.lazy.compactMap { ($0?["dtype"] ?? $0?["torch_dtype"])?.stringValue }.first
            .flatMap(DType.init(pyTorchName:))
    }

    /// The announced method, when it is one that is not read.
    var unknownMethod: String? { if case .other(let name) = method { name } else { nil } }

    private static func method(of object: JSONValue) -> Method? {
        if let name = object["quant_method"]?.stringValue ?? object["quant_library"]?.stringValue {
            switch name.lowercased() {
            case "bitsandbytes": return .bitsAndBytes
            case "gptq": return .gptq
            case "awq": return .awq
            case "compressed-tensors", "compressed_tensors", "sparseml": return .compressedTensors
            case "mxfp4": return .mxfp4
            case "fp8", "fbgemm_fp8": return .fp8
            case "modelopt": return .modelOpt
            case "mlx": return .mlx
            default: return .other(name)
            }
        }
        if object["w_bit"] != nil || object["q_group_size"] != nil { return .awq }
        if object["quantization"]?["quant_algo"] != nil || object["quant_algo"] != nil { return .modelOpt }
        if object["config_groups"] != nil { return .compressedTensors }
        if ["desc_act", "damp_percent", "checkpoint_format"].contains(where: { object[$0] != nil }) { return .gptq }
        if object["group_size"] != nil || object["mode"] != nil { return .mlx }
        return nil
    }

    /// The first of the members `keys` that is there, as a whole number.
    /// - Throws: `FormatError` for anything that is not one, `null` apart.
    static func integer(_ keys: String..., in object: JSONValue?) throws(FormatError) -> Int? {
        for key in keys {
            guard let value = object?[key], value != .null else { continue }
            guard let number = value.intValue else {
                throw .disagreement("the configuration says '\(key)': \(value.text()), which is no whole number")
            }
            return number
        }
        return nil
    }

    /// The size of groups, as every family writes it.
    /// - Returns: nil when the object has none; -1 when a whole row is one group.
    /// - Throws: `FormatError` for one that no group can have.
    static func groupSize(_ keys: String..., in object: JSONValue?) throws(FormatError) -> Int? {
        for key in keys {
            guard let size = try integer(key, in: object) else { continue }
            guard size == -1 || (1...greatestGroup).contains(size) else {
                throw .disagreement(
                    "the configuration says '\(key)': \(size); a group has 1 to \(greatestGroup) weights")
            }
            return size
        }
        return nil
    }

    /// No row of a model is longer.
    static let greatestGroup = 1 << 24
}
