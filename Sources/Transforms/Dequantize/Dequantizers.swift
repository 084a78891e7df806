import Bytes
package import Formats
import Numbers
package import Tensors

/// Makes the dequantizer of any logical tensor.
package enum Dequantizers {
    /// - Parameters:
    ///   - tensor: a quantized tensor.
    ///   - parts: the bytes of its parts.
    /// - Throws: `FormatError`, naming the tensor, when parts are missing or not of the sizes that its shape needs.
    package static func make(
        for tensor: LogicalTensor, parts: any PartBytes, kernels: Kernels
    ) throws -> any Dequantizer {
        let source = DequantizerSource(tensor: tensor, parts: parts, kernels: kernels)
        do {
            switch tensor.encoding {
            case .dense:
                throw FormatError(
                    .unsupported, "its elements are not quantized", remedy: "Read the tensor as it is stored")
            case .blocks(let state): return try BlockDequantizer(state.type, source)
            case .bitsAndBytes(let state): return try FourBitDequantizer(state, source)
            case .bitsAndBytesInt8: return try RowScaledDequantizer(source)
            case .gptq(let state): return try source.gptq(state)
            case .awq(let state): return try source.awq(state)
            case .compressedTensors(let state):
                switch state.layout {
                case .sparse24, .sparse: return try SparseDequantizer(state.layout, source)
                default: return try source.compressedTensors(state)
                }
            case .mlx(let state): return try source.mlx(state)
            case .gptOSS: return try source.gptOSS()
            case .scaledFloat(let state): return try source.scaledFloat(state)
            }
        } catch var error as FormatError {
            error.tensor = error.tensor ?? tensor.name
            throw error
        }
    }
}

/// What a dequantizer is made of.
struct DequantizerSource {
    let tensor: LogicalTensor
    let parts: any PartBytes
    let kernels: Kernels

    var columns: Int { tensor.shape.dimensions.last ?? 1 }
    /// The rows of all matrices of a stack.
    var rows: Int { tensor.shape.dimensions.dropLast().reduce(1, *) }
    /// The rows of one matrix.
    var matrixRows: Int { tensor.shape.dimensions.dropLast().last ?? 1 }
    var matrices: Int { tensor.shape.dimensions.dropLast(2).reduce(1, *) }

    /// The dtype of a part that holds floats.
    func dtype(_ role: String) throws(FormatError) -> DType {
        guard let dtype = tensor.part(role)?.dtype, Kernels.fourBitSources.contains(dtype) else {
            throw FormatError(
                .corrupt, "the part '\(role)' holds no BF16, F16 or F32", remedy: "Fetch the file again")
        }
        return dtype
    }

    func grid(_ granularity: ScaleGranularity) -> ScaleGrid {
        switch granularity {
        case .tensor:
            ScaleGrid(
                matrixRows: rows, countPerRow: 1, rowsPerNumber: rows, groupSize: columns, isShared: true)
        case .channel:
            ScaleGrid(
                matrixRows: matrixRows, countPerRow: 1, rowsPerNumber: 1, groupSize: columns, isShared: false)
        case .group(let size):
            ScaleGrid(
                matrixRows: matrixRows, countPerRow: columns / size, rowsPerNumber: 1, groupSize: size,
                isShared: false)
        case .block(let height, let width):
            ScaleGrid(
                matrixRows: matrixRows, countPerRow: (columns + width - 1) / width, rowsPerNumber: height,
                groupSize: width, isShared: false)
        }
    }

    func numbers(
        _ role: String, _ element: StoredNumbers.Element, _ grid: ScaleGrid
    ) throws -> StoredNumbers {
        try StoredNumbers(role, of: parts, element, grid, matrices: matrices, kernels: kernels)
    }

    /// A dequantizer of codes that are stored row after row.
    func byRows(
        _ form: CodeForm, scales: any GroupNumbers, shifts: (any GroupNumbers)? = nil, groupSize: Int,
        rowByteCount: Int
    ) throws -> CodeDequantizer {
        try parts.check("codes", rows * rowByteCount)
        return CodeDequantizer(
            shape: tensor.shape, form: form, codes: .stored(parts), rowByteCount: rowByteCount, scales: scales,
            shifts: shifts, groupSize: groupSize, kernels: kernels)
    }

    /// The bytes of a row of codes that ends with a 32-bit word, or with a byte.
    func rowByteCount(bits: Int, inWords: Bool) -> Int {
        let bytes = columns / 8 * bits + (columns % 8 * bits + 7) / 8
        return inWords ? (bytes + 3) / 4 * 4 : bytes
    }
}

/// Scales of one byte.
enum ByteScales {
    /// E8M0 as most libraries read it: 2^(byte - 127), where 255 is infinite.
    static let exponents: [Float] = (0..<256).map { byte in
        byte == 255 ? .infinity : Float(sign: .plus, exponent: byte - 127, significand: 1)
    }

    /// E8M0 as its specification has it: 255 is no number.
    static let e8m0: [Float] = exponents.dropLast() + [.nan]

    static let e4m3: [Float] = (DType.F8_E4M3.codeValues ?? []).map { Float($0) }

    static let signed: [Float] = (0..<256).map { Float(Int8(truncatingIfNeeded: $0)) }
}
