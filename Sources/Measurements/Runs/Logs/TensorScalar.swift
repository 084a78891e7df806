import Bytes

/// The one number of a `TensorProto` of TensorFlow.
///
/// Its fields: `dtype` (1), `tensor_shape` (2) with dimensions (2) of a `size` (1), `tensor_content` (4, little-endian),
/// and by type `half_val` (13), `float_val` (5), `double_val` (6), `int_val` (7), `int64_val` (10), packed or not.
/// Source: TensorFlow, `tensorflow/core/framework/tensor.proto` and `types.proto`.
enum TensorScalar {
    /// Nil for a tensor of another count of elements, or of a type that is no real number.
    static func value(_ message: [UInt8], _ range: Range<Int>) throws(FormatError) -> Double? {
        var reader = ProtobufReader(message, in: range)
        var type: UInt64 = 0
        var found: Double?
        var content: Range<Int>?
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .number(let code)): type = code
            case (2, .bytes(let shape)): guard try elementCount(message, shape) == 1 else { return nil }
            case (4, .bytes(let bytes)): content = bytes
            case (5, .fixed32(let bits)): found = Double(Float(bitPattern: bits))
            case (6, .fixed64(let bits)): found = Double(bitPattern: bits)
            case (7, .number(let bits)), (10, .number(let bits)): found = Double(Int64(bitPattern: bits))
            case (13, .number(let bits)): found = half(bits, type)
            case (5, .bytes(let bytes)), (6, .bytes(let bytes)): found = element(message, bytes, type)
            case (7, .bytes(let bytes)), (10, .bytes(let bytes)), (13, .bytes(let bytes)):
                found = try packed(message, bytes, isHalf: number == 13, type)
            default: break
            }
        }
        if found == nil, let content { found = element(message, content, type) }
        return found
    }

    private static func elementCount(_ message: [UInt8], _ range: Range<Int>) throws(FormatError) -> UInt64 {
        var reader = ProtobufReader(message, in: range)
        var count: UInt64 = 1
        while let (number, value) = try reader.next() {
            guard case (2, .bytes(let dimension)) = (number, value) else { continue }
            var size: UInt64 = 0
            var inner = ProtobufReader(message, in: dimension)
            while let (number, value) = try inner.next() {
                if case (1, .number(let found)) = (number, value) { size = found }
            }
            let (product, isOver) = count.multipliedReportingOverflow(by: size)
            count = isOver ? .max : product
        }
        return count
    }

    /// The one element that `bytes` are; nil when they are more or fewer.
    private static func element(_ message: [UInt8], _ bytes: Range<Int>, _ type: UInt64) -> Double? {
        guard bytes.count <= 8 else { return nil }
        let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(message[$1]) }
        switch (type, bytes.count) {
        case (1, 4): return Double(Float(bitPattern: UInt32(bits)))  // DT_FLOAT
        case (2, 8): return Double(bitPattern: bits)  // DT_DOUBLE
        case (3, 4): return Double(Int32(bitPattern: UInt32(bits)))  // DT_INT32
        case (9, 8): return Double(Int64(bitPattern: bits))  // DT_INT64
        case (14, 2), (19, 2): return half(bits, type)
        default: return nil
        }
    }

    private static func packed(
        _ message: [UInt8], _ bytes: Range<Int>, isHalf: Bool, _ type: UInt64
    ) throws(FormatError) -> Double? {
        guard !bytes.isEmpty, bytes.count <= 10 else { return nil }
        // A single number is a field's value; with a key before it, the reader of fields reads it.
        let field = [UInt8(8)] + message[bytes]
        var reader = ProtobufReader(field)
        guard let (_, value) = try reader.next(), case .number(let bits) = value, reader.offset == field.count else {
            return nil
        }
        return isHalf ? half(bits, type) : Double(Int64(bitPattern: bits))
    }

    /// DT_BFLOAT16 (14) and DT_HALF (19).
    private static func half(_ bits: UInt64, _ type: UInt64) -> Double? {
        switch type {
        case 14: Double(Float(bitPattern: UInt32(UInt16(truncatingIfNeeded: bits)) << 16))
        case 19: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
        default: nil
        }
    }
}
