import Numbers
import Tensors

/// `weight`, `scales`, `biases` of MLX's affine mode: everything by rows. Shifts are biases.
struct MLXPacking: CodePacking {
    let dtype: DType
    let kernels: Kernels

    func append(_ rows: GroupedRows, into sink: any PartSink) throws {
        try sink.append(rows.packed.span, to: 0)
        try sink.append(kernels.bytes(rows.scales, as: dtype).span, to: 1)
        try sink.append(kernels.bytes(rows.shifts, as: dtype).span, to: 2)
    }
}
