package import Bytes
package import Formats
import Numbers
package import Tensors

/// Quantizes matrices to the layout of GPTQ by rounding to the nearest code: `qweight`, `qzeros`, `scales`, `g_idx`.
///
/// The reference bytes are those that auto-gptq 0.7.1 packs for a weight rounded so. Two kinds of groups differ: a
/// version 1 cannot hold the zero point 0 (stored as -1 it spills into its neighbors), so that a group without negative
/// weights gets the zero point 1, and a scale by which its greatest weight still has a code; and codes are clamped,
/// where the library lets them run into the next one.
package struct GPTQEncoder: MatrixEncoder {
    let state: GPTQState
    let quality: EncoderQuality
    let kernels: Kernels

    /// - Parameter state: one that does not say whether it is symmetric is.
    package init(_ state: GPTQState, quality: EncoderQuality, kernels: Kernels) {
        self.state = state
        self.quality = quality
        self.kernels = kernels
    }

    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        try matrix.checkIsPlain("GPTQ")
        let (inputs, outputs, bits) = (matrix.columns, matrix.rows, state.bits)
        guard [2, 3, 4, 8].contains(bits), !state.hasActOrder else {
            throw FormatError(
                .unsupported, "'\(state.scheme)' is not written", remedy: "Choose 2, 3, 4 or 8 bits without act-order")
        }
        guard inputs * bits % 32 == 0, outputs * bits % 32 == 0 else {
            throw matrix.refusal(
                "codes of \(bits) bits fill 32-bit words along both sides, so each is a multiple of "
                    + "\(bits == 3 ? 32 : 32 / bits)", "Keep this tensor dense")
        }
        let groups = ScaleGroups.count(inputs, of: state.groupSize)
        return [
            PartForm(.beside("qweight"), role: "codes", type: .plain(.I32), shape: [inputs * bits / 32, outputs]),
            PartForm(.beside("qzeros"), role: "zeros", type: .plain(.I32), shape: [groups, outputs * bits / 32]),
            PartForm(.beside("scales"), role: "scales", type: .plain(.F16), shape: [groups, outputs]),
            PartForm(.beside("g_idx"), role: "g_idx", type: .plain(.I32), shape: [inputs]),
        ]
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        let size = state.groupSize ?? matrix.columns
        let chunks = RowChunks(
            of: matrix, source, importance: importance, quality: quality, threads: threads, kernels: kernels)
        let work = GroupWork(
            GroupForm(
                .gptq, bits: state.bits, dtype: .F16, isSymmetric: state.isSymmetric ?? true,
                leastZero: state.leastZero, searches: quality == .best, groupSize: size),
            decoding: CodeForm(bits: state.bits, dtype: .F32), columns: matrix.columns, kernels: kernels)
        return try chunks.encode(work, GPTQPacking(state, matrix, kernels: kernels), into: sink)
    }
}
