import Bytes
import Numbers
import Tensors

/// Finds the matrices that GPTQ and AWQ hold as `P.qweight`.
///
/// The two share the names and differ in the shapes: with `scales` of [groups, out], GPTQ's words run down the input
/// ([in × bits ÷ 32, out]) and AWQ's along the output ([in, out ÷ 8]).
enum QWeightTensors {
    static let gptqBits = [2, 3, 4, 8]
    static let scaleTypes: [DType] = [.F16, .BF16, .F32]

    static func find(
        in model: inout StoredTensors, _ config: QuantizationConfig
    ) throws -> [LogicalTensor] {
        try model.free(.qweight).compactMap { stored in
            let module = String(stored.tensor.name.dropLast(".qweight".count))
            do {
                let tensor = try tensor(of: module, stored, in: &model, config)
                if let tensor { try model.take(tensor) }
                return tensor
            } catch let error as FormatError {
                throw error.concerning(tensor: module + ".weight")
            }
        }
    }

    private static func tensor(
        of module: String, _ stored: FiledTensor, in model: inout StoredTensors, _ config: QuantizationConfig
    ) throws -> LogicalTensor? {
        let found = layout(of: module, stored, in: model)
        switch config.method {
        case .gptq:
            let gptq = try GPTQConfig(config.object)
            guard gptq.version != nil else {
                model.notes.add("GPTQ layout '\(gptq.format ?? "")' is not read; stays as stored", tensor: module)
                return nil
            }
            guard found == .gptq else { throw contradiction("GPTQ", found, module, stored, in: model) }
            return try GPTQTensors.tensor(of: module, stored, in: &model, gptq)
        case .awq:
            let awq = try AWQConfig(config.object)
            guard let layout = awq.layout else {
                model.notes.add("AWQ layout '\(awq.version)' is not read; stays as stored", tensor: module)
                return nil
            }
            guard found == .awq(layout) else {
                throw contradiction("AWQ \(awq.version)", found, module, stored, in: model)
            }
            return try AWQTensors.tensor(of: module, stored, layout, in: model, awq)
        case .other:
            return nil  // one note says which method it is
        default:
            switch found {
            case .gptq where model[module + ".qzeros"] != nil:
                model.notes.add("no configuration tells the version of this GPTQ layout; v1 is assumed", tensor: module)
                return try GPTQTensors.tensor(of: module, stored, in: &model, try GPTQConfig(nil))
            case .awq(.gemm):
                return try AWQTensors.tensor(of: module, stored, .gemm, in: model, try AWQConfig(nil))
            default:
                model.notes.add(
                    "has the name of a GPTQ or AWQ matrix, but not its parts and shapes; stays as stored",
                    tensor: module)
                return nil
            }
        }
    }

    /// What the shapes are.
    private enum Layout: Equatable {
        case gptq
        case awq(AWQState.Layout)
        case unknown
    }

    private static func layout(of module: String, _ stored: FiledTensor, in model: StoredTensors) -> Layout {
        let codes = stored.tensor
        guard let scales = model[module + ".scales"]?.tensor, codes.dtype == .I32, codes.shape.elementCount > 0,
            scales.shape.elementCount > 0, case let words = codes.shape.dimensions, words.count == 2,
            case let groups = scales.shape.dimensions, groups.count == 2
        else { return .unknown }
        if words[1] == groups[1] { return .gptq }
        if words[1].multipliedReportingOverflow(by: 8) == (groups[1], false) { return .awq(.gemm) }
        if words[0] == groups[0] { return .awq(.gemv) }
        return .unknown
    }

    private static func contradiction(
        _ name: String, _ found: Layout, _ module: String, _ stored: FiledTensor, in model: StoredTensors
    ) -> FormatError {
        guard let scales = model[module + ".scales"]?.tensor else {
            return .quantized("is quantized, but '\(module).scales' is not there")
        }
        let other =
            switch found {
            case .gptq: "GPTQ's"
            case .awq(.gemm): "AWQ gemm's"
            case .awq(.gemv): "AWQ gemv's"
            case .unknown: "of neither GPTQ nor AWQ"
            }
        return .disagreement(
            "the configuration says \(name), but qweight \(stored.tensor.type) \(stored.tensor.shape) and scales "
                + "\(scales.shape) are \(other)")
    }
}
