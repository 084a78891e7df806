import Numbers

/// PyTorch's element types, as its storages and dtypes are called.
enum TorchDType {
    /// The elements of `torch.FloatStorage` and the like, by the name in front of `Storage`; nil for quantized ones,
    /// which have no numbers without their scale.
    static func ofStorage(_ name: String) -> DType? { storages[name] }

    /// `torch.float32` and the like, by name; nil for quantized ones and half-precision complex numbers.
    static func named(_ name: String) -> DType? { dtypes[name] }

    /// The bytes that PyTorch counts as one element. Its `float4_e2m1fn_x2` is two numbers in a byte.
    static func elementByteCount(_ dtype: DType) -> Int { max(1, dtype.bitCount / 8) }

    private static let storages: [String: DType] = [
        "Double": .F64, "Float": .F32, "Half": .F16, "BFloat16": .BF16, "Long": .I64, "Int": .I32, "Short": .I16,
        "Char": .I8, "Byte": .U8, "Bool": .BOOL, "ComplexFloat": .C64, "ComplexDouble": .C128, "Untyped": .U8,
    ]

    private static let dtypes: [String: DType] = [
        "float64": .F64, "float32": .F32, "float16": .F16, "bfloat16": .BF16, "int64": .I64, "int32": .I32,
        "int16": .I16, "int8": .I8, "uint8": .U8, "uint16": .U16, "uint32": .U32, "uint64": .U64, "bool": .BOOL,
        "complex64": .C64, "complex128": .C128, "float8_e4m3fn": .F8_E4M3, "float8_e5m2": .F8_E5M2,
        "float8_e4m3fnuz": .F8_E4M3FNUZ, "float8_e5m2fnuz": .F8_E5M2FNUZ, "float8_e8m0fnu": .F8_E8M0,
        "float4_e2m1fn_x2": .F4,
    ]
}
