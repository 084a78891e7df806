import Bytes
import Numbers
import Tensors

/// Finds matrices of FP8 (and of F4) with scales beside them. For a tensor N, mostly `P.weight`:
///
/// | written by | codes | scales, which multiply |
/// | --- | --- | --- |
/// | DeepSeek V3, transformers | F8_E4M3 [O, I] | `N_scale_inv` F32 or F8_E8M0, one for 128 × 128 |
/// | transformers, experts in MXFP4 | I8 [O, I ÷ 2] | `N_scale_inv` F8_E8M0 [O, I ÷ 32] |
/// | FBGEMM, ModelOpt FP8 | F8_E4M3 [O, I] | `N_scale` F32 [O, 1], [O], [1] or [] |
/// | Mistral | F8_E4M3 [O, I] | `P.qscale_weight` [] |
/// | ModelOpt NVFP4 | U8 [O, I ÷ 2] | `N_scale` F8_E4M3 [O, I ÷ 16], `N_scale_2` F32 [] |
///
/// Stacks of matrices have a further first dimension. U8 scales are exponents, as E8M0. Source: transformers 5.23.0,
/// `integrations/finegrained_fp8.py`, `Fp8Dequantize`.
enum ScaledFloatTensors {
    static func find(in model: inout StoredTensors, _ config: QuantizationConfig) throws -> [LogicalTensor] {
        if config.method == .compressedTensors { return [] }
        return try model.free(.scale).compactMap { scale in
            guard let name = owner(of: scale.tensor.name), let codes = model[name], !model.isTaken(name),
                let dtype = codes.tensor.dtype, isElement(dtype, scale.tensor)
            else { return nil }
            do {
                let tensor = try tensor(name, codes, scale, in: &model, config)
                if let tensor { try model.take(tensor) }
                return tensor
            } catch let error as FormatError {
                throw error.concerning(tensor: name)
            }
        }
    }

    /// The tensor that a scale's name belongs to.
    private static func owner(of scale: String) -> String? {
        for ending in ["_scale_inv", "_scale"] where scale.utf8.hasEnding(ending) {
            return String(scale.dropLast(ending.count))
        }
        guard scale.utf8.hasEnding(".qscale_weight") else { return nil }
        return scale.dropLast(".qscale_weight".count) + ".weight"
    }

    private static func isElement(_ dtype: DType, _ scale: TensorDescription) -> Bool {
        switch dtype {
        case .F8_E4M3, .F8_E5M2: true
        case .I8: scale.name.utf8.hasEnding("_scale_inv")
        case .U8: scale.dtype == .F8_E4M3
        default: false
        }
    }

    private static func tensor(
        _ name: String, _ codes: FiledTensor, _ scale: FiledTensor, in model: inout StoredTensors,
        _ config: QuantizationConfig
    ) throws -> LogicalTensor? {
        let stored = codes.tensor, dimensions = stored.shape.dimensions
        let isPacked = stored.dtype == .I8 || stored.dtype == .U8
        guard dimensions.count >= 2, let width = dimensions.last, stored.shape.elementCount > 0,
            case let (columns, overflow) = width.multipliedReportingOverflow(by: isPacked ? 2 : 1), !overflow,
            let shape = Shape(dimensions.dropLast() + [columns])
        else { throw FormatError.quantized("has scales, and codes of shape \(stored.shape), which are no matrix") }
        let scales: [DType] =
            stored.dtype == .U8 ? [.F8_E4M3] : [.F32, .BF16, .F16, .F8_E8M0, .U8]
        var parts = [
            LogicalTensor.Part(role: "codes", tensor: stored, file: codes.file),
            try model.part("scale", scale.tensor.name, scales),
        ]
        let block = try block(config.object?["weight_block_size"])
        let granularity = ScaleGranularity(
            scales: scale.tensor.shape.dimensions, matrix: shape.dimensions, block: block)
        guard let found = granularity else {
            guard config.method == .fp8 else {
                model.notes.add("its scales do not fit its weights; stays as stored", tensor: name)
                return nil
            }
            throw FormatError.quantized("has weights \(shape) and scales \(scale.tensor.shape), which do not fit")
        }
        if let block, case .block(let rows, let columns) = found, (rows, columns) != block {
            throw FormatError.disagreement(
                "the configuration says blocks of \(block.rows) × \(block.columns), but weights \(shape) have scales "
                    + "\(scale.tensor.shape)")
        }
        if stored.dtype == .U8 {
            let second = try model.part("scale_2", name + "_scale_2", [.F32])
            guard second.tensor.shape.elementCount == 1, found == .group(16) else {
                throw FormatError.quantized(
                    "has scales \(scale.tensor.shape) and second scales \(second.tensor.shape) for weights \(shape)")
            }
            parts.append(second)
        }
        let module = name.utf8.hasEnding(".weight") ? String(name.dropLast(".weight".count)) : name
        parts += model.extras(
            ["input_scale", "activation_scale", "input_scale_ub", "qscale_act"].map { ($0, "\(module).\($0)") })
        let state = ScaledFloatState(
            element: isPacked ? .F4 : parts[0].dtype, granularity: found, hasSecondScale: stored.dtype == .U8)
        let wide = QWeightTensors.scaleTypes.contains(parts[1].dtype) ? parts[1].dtype : .BF16
        return LogicalTensor(
            name: name, encoding: .scaledFloat(state), dtype: config.modelDtype ?? wide, shape: shape, parts: parts)
    }

    /// Rows and columns of a block, as configurations write it; nil when it is not said.
    static func block(_ value: JSONValue?) throws(FormatError) -> (rows: Int, columns: Int)? {
        guard let value, value != .null else { return nil }
        let sizes = value.arrayValue?.compactMap(\.intValue) ?? []
        guard sizes.count == 2, sizes.allSatisfy((1...QuantizationConfig.greatestGroup).contains) else {
            throw .disagreement("the configuration says blocks of \(value.text()), which is no pair of sizes")
        }
        return (sizes[0], sizes[1])
    }
}
