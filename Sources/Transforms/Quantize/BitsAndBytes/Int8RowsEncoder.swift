package import Bytes
import Numbers
package import Tensors

/// Quantizes matrices as LLM.int8() of bitsandbytes does: `weight` in signed bytes, `SCB` with the greatest magnitude
/// of each row, and `weight_format`, 0.
///
/// The reference bytes are those that transformers 5.23 with bitsandbytes 0.50.2 saves: weights are rounded to F16, and
/// multiplied by 127 times the reciprocal of SCB. A row of zeros has zeros. Source: bitsandbytes, `functional.py`, `int8_vectorwise_quant`.
package struct Int8RowsEncoder: MatrixEncoder {
    let quality: EncoderQuality
    let kernels: Kernels

    package init(quality: EncoderQuality, kernels: Kernels) {
        self.quality = quality
        self.kernels = kernels
    }

    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        try matrix.checkIsPlain("LLM.int8()")
        return [
            PartForm(.same, role: "codes", type: .plain(.I8), shape: matrix.shape.dimensions),
            PartForm(.beside("SCB"), role: "SCB", type: .plain(.F32), shape: [matrix.rows]),
            PartForm(.beside("weight_format"), role: "weight_format", type: .plain(.U8), shape: []),
        ]
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        _ = try parts(of: matrix)
        // The library's matrix product takes weights in F16 only.
        let halved = MatrixForm(shape: matrix.shape, dtype: matrix.dtype, computeDtype: .F16)
        let chunks = RowChunks(
            of: halved, source, importance: importance, quality: quality, threads: threads, kernels: kernels)
        let work = GroupWork(
            GroupForm(
                .int8Rows, bits: 8, dtype: .F32, isSymmetric: true, isUnsigned: false, searches: quality == .best,
                groupSize: matrix.columns),
            decoding: CodeForm(signedBytesAs: .F32), columns: matrix.columns, kernels: kernels)
        let errors = try chunks.encode(work) { _, made in
            try sink.append(made.codes.span, to: 0)
            try sink.append(kernels.bytes(made.scales, as: .F32).span, to: 1)
        }
        let format: [UInt8] = [0]
        try sink.append(format.span, to: 2)
        return errors
    }
}
