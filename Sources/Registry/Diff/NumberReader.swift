import Bytes
import Numbers
import Tensors
import Transforms

/// Reads a tensor's elements as numbers, a chunk at a time.
final class NumberReader {
    /// How numbers are held so that none changes.
    enum Width { case single, double }

    /// The dtype that the numbers are precise to: a quantized tensor's is the one that its library gives.
    let precision: DType
    let width: Width
    let elementCount: Int
    /// Elements of a row; those of a vector are rows.
    let rowLength: Int
    private let rows: any RowSource
    private let addend: Float
    private let name: String
    private let kernels: Kernels
    private var stored: [UInt8] = []
    /// What was read, as float32, little-endian; of wide numbers the nearest.
    private(set) var singles: [UInt8] = []
    /// What was read, where float32 does not hold it.
    private(set) var doubles: [Double] = []

    /// - Throws: `FormatError` for complex numbers.
    init(_ rows: any RowSource, addend: Float, precision: DType, name: String, kernels: Kernels) throws {
        guard rows.dtype != .C64, rows.dtype != .C128 else {
            throw FormatError(
                .unsupported, "complex numbers are compared by digest only", tensor: name,
                remedy: "Compare their real and imaginary parts as tensors of their own")
        }
        self.rows = rows
        self.addend = addend
        self.precision = precision
        self.name = name
        self.kernels = kernels
        width = [.F64, .I32, .U32, .I64, .U64].contains(rows.dtype) ? .double : .single
        elementCount = rows.rowCount * rows.rowLength
        rowLength = max(1, rows.rowLength)
    }

    /// Elements that are best read together.
    var group: Int { max(1, rows.rowGroup) * rowLength }

    /// Whether whole numbers are held in doubles, which round them beyond 2⁵³.
    var isWideInteger: Bool { rows.dtype == .I64 || rows.dtype == .U64 }

    /// Reads elements; both ends are at whole rows.
    func read(_ elements: Range<Int>) throws {
        let some = elements.lowerBound / rowLength..<elements.upperBound / rowLength
        let byteCount = some.count * rows.rowByteCount
        if stored.count != byteCount { stored = [UInt8](repeating: 0, count: byteCount) }
        try rows.read(some, into: &stored)
        if singles.count != elements.count * 4 { singles = [UInt8](repeating: 0, count: elements.count * 4) }
        let widening = NumberWidening(dtype: rows.dtype)
        if width == .double {
            doubles = widening.doubles(of: stored).map { addend == 0 ? $0 : $0 + Double(addend) }
            singles = LittleEndianFloats.encode(doubles.map { Float($0) })
        } else if Kernels.castTypes.contains(rows.dtype) {
            let input = stored
            var output = singles.mutableSpan
            _ = kernels.cast(from: rows.dtype, to: .F32, input: input.span, into: &output)
        } else {
            singles = widening.singles(of: stored)
        }
        if addend != 0, width == .single {
            singles = LittleEndianFloats.encode(LittleEndianFloats.decode(singles).map { $0 + addend })
        }
    }

    /// The numbers that were read, as doubles.
    func wideNumbers() -> [Double] {
        width == .double ? doubles : LittleEndianFloats.decode(singles).map { Double($0) }
    }

    /// The numbers that were read, rounded to a dtype of `Kernels.castTypes`.
    func rounded(to dtype: DType) -> [UInt8] {
        guard dtype != .F32 else { return singles }
        let numbers = singles
        var narrow = [UInt8](repeating: 0, count: numbers.count / 4 * dtype.bitCount / 8)
        var output = narrow.mutableSpan
        _ = kernels.cast(from: .F32, to: dtype, input: numbers.span, into: &output)
        var wide = [UInt8](repeating: 0, count: numbers.count)
        var back = wide.mutableSpan
        _ = kernels.cast(from: dtype, to: .F32, input: narrow.span, into: &back)
        return wide
    }
}

/// Makes numbers of the elements of the dtypes that no kernel casts; they are rare in weights.
struct NumberWidening {
    let dtype: DType

    /// The float32 bytes of elements of at most 16 bits.
    func singles(of bytes: [UInt8]) -> [UInt8] {
        LittleEndianFloats.encode(doubles(of: bytes).map { Float($0) })
    }

    /// The elements as doubles: 64-bit integers as the nearest.
    func doubles(of bytes: [UInt8]) -> [Double] {
        if let values = dtype.codeValues {
            switch dtype.bitCount {
            case 4: return bytes.flatMap { [values[Int($0 & 15)], values[Int($0 >> 4)]] }
            case 6: return sixBitCodes(bytes).map { values[$0] }
            default: return bytes.map { values[Int($0)] }
            }
        }
        let width = dtype.bitCount / 8
        return stride(from: 0, to: bytes.count - width + 1, by: width).map { start in
            number((0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * $1) })
        }
    }

    /// Four codes in three bytes, the first code in the lowest bits.
    private func sixBitCodes(_ bytes: [UInt8]) -> [Int] {
        stride(from: 0, to: bytes.count - 2, by: 3).flatMap { start in
            let word = (0..<3).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
            return (0..<4).map { word >> (6 * $0) & 63 }
        }
    }

    private func number(_ bits: UInt64) -> Double {
        switch dtype {
        case .F64: Double(bitPattern: bits)
        case .F32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .I64: Double(Int64(bitPattern: bits))
        case .I32: Double(Int32(truncatingIfNeeded: bits))
        case .I16: Double(Int16(truncatingIfNeeded: bits))
        default: Double(bits)
        }
    }
}
