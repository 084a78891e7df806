import Bytes
import Formats
import Numbers
import Tensors
import Transforms

extension Exercise {
    /// A quantized model: its config.json (or what stands for it), a zero byte, and its weights as safetensors. Every
    /// matrix is recognized and dequantized.
    static let quantized = Exercise("quantized") { file in
        let bytes = try file.bytes(0..<file.byteCount)
        let end = bytes.firstIndex(of: 0) ?? 0
        let config = end == 0 ? nil : try JSONValue(parsing: Array(bytes[..<end]), dialect: .python)
        let weights = MemorySource(Array(bytes.dropFirst(end + 1)), path: "model.safetensors")
        do {
            return try dequantize(weights, config)
        } catch var error as FormatError {
            // Places count from the start of the weights.
            if let offset = error.byteOffset, offset > weights.byteCount {
                throw Fault(text: "the error blames byte \(offset) of \(weights.byteCount): \(error)")
            }
            error.byteOffset = error.byteOffset.map { min($0 + end + 1, bytes.count) }
            throw error
        }
    } check: { tensors, _ in
        let parts = tensors.flatMap { tensor in tensor.parts.map(\.tensor.name) }
        try expect(Set(parts).count == parts.count, "a stored tensor is part of two")
        for tensor in tensors { _ = (tensor.scheme, tensor.bits, tensor.groupSize, tensor.summary) }
    }

    /// The numbers that are decoded of one file.
    private static let decodedCount = 2 << 20

    private static func dequantize(_ weights: MemorySource, _ config: JSONValue?) throws -> [LogicalTensor] {
        let layout = try Safetensors.layout(of: weights)
        let reader = TensorReader(weights)
        let stored = layout.tensors.map { FiledTensor(file: 0, tensor: $0) }
        let grouping = try LogicalTensor.group(stored, config: config, sidecar: config) {
            try reader.content(of: $0.tensor)
        }
        var rest = decodedCount
        for tensor in grouping.tensors where tensor.scheme != nil {
            let parts = FileParts(tensor, sources: [weights])
            let dequantizer = try Dequantizers.make(for: tensor, parts: parts, kernels: Kernels())
            try expect(dequantizer.shape == tensor.shape, "'\(tensor.name)' has the shape \(dequantizer.shape)")
            var row = 0
            while row < dequantizer.rowCount, rest > 0 {
                let rows = row..<min(row + dequantizer.rowsPerChunk, dequantizer.rowCount)
                let width = dequantizer.dtype.bitCount / 8
                var output = [UInt8](repeating: 0, count: rows.count * dequantizer.columnCount * width)
                var span = output.mutableSpan
                try dequantizer.decode(rows: rows, as: dequantizer.dtype, into: &span)
                rest -= rows.count * dequantizer.columnCount
                row = rows.upperBound
            }
        }
        return grouping.tensors
    }
}
