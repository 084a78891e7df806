import Numbers

/// ONNX's element types by their numbers, and the field of a tensor that holds them when its bytes are not given raw.
///
/// Source: ONNX, `onnx/onnx.proto`, `TensorProto.DataType` and the comments on the data fields.
struct ONNXDataType {
    /// A field of typed values.
    enum Field: Int {
        case float = 4, int32 = 5, int64 = 7, double = 10, uint64 = 11

        /// Whether it holds numbers of a fixed width, not varints.
        var isFixed: Bool { self == .float || self == .double }
    }

    let dtype: DType
    let field: Field

    static let string: UInt64 = 8

    /// Nil for numbers that are not read: undefined, text, and those that are newer than this.
    init?(_ number: UInt64) {
        guard let entry = Self.types[number] else { return nil }
        (dtype, field) = entry
    }

    private static let types: [UInt64: (DType, Field)] = [
        1: (.F32, .float), 2: (.U8, .int32), 3: (.I8, .int32), 4: (.U16, .int32), 5: (.I16, .int32),
        6: (.I32, .int32), 7: (.I64, .int64), 9: (.BOOL, .int32), 10: (.F16, .int32), 11: (.F64, .double),
        12: (.U32, .uint64), 13: (.U64, .uint64), 14: (.C64, .float), 15: (.C128, .double), 16: (.BF16, .int32),
        17: (.F8_E4M3, .int32), 18: (.F8_E4M3FNUZ, .int32), 19: (.F8_E5M2, .int32), 20: (.F8_E5M2FNUZ, .int32),
        21: (.U4, .int32), 22: (.I4, .int32), 23: (.F4, .int32), 24: (.F8_E8M0, .int32),
    ]
}
