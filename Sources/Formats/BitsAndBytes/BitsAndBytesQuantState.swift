package import Bytes
package import Numbers

/// What bitsandbytes stores beside a 4-bit matrix to read it again: a JSON object whose UTF-8 bytes are a tensor.
///
/// Written as the library writes it: `{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [768, 256]}`,
/// for nested scales followed by `"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": …`. Source:
/// bitsandbytes 0.50.2, `functional.py`, `QuantState.as_dict`.
package struct BitsAndBytesQuantState: Equatable, Sendable {
    package let type: FourBitType
    package let blockSize: Int
    /// The weights' dtype before quantization: BF16, F16 or F32.
    package let dtype: DType
    /// The layer's shape, [out, in].
    package let shape: [Int]
    /// What is added to the nested scales; nil when the scales are plain.
    package let nestedOffset: Float?

    package init(type: FourBitType, blockSize: Int, dtype: DType, shape: [Int], nestedOffset: Float?) {
        self.type = type
        self.blockSize = blockSize
        self.dtype = dtype
        self.shape = shape
        self.nestedOffset = nestedOffset
    }

    /// Reads the tensor's bytes; JSON in any layout and order.
    /// - Throws: `FormatError` when a member is missing or means nothing to Ingot.
    package init(parsing bytes: [UInt8]) throws(FormatError) {
        let json = try JSONValue(parsing: bytes)
        guard let name = json["quant_type"]?.stringValue, let type = FourBitType(rawValue: name) else {
            throw Self.fault("'quant_type' is \(Self.text(json["quant_type"])), not nf4 or fp4")
        }
        guard let blockSize = json["blocksize"]?.intValue, Self.blockSizes.contains(blockSize) else {
            throw Self.fault("'blocksize' is \(Self.text(json["blocksize"])), not 32, 64 … 4096")
        }
        guard let dtype = json["dtype"]?.stringValue.flatMap(Self.dtype) else {
            throw Self.fault("'dtype' is \(Self.text(json["dtype"])), not bfloat16, float16 or float32")
        }
        guard let list = json["shape"]?.arrayValue, list.count <= 8 else {
            throw Self.fault("'shape' is \(Self.text(json["shape"])), no list of dimensions")
        }
        let shape = list.compactMap(\.intValue).filter { $0 >= 0 }
        guard shape.count == list.count else { throw Self.fault("'shape' is \(Self.text(json["shape"]))") }
        var offset: Float?
        if let nested = json["nested_offset"] {
            guard let value = nested.doubleValue, json["nested_blocksize"]?.intValue == Self.nestedBlockSize else {
                throw Self.fault("the nested scales are not in blocks of \(Self.nestedBlockSize) with an offset")
            }
            offset = Float(value)
        }
        self.init(type: type, blockSize: blockSize, dtype: dtype, shape: shape, nestedOffset: offset)
    }

    /// Scales that share a scale of their own.
    package static let nestedBlockSize = 256
    private static let blockSizes: Set<Int> = [32, 64, 128, 256, 512, 1024, 2048, 4096]

    /// The JSON text, as the library writes it.
    package var text: String {
        var object = JSONObject([
            ("quant_type", .string(type.rawValue)), ("blocksize", .number(blockSize)),
            ("dtype", .string(Self.name(of: dtype))), ("shape", .array(shape.map { .number($0) })),
        ])
        if let nestedOffset {
            object["nested_blocksize"] = .number(Self.nestedBlockSize)
            object["nested_dtype"] = .string("float32")
            object["nested_offset"] = .number(Self.pythonText(Double(nestedOffset)))
        }
        return JSONValue.object(object).text(.python)
    }

    /// The id that the catalog holds: `bnb-nf4`, `bnb-fp4-dq-b128` …
    package var scheme: String {
        "bnb-\(type.rawValue)" + (nestedOffset == nil ? "" : "-dq") + (blockSize == 64 ? "" : "-b\(blockSize)")
    }

    /// PyTorch's name of a dtype.
    package static func name(of dtype: DType) -> String {
        switch dtype {
        case .BF16: "bfloat16"
        case .F16: "float16"
        default: "float32"
        }
    }

    private static func dtype(named name: String) -> DType? {
        switch name {
        case "bfloat16", "torch.bfloat16": .BF16
        case "float16", "torch.float16": .F16
        case "float32", "torch.float32": .F32
        default: nil
        }
    }

    /// A number as Python's `repr` prints it: the same shortest digits as Swift's, another form of exponent.
    static func pythonText(_ value: Double) -> String {
        let magnitude = abs(value)
        if value == 0 || (magnitude >= 1e-4 && magnitude < 1e16) {
            let text = "\(value)"
            guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else {
                return text
            }
            return positional(String(text[..<mark]), exponent: exponent)
        }
        let parts = "\(value)".split(separator: "e")
        let (mantissa, exponent) = parts.count == 2 ? (String(parts[0]), Int(parts[1]) ?? 0) : scientific("\(value)")
        let digits = String(abs(exponent))
        let trimmed = mantissa.hasSuffix(".0") ? String(mantissa.dropLast(2)) : mantissa
        return trimmed + (exponent < 0 ? "e-" : "e+") + (digits.count < 2 ? "0" : "") + digits
    }

    /// `1.5e-3` without its exponent: `0.0015`; for exponents that shift the point to either side.
    private static func positional(_ mantissa: String, exponent: Int) -> String {
        let sign = mantissa.hasPrefix("-") ? "-" : ""
        let parts = mantissa.drop { $0 == "-" }.split(separator: ".")
        var digits = parts.joined()
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let point = (parts.first?.count ?? 1) + exponent
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if digits.count <= point { return sign + digits + String(repeating: "0", count: point - digits.count) + ".0" }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// `0.00005` as a mantissa of one digit before the point and an exponent.
    private static func scientific(_ text: String) -> (String, Int) {
        let sign = text.hasPrefix("-") ? "-" : ""
        let parts = text.drop { $0 == "-" }.split(separator: ".")
        let whole = String(parts.first ?? "0")
        let all = parts.joined()
        let zeros = all.prefix { $0 == "0" }.count
        var digits = String(all.dropFirst(zeros))
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let mantissa = digits.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
        return (sign + mantissa, whole.count - zeros - 1)
    }

    private static func text(_ value: JSONValue?) -> String { value.map { $0.text() } ?? "missing" }

    private static func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, "the quant state is not sound: \(problem)", remedy: "Fetch the file again")
    }
}
