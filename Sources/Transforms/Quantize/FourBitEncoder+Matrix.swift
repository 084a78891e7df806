package import Bytes
import Formats
import Numbers
package import Tensors

extension FourBitEncoder: MatrixEncoder {
    /// The parts of a matrix. With nested scales the last one's length is an estimate: it tells the mean of the scales
    /// in decimal digits.
    package func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm] {
        guard matrix.shape.dimensions.count == 2 else {
            throw FormatError(
                .refused, "bitsandbytes holds matrices, and its shape is \(matrix.shape)",
                remedy: "Keep the tensor with --keep")
        }
        let count = matrix.shape.elementCount
        let blocks = (count + scheme.blockSize - 1) / scheme.blockSize
        var parts = [PartForm(.same, role: "codes", type: .plain(.U8), shape: [(count + 1) / 2, 1])]
        func add(_ role: String, _ dtype: DType, _ count: Int, name: String? = nil) {
            parts.append(PartForm(.behind(name ?? role), role: role, type: .plain(dtype), shape: [count]))
        }
        if scheme.isNested {
            add("absmax", .U8, blocks)
            add("nested_absmax", .F32, (blocks + NestedAbsmax.blockSize - 1) / NestedAbsmax.blockSize)
            add("nested_quant_map", .F32, DynamicMap.values.count)
        } else {
            add("absmax", .F32, blocks)
        }
        add("quant_map", .F32, scheme.type.values.count)
        let state = BitsAndBytesQuantState(
            type: scheme.type, blockSize: scheme.blockSize, dtype: matrix.dtype, shape: matrix.shape.dimensions,
            nestedOffset: scheme.isNested ? 0 : nil)
        add("quant_state", .U8, state.text.utf8.count, name: "quant_state.bitsandbytes__" + scheme.type.rawValue)
        return parts
    }

    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums {
        let encoded = try encode(
            DenseMatrix(dtype: matrix.dtype, shape: matrix.shape), bytes: source, importance: importance,
            threads: threads)
        for (index, part) in encoded.parts.enumerated() { try sink.append(part.bytes.span, to: index) }
        return encoded.errors ?? ErrorSums()
    }
}
