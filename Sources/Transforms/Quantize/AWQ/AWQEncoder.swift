package import Bytes
package import Formats
import Numbers
package import Tensors

/// Quantizes matrices to the `gemm` layout of AWQ by rounding to the nearest code: `qweight`, `qzeros`, `scales`.
///
/// The reference bytes are those that AutoAWQ 0.2.9 packs for a weight rounded so; channels are not scaled. Two things
/// differ: the range of a group always holds zero, where the library loses a group whose weights are all of one sign;
/// and codes are clamped, where the library lets a 16 run into the next code.
package struct AWQEncoder: MatrixEncoder {
    let state: AWQState
    let quality: EncoderQuality
    let kernels: Kernels

    package init(_ state: AWQState, quality: EncoderQuality, kernels: Kernels) {
        self.state = state
        self.quality = quality
        self.kernels = kernels
    }

    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        try matrix.checkIsPlain("AWQ")
        guard state.layout == .gemm else {
            throw FormatError(.unsupported, "AWQ gemv is not written", remedy: "Choose 'awq-4-g128', which is gemm")
        }
        let (inputs, outputs) = (matrix.columns, matrix.rows)
        try matrix.checkGroups(of: state.groupSize ?? inputs)
        guard outputs % 8 == 0 else {
            throw matrix.refusal("eight outputs share a word, and there are \(outputs)", "Keep this tensor dense")
        }
        let groups = ScaleGroups.count(inputs, of: state.groupSize)
        let codes = PartForm(.beside("qweight"), role: "codes", type: .plain(.I32), shape: [inputs, outputs / 8])
        let zeros = PartForm(.beside("qzeros"), role: "zeros", type: .plain(.I32), shape: [groups, outputs / 8])
        let scales = PartForm(.beside("scales"), role: "scales", type: .plain(.F16), shape: [groups, outputs])
        return state.hasZeroPoints ? [codes, zeros, scales] : [codes, scales]
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        let chunks = RowChunks(
            of: matrix, source, importance: importance, quality: quality, threads: threads, kernels: kernels)
        let work = GroupWork(
            GroupForm(
                .awq, bits: state.bits, dtype: .F16, isSymmetric: !state.hasZeroPoints, searches: quality == .best,
                groupSize: state.groupSize ?? matrix.columns),
            decoding: CodeForm(bits: state.bits, dtype: .F16), columns: matrix.columns, kernels: kernels)
        return try chunks.encode(work, AWQPacking(state, matrix, kernels: kernels), into: sink)
    }
}
