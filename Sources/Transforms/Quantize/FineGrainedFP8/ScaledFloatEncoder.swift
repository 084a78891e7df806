package import Bytes
package import Formats
import Numbers
package import Tensors

/// Quantizes matrices to FP8 with scales beside them, as DeepSeek publishes and transformers' `fp8` loads them:
/// `weight`, and `weight_scale_inv`, which multiplies, for blocks or the whole tensor; for rows `weight_scale`, as
/// FBGEMM has it.
///
/// `scale = greatest magnitude ÷ 448` in float32, 1 for zeros; a code is the nearest F8_E4M3 of the quotient, ties to
/// even. Blocks at the edges may be cut off.
package struct ScaledFloatEncoder: MatrixEncoder {
    let state: ScaledFloatState
    let quality: EncoderQuality
    let kernels: Kernels

    package init(_ state: ScaledFloatState, quality: EncoderQuality, kernels: Kernels) {
        self.state = state
        self.quality = quality
        self.kernels = kernels
    }

    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        try matrix.checkIsPlain("FP8")
        guard state.element == .F8_E4M3 || state.element == .F8_E5M2, !state.hasSecondScale else { throw unwritten() }
        let codes = PartForm(.same, role: "codes", type: .plain(state.element), shape: matrix.shape.dimensions)
        let scales: PartForm
        switch state.granularity {
        case .tensor: scales = scale("weight_scale_inv", [])
        case .channel: scales = scale("weight_scale", [matrix.rows, 1])
        case .block(let height, let width):
            guard height > 0, width > 0 else { throw unwritten() }
            scales = scale(
                "weight_scale_inv", [(matrix.rows + height - 1) / height, (matrix.columns + width - 1) / width])
        case .group: throw unwritten()
        }
        return [codes, scales]
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        let chunks = RowChunks(
            of: matrix, source, importance: importance, quality: quality, threads: threads, kernels: kernels)
        return try FloatWork.encode(
            chunks, element: state.element, granularity: state.granularity, manner: .fineGrained, into: sink)
    }

    private func scale(_ name: String, _ shape: [Int]) -> PartForm {
        PartForm(.beside(name), role: "scale", type: .plain(.F32), shape: shape)
    }

    private func unwritten() -> FormatError {
        FormatError(
            .unsupported, "'\(state.scheme)' is not written", remedy: "Choose fp8-block128, fp8-channel or fp8-tensor")
    }
}
