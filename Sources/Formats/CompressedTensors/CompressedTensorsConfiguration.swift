package import Bytes
import Numbers

extension CompressedTensorsState {
    /// The `quantization_config` of a model in this layout. One scheme is said of all linear layers but the dense ones;
    /// of several, each names its modules.
    ///
    /// Source: compressed-tensors 0.20.0, `quantization/quant_config.py`, `quant_args.py`.
    package static func configuration(of modules: QuantizedModules<CompressedTensorsState>) -> JSONObject {
        let states = modules.states
        let groups = states.enumerated().map { index, state in
            let paths = modules.modules.filter { $0.state == state }.map(\.path)
            return ("group_\(index)", JSONValue.object(state.group(targets: states.count == 1 ? ["Linear"] : paths)))
        }
        let formats = Set(states.map(\.formatName))
        return JSONObject([
            ("config_groups", .object(JSONObject(groups))),
            ("format", .string(formats.count == 1 ? formats.first ?? "" : "mixed-precision")),
            ("global_compression_ratio", .null),
            ("ignore", .strings(modules.dense)),
            ("kv_cache_scheme", .null),
            ("quant_method", .string("compressed-tensors")),
            ("quantization_status", .string("compressed")),
        ])
    }

    private func group(targets: [String]) -> JSONObject {
        JSONObject([
            ("format", .string(formatName)), ("input_activations", activations), ("output_activations", .null),
            ("targets", .strings(targets)), ("weights", .object(weights)),
        ])
    }

    private var formatName: String {
        switch layout {
        case .packed: "pack-quantized"
        case .integers: "int-quantized"
        case .floats: "float-quantized"
        case .nvfp4: "nvfp4-pack-quantized"
        case .mxfp4: "mxfp4-pack-quantized"
        case .mxfp8: "mxfp8-quantized"
        case .sparse24: "sparse-24-bitmask"
        case .sparse: "sparse-bitmask"
        }
    }

    /// Weights alone are quantized; what 8-bit kernels want of activations, each token finds for itself.
    private var activations: JSONValue {
        let type: String
        switch layout {
        case .integers: type = "int"
        case .floats: type = "float"
        default: return .null
        }
        let isBlock = if case .block = granularity { true } else { false }
        var object = JSONObject([
            ("dynamic", .bool(true)), ("num_bits", .number(8)), ("strategy", .string(isBlock ? "group" : "token")),
            ("symmetric", .bool(true)), ("type", .string(type)),
        ])
        if isBlock { object["group_size"] = .number(128) }
        return .object(object)
    }

    private var weights: JSONObject {
        let isFloat =
            switch layout {
            case .packed, .integers: false
            default: true
            }
        let strategy: String
        var block = JSONValue.null
        switch granularity {
        case .tensor: strategy = "tensor"
        case .channel: strategy = "channel"
        case .group: strategy = layout == .nvfp4 ? "tensor_group" : "group"
        case .block(let rows, let columns):
            strategy = "block"
            block = .array([.number(rows), .number(columns)])
        }
        return JSONObject([
            ("actorder", .null), ("block_structure", block), ("dynamic", .bool(false)),
            ("group_size", .optional(granularity.groupSize)), ("num_bits", .number(bits)),
            ("observer", .string("minmax")), ("strategy", .string(strategy)), ("symmetric", .bool(isSymmetric)),
            ("type", .string(isFloat ? "float" : "int")),
        ])
    }
}
