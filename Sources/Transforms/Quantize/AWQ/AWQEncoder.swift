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
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        let (inputs, outputs) = (matrix.columns, matrix.rows)
        let groups = ScaleGroups.count(inputs, of: state.groupSize)
        let chunks = RowChunks(of: matrix, source, importance: importance, quality: quality, kernels: kernels)
        var work = GroupWork(
            GroupForm(
                .awq, bits: 4, dtype: .F16, isSymmetric: !state.hasZeroPoints, searches: quality == .best,
                groupSize: state.groupSize ?? inputs),
            decoding: CodeForm(bits: 4, dtype: .F16), columns: inputs, kernels: kernels)
        var turned = [UInt8](repeating: 0, count: inputs * outputs / 2)
        var words = [UInt8](repeating: 0, count: 4 * inputs)
        var numbers = ScaleGroups(rows: outputs, groups: groups)
        var errors = ErrorSums()
        try chunks.forEach(rowMultiple: 8) { rows, original, rounded in
            let clipped = try work.encode(rounded, importance: chunks.importance(ofRow: rows.lowerBound))
            for first in stride(from: 0, to: rows.count, by: 8) {
                var eight = words.mutableSpan
                kernels.packAWQ(work.codes.span.extracting(first * inputs..<(first + 8) * inputs), into: &eight)
                var span = turned.mutableSpan
                kernels.transposeWords(
                    words.span, columns: inputs, firstRow: (rows.lowerBound + first) / 8, stride: outputs / 8,
                    into: &span)
            }
            numbers.take(rows, work.scales, work.shifts)
            errors += chunks.errors(original, decoded: work.decoded.span, row: rows.lowerBound, clipped: clipped)
        }
        try sink.append(turned.span, to: 0)
        let scales = kernels.bytes(numbers.scales, as: .F16)
        if state.hasZeroPoints { try sink.append(packedZeros(numbers).span, to: 1) }
        try sink.append(scales.span, to: state.hasZeroPoints ? 2 : 1)
        return errors
    }

    /// Zero points in the order of a word's codes: [group, output / 8].
    private func packedZeros(_ numbers: ScaleGroups) -> [UInt8] {
        let order = [0, 2, 4, 6, 1, 3, 5, 7]
        var packed: [UInt8] = []
        packed.reserveCapacity(numbers.zeros.count / 2)
        for first in stride(from: 0, to: numbers.zeros.count, by: 8) {
            for byte in 0..<4 {
                let low = numbers.zeros[first + order[2 * byte]], high = numbers.zeros[first + order[2 * byte + 1]]
                packed.append(UInt8(low | high << 4))
            }
        }
        return packed
    }
}
