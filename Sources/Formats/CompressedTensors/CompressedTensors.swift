import Bytes
import Numbers
import Tensors

/// Finds the matrices that compressed-tensors quantized. For a module P of O outputs, I inputs, b bits and G groups:
///
/// | tensor | packed integers | integers, floats, MXFP8 | NVFP4, MXFP4 |
/// | --- | --- | --- | --- |
/// | codes | `weight_packed` I32 [O, ⌈I × b ÷ 32⌉] | `weight` I8, F8_E4M3 [O, I] | `weight_packed` U8 [O, I ÷ 2] |
/// | `weight_shape` | I64 [2] | | |
/// | `weight_scale` | float | float; U8 [O, I ÷ 32] | F8_E4M3 [O, I ÷ 16]; U8 [O, I ÷ 32] |
/// | `weight_zero_point`, perhaps | I32 [⌈O × b ÷ 32⌉, G] | I8 | |
/// | `weight_g_idx`, perhaps | I32 [I] | | |
/// | `weight_global_scale` | | | F32 [1] in NVFP4 |
///
/// Float scales are [1] for a tensor, [O, 1] for rows, [O, G] for groups, ⌈O ÷ rows⌉ × ⌈I ÷ columns⌉ for blocks. Stacks
/// of matrices have a further first dimension. Source: compressed-tensors 0.20.0, `compressors/*/base.py`.
enum CompressedTensors {
    static func find(in model: inout StoredTensors, _ config: QuantizationConfig) throws -> [LogicalTensor] {
        var found: [LogicalTensor] = []
        for stored in model.free(.packed) {
            let module = String(stored.tensor.name.dropLast(".weight_packed".count))
            found += try take(module, in: &model) { model in
                if model[module + ".meta"] != nil || model[module + ".scale_packed"] != nil {
                    model.notes.add("the layout 'marlin-24' is not read; stays as stored", tensor: module)
                    return nil
                }
                // Of a single shard the scales may be in another one.
                guard model[module + ".weight_scale"] != nil || config.method == .compressedTensors else { return nil }
                let parts = CompressedParts(module, codes: stored, config)
                return stored.tensor.dtype == .U8 ? try parts.floats(in: &model) : try parts.integers(in: &model)
            }
        }
        guard config.method == .compressedTensors || config.method == nil else { return found }
        for scale in model.free(.scale) where scale.tensor.name.utf8.hasEnding(".weight_scale") {
            let module = String(scale.tensor.name.dropLast(".weight_scale".count))
            guard let codes = model[module + ".weight"] else { continue }
            let isInteger = codes.tensor.dtype == .I8
            let isFloat = codes.tensor.dtype == .F8_E4M3 || codes.tensor.dtype == .F8_E5M2
            // Without a configuration, floats with a scale could be anyone's.
            guard isInteger || isFloat && config.method == .compressedTensors else { continue }
            found += try take(module, in: &model) { model in
                try CompressedParts(module, codes: codes, config).elements(in: &model)
            }
        }
        return found
    }

    private static func take(
        _ module: String, in model: inout StoredTensors,
        _ read: (inout StoredTensors) throws -> LogicalTensor?
    ) throws -> [LogicalTensor] {
        do {
            guard let tensor = try read(&model) else { return [] }
            try model.take(tensor)
            return [tensor]
        } catch let error as FormatError {
            throw error.concerning(tensor: module + ".weight")
        }
    }
}
