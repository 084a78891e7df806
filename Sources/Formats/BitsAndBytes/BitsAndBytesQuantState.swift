package import Bytes
package import Numbers

/// What bitsandbytes stores about a quantized matrix beside its numbers, as JSON in a U8 tensor:
/// `{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [4096, 1024]}`, and for double quantization
/// `"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.05198097229003906`.
///
/// Source: bitsandbytes 0.50.2, `functional.py`, `QuantState.as_dict` and `from_dict`.
package struct BitsAndBytesQuantState: QuantizedEncoding {
    /// Which sixteen values the codes mean.
    package let type: FourBitType
    /// Weights that share one absmax.
    package let blockSize: Int
    /// The dtype before quantization, which dequantization gives back.
    package let dtype: DType
    /// The matrix's shape, [out, in].
    package let shape: [Int]
    /// What is added to the decoded absmax values under double quantization, their mean; nil without it.
    package let nestedOffset: Float?

    /// Absmax values that share one scale under double quantization; the library knows no other number.
    package static let nestedBlockSize = 256

    /// - Parameters:
    ///   - type: which sixteen values the codes mean.
    ///   - blockSize: weights that share one absmax.
    ///   - dtype: BF16, F16 or F32.
    ///   - shape: the matrix's shape, [out, in].
    ///   - nestedOffset: the mean of the absmax values under double quantization; nil without it.
    package init(type: FourBitType, blockSize: Int, dtype: DType, shape: [Int], nestedOffset: Float?) {
        self.type = type
        self.blockSize = blockSize
        self.dtype = dtype
        self.shape = shape
        self.nestedOffset = nestedOffset
    }

    /// Reads any layout of the JSON; members that are not known are left aside.
    package init(parsing json: [UInt8]) throws(FormatError) {
        let value = try JSONValue(parsing: json, dialect: .python)
        func found(_ key: String) -> String { "\(value[key]?.text() ?? "nothing") for '\(key)'" }
        guard let type = value["quant_type"]?.stringValue.flatMap(FourBitType.init) else {
            throw Self.fault("says \(found("quant_type")); known are nf4 and fp4")
        }
        guard let dtype = value["dtype"]?.stringValue.flatMap(DType.init(pyTorchName:)) else {
            throw Self.fault("says \(found("dtype")); known are bfloat16, float16 and float32")
        }
        guard let blockSize = value["blocksize"]?.intValue, Self.blockSizes.contains(blockSize) else {
            throw Self.fault("says \(found("blocksize")); known are 32, 64 … 4096")
        }
        guard let list = value["shape"]?.arrayValue, case let shape = list.compactMap(\.intValue),
            shape.count == list.count, shape.allSatisfy({ $0 >= 0 })
        else { throw Self.fault("says \(found("shape")), which is no list of dimensions") }
        self.init(
            type: type, blockSize: blockSize, dtype: dtype, shape: shape, nestedOffset: try Self.nestedOffset(in: value)
        )
    }

    private static func nestedOffset(in value: JSONValue) throws(FormatError) -> Float? {
        guard value["nested_offset"] != nil || value["nested_blocksize"] != nil else { return nil }
        guard let offset = value["nested_offset"]?.doubleValue, Float(offset).isFinite else {
            throw fault("says that absmax is quantized, and has no finite number 'nested_offset'")
        }
        guard value["nested_blocksize"]?.intValue == nestedBlockSize, value["nested_dtype"]?.stringValue == "float32"
        else {
            throw fault("says that absmax is quantized, but not in float32 blocks of \(nestedBlockSize)")
        }
        return Float(offset)
    }

    private static func fault(_ problem: String) -> FormatError {
        FormatError(.unsupported, "the quantization state \(problem)", remedy: "Quantize the source again")
    }

    /// The block sizes that the library has kernels for.
    private static let blockSizes: Set<Int> = [32, 64, 128, 256, 512, 1024, 2048, 4096]

    /// The JSON as the library writes it, byte for byte.
    package var text: String {
        var object = JSONObject([
            ("quant_type", .string(type.rawValue)), ("blocksize", .number(blockSize)),
            ("dtype", .string(dtype.pyTorchName ?? dtype.rawValue)),
            ("shape", .array(shape.map { .number($0) })),
        ])
        if let nestedOffset {
            object["nested_blocksize"] = .number(Self.nestedBlockSize)
            object["nested_dtype"] = .string("float32")
            object["nested_offset"] = .pythonNumber(Double(nestedOffset))
        }
        return JSONValue.object(object).text(.python)
    }

    /// The id of the scheme: `bnb-nf4`, `-dq` behind it for double quantization, `-b128` for another block than 64.
    package var scheme: String {
        "bnb-\(type.rawValue)\(nestedOffset == nil ? "" : "-dq")\(blockSize == 64 ? "" : "-b\(blockSize)")"
    }

    package var bits: Int { 4 }

    /// Blocks run over the whole matrix, and need not end where a row does.
    package var groupSize: Int? { blockSize }

    package var summary: String {
        Self.summary(type: type, blockSize: blockSize, isNested: nestedOffset != nil)
    }

    /// How a matrix is quantized, in words.
    package static func summary(type: FourBitType, blockSize: Int, isNested: Bool) -> String {
        "bitsandbytes \(type.rawValue.uppercased()), block \(blockSize)"
            + (isNested ? ", double quantization" : "")
    }
}

extension DType {
    /// The dtype's name in PyTorch, for those that bitsandbytes quantizes; nil for others.
    package var pyTorchName: String? {
        switch self {
        case .BF16: "bfloat16"
        case .F16: "float16"
        case .F32: "float32"
        default: nil
        }
    }

    /// Nil for a name that is not one of `pyTorchName`.
    package init?(pyTorchName: String) {
        guard let dtype = [Self.BF16, .F16, .F32].first(where: { $0.pyTorchName == pyTorchName }) else { return nil }
        self = dtype
    }
}
