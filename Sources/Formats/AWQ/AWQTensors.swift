import Bytes
import Numbers
import Tensors

/// Reads the shapes of an AWQ matrix `P` of I inputs, O outputs and G groups:
///
/// | tensor | `gemm` | `gemv` |
/// | --- | --- | --- |
/// | `P.qweight` | I32 [I, O ÷ 8] | I32 [O, I ÷ 8] |
/// | `P.qzeros` | I32 [G, O ÷ 8]; may be absent: 8 | I32 [O, Z] |
/// | `P.scales` | F16 [G, O] | F16 [O, 8 × Z], zeros behind the G first |
///
/// Source: AutoAWQ 0.2.9, `modules/linear/gemm.py` and `gemv.py`, `utils/packing_utils.py`.
enum AWQTensors {
    static func tensor(
        of module: String, _ stored: FiledTensor, _ layout: AWQState.Layout, in model: StoredTensors,
        _ config: AWQConfig
    ) throws -> LogicalTensor {
        let scales = try model.part("scales", module + ".scales", QWeightTensors.scaleTypes)
        let words = stored.tensor.shape.dimensions, columns = scales.tensor.shape.dimensions[1]
        let inputs: Int, outputs: Int, groups: Int
        switch layout {
        case .gemm:
            (inputs, outputs, groups) = (words[0], columns, scales.tensor.shape.dimensions[0])
        case .gemv:
            let (count, overflow) = words[1].multipliedReportingOverflow(by: 8)
            guard !overflow, let size = config.groupSize else {
                throw FormatError.quantized("is an AWQ gemv matrix, and no configuration tells the size of its groups")
            }
            (inputs, outputs, groups) = (count, words[0], size == -1 ? 1 : ScaleGranularity.count(count, of: size))
            guard groups <= columns, columns % 8 == 0 else {
                throw FormatError.disagreement(
                    "the configuration says groups of \(size): \(groups) for \(inputs) inputs; scales are "
                        + "\(scales.tensor.shape)")
            }
        }
        guard let shape = Shape([outputs, inputs]), inputs % groups == 0 else {
            throw FormatError.quantized("has \(inputs) inputs in \(groups) groups, which are not of one size")
        }
        if let size = config.groupSize, (size == -1 ? inputs : size) != inputs / groups {
            throw FormatError.disagreement(
                "the configuration says groups of \(size), but \(inputs) inputs have \(groups) groups")
        }
        var parts = [LogicalTensor.Part(role: "codes", tensor: stored.tensor, file: stored.file), scales]
        let hasZeroPoints = model[module + ".qzeros"] != nil
        if hasZeroPoints {
            let shape = layout == .gemm ? [groups, words[1]] : [outputs, columns / 8]
            parts.insert(try model.part("zeros", module + ".qzeros", [.I32], shape), at: 1)
        }
        let state = AWQState(
            layout: layout, groupSize: groups == 1 && config.groupSize != inputs ? nil : inputs / groups,
            hasZeroPoints: hasZeroPoints)
        // AutoAWQ holds scales, and computes, in F16.
        let dtype = scales.dtype
        return LogicalTensor(
            name: module + ".weight", encoding: .awq(state), dtype: dtype, shape: shape, parts: parts)
    }
}
