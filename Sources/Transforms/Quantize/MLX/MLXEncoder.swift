package import Bytes
package import Formats
import Numbers
package import Tensors

/// Quantizes matrices, and stacks of them, as MLX does: `weight`, `scales`, and `biases` in the affine mode.
///
/// The reference bytes are those of mlx 0.32.4 on its CPU, whose Metal kernel rounds ties away from zero instead. The
/// arithmetic is float32 on numbers that were rounded to the model's dtype; scales and biases are rounded to it after
/// the codes were made. Blocks whose E8M0 scale would be less than the least one (2^-127) take that one, where the
/// library's byte wraps around.
package struct MLXEncoder: MatrixEncoder {
    let state: MLXState
    let quality: EncoderQuality
    let rule: E8M0Rule
    let kernels: Kernels

    /// - Parameter rule: how E8M0 scales are found; of use in the modes `mxfp4` and `mxfp8`.
    package init(_ state: MLXState, quality: EncoderQuality, rule: E8M0Rule = .ceil, kernels: Kernels) {
        self.state = state
        self.quality = quality
        self.rule = rule
        self.kernels = kernels
    }

    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        try matrix.checkIsMatrix("MLX")
        try matrix.checkGroups(of: state.columnsPerGroup)
        guard matrix.columns * state.bits % 32 == 0 else {
            throw matrix.refusal(
                "\(matrix.columns) columns of \(state.bits) bits do not fill 32-bit words", "Keep this tensor dense")
        }
        let leading = Array(matrix.shape.dimensions.dropLast())
        let groups = leading + [matrix.columns / state.columnsPerGroup]
        let codes = PartForm(
            .same, role: "codes", type: .plain(.U32), shape: leading + [matrix.columns * state.bits / 32])
        guard state.mode == .affine else {
            return [codes, PartForm(.beside("scales"), role: "scales", type: .plain(.U8), shape: groups)]
        }
        let type = ElementType.plain(matrix.computeDtype)
        return [
            codes, PartForm(.beside("scales"), role: "scales", type: type, shape: groups),
            PartForm(.beside("biases"), role: "biases", type: type, shape: groups),
        ]
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        let chunks = RowChunks(
            of: matrix, source, importance: importance, quality: quality, threads: threads, kernels: kernels)
        guard state.mode == .affine else {
            return try chunks.encode(blocks, packsPairs: state.bits == 4, into: sink)
        }
        let dtype = matrix.computeDtype
        let work = GroupWork(
            GroupForm(
                .mlxAffine, bits: state.bits, dtype: dtype, searches: quality == .best,
                groupSize: state.columnsPerGroup),
            decoding: CodeForm(bits: state.bits, order: .scaleThenShift, dtype: dtype), columns: matrix.columns,
            kernels: kernels)
        return try chunks.encode(work, MLXPacking(dtype: dtype, kernels: kernels), into: sink)
    }

    private var blocks: MicroscaledForm {
        MicroscaledForm(
            state.mode == .mxfp8 ? .F8_E4M3 : .F4, groupSize: state.columnsPerGroup,
            scale: state.mode == .nvfp4 ? .e4m3 : .exponent(rule: rule.number), manner: .tiesTowardZero,
            searches: quality == .best)
    }
}
