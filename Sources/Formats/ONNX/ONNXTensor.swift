import Bytes
import Numbers
import Tensors

/// An initializer of an ONNX graph, a `TensorProto`.
///
/// | field | content |
/// | --- | --- |
/// | 1 | `dims`, integers, packed or one by one |
/// | 2 | `data_type`, see `ONNXDataType` |
/// | 3 | `segment`: refused |
/// | 4, 5, 7, 10, 11 | `float_data`, `int32_data`, `int64_data`, `double_data`, `uint64_data`, packed |
/// | 6 | `string_data` |
/// | 8 | `name` |
/// | 9 | `raw_data`: the elements, little-endian |
/// | 13 | `external_data`: messages of a key (1) and a value (2): `location`, `offset`, `length`, `checksum` |
/// | 14 | `data_location`: 0 here, 1 in another file |
///
/// Values of a type of up to 16 bits are one integer each in `int32_data`; 16-bit floats are the integer of their bits.
///
/// Source: ONNX, `onnx/onnx.proto`, message `TensorProto`.
struct ONNXTensor {
    private(set) var name = ""
    private var sizes: [Int] = []
    private var dataType: UInt64 = 0
    private var raw: Range<Int>?
    private var typed: [Int: Range<Int>] = [:]
    private var external: [String: String] = [:]
    private var isExternal = false
    private let place: Int
    private let source: any ByteSource

    /// More dimensions than this are refused; ONNX Runtime stops far below.
    private static let mostDimensions = 64
    static let longestText = 64 << 10
    private static let mostKeys = 16

    /// Where the elements are.
    enum Location {
        case here(TensorDescription)
        case elsewhere(ExternalTensor)
        /// An initializer of text, which is no tensor here.
        case text
    }

    /// - Parameter range: the message.
    init(_ range: Range<Int>, of source: any ByteSource) throws {
        self.source = source
        place = range.lowerBound
        var fields = ProtobufFields(range, of: source)
        while let field = try fields.next() { try take(field) }
    }

    private mutating func take(_ field: ProtobufFields.Field) throws {
        switch (field.number, field.content) {
        case (1, .varint(let size)): try add(size: size, field.place)
        case (1, .bytes(let range)):
            var packed = ProtobufFields(range, of: source)
            while !packed.isAtEnd { try add(size: try packed.takeVarint(), field.place) }
        case (2, .varint(let number)): dataType = number
        case (3, _): throw fault("is kept in segments", field.place, "Merge the segments first", .unsupported)
        case (4, .bytes(let range)), (5, .bytes(let range)), (7, .bytes(let range)), (10, .bytes(let range)),
            (11, .bytes(let range)):
            guard typed.updateValue(range, forKey: field.number) == nil else { throw scattered(field.place) }
        case (4, _), (5, _), (7, _), (10, _), (11, _): throw scattered(field.place)
        case (8, .bytes(let range)): name = try Self.text(range, of: source)
        case (9, .bytes(let range)):
            guard raw == nil else { throw scattered(field.place) }
            raw = range
        case (13, .bytes(let range)): try addExternal(range)
        case (14, .varint(let location)):
            guard location <= 1 else {
                throw fault(
                    "lies at a place of kind \(location)", field.place, "Check which tool wrote it", .unsupported)
            }
            isExternal = location == 1
        case (1, _), (2, _), (8, _), (9, _), (13, _), (14, _):
            throw fault("has field \(field.number) of a wrong type", field.place, "Fetch the file again")
        default: break
        }
    }

    private mutating func add(size: UInt64, _ place: Int) throws(FormatError) {
        guard let size = Int(exactly: size), sizes.count < Self.mostDimensions else {
            throw fault(
                "has a negative dimension, or more than \(Self.mostDimensions)", place, "Fetch the file again")
        }
        sizes.append(size)
    }

    private mutating func addExternal(_ range: Range<Int>) throws {
        var key = ""
        var value = ""
        var fields = ProtobufFields(range, of: source)
        while let field = try fields.next() {
            guard case .bytes(let text) = field.content else { continue }
            if field.number == 1 { key = try Self.text(text, of: source) }
            if field.number == 2 { value = try Self.text(text, of: source) }
        }
        guard external.count < Self.mostKeys, external.updateValue(value, forKey: key) == nil else {
            throw fault("says twice where it lies", range.lowerBound, "Do not trust this file")
        }
    }

    // MARK: Where the elements are

    func located() throws -> Location {
        if dataType == ONNXDataType.string { return .text }
        guard let type = ONNXDataType(dataType) else {
            throw fault("is of element type \(dataType), which is not read", place, "Leave it out", .unsupported)
        }
        guard let shape = Shape(sizes),
            let byteCount = ElementType.plain(type.dtype).byteCount(elements: shape.elementCount)
        else {
            throw fault(
                "of shape \(sizes) and type \(type.dtype) is no whole number of bytes that can be counted", place,
                "Fetch the file again")
        }
        if isExternal { return .elsewhere(try locatedElsewhere(type.dtype, shape, byteCount)) }
        guard external.isEmpty else {
            throw fault("says where it lies, and that it lies here", place, "Do not trust this file")
        }
        return .here(try locatedHere(type, shape, byteCount))
    }

    private func locatedHere(
        _ type: ONNXDataType, _ shape: Shape, _ byteCount: Int
    ) throws -> TensorDescription {
        var arrangement = Arrangement.contiguous
        let range: Range<Int>
        switch (raw, typed[type.field.rawValue]) {
        case (let raw?, nil) where typed.isEmpty: range = raw
        case (nil, let values?) where typed.count == 1:
            range = values
            arrangement.varints = !type.field.isFixed && byteCount > 0
        case (nil, nil) where typed.isEmpty && byteCount == 0: range = place..<place
        default:
            throw fault(
                "has not exactly one field with its \(shape.elementCount) elements", place, "Fetch the file again")
        }
        if arrangement.varints {
            guard type.dtype.bitCount >= 8 else {
                throw fault(
                    "has 4-bit numbers in a field of integers", range.lowerBound, "Write them as raw_data",
                    .unsupported)
            }
            try checkVarints(range, count: shape.elementCount)
        } else if range.count != byteCount {
            throw fault(
                "of shape \(shape) and type \(type.dtype) needs \(byteCount) bytes and has \(range.count)",
                range.lowerBound, "Fetch the file again")
        }
        return TensorDescription(
            name: name, type: .plain(type.dtype), shape: shape, byteRange: range, arrangement: arrangement)
    }

    private func locatedElsewhere(
        _ dtype: DType, _ shape: Shape, _ byteCount: Int
    ) throws(FormatError) -> ExternalTensor {
        guard let location = external["location"], raw == nil, typed.isEmpty else {
            throw fault("lies in another file that is not named, or here too", place, "Do not trust this file")
        }
        let offset = try number("offset") ?? 0
        let length = try number("length") ?? byteCount
        let (end, overflow) = offset.addingReportingOverflow(byteCount)
        guard length == byteCount, !overflow else {
            throw fault(
                "of shape \(shape) and type \(dtype) needs \(byteCount) bytes; \(length) at \(offset) are announced in "
                    + "'\(location)'", place, "Fetch the file again")
        }
        let tensor = TensorDescription(name: name, dtype: dtype, shape: shape, byteRange: offset..<end)
        return try ExternalTensor(location: location, tensor: tensor, at: place)
    }

    /// A number from 0 on, written with digits alone.
    private func number(_ key: String) throws(FormatError) -> Int? {
        guard let text = external[key] else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) else {
            throw fault("has the \(key) \(PlainName.quoted(text))", place, "Do not trust this file")
        }
        return value
    }

    /// Counts the integers, so that nobody finds too few of them later.
    private func checkVarints(_ range: Range<Int>, count: Int) throws {
        var left = count
        var length = 0
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 64 << 10) {
            for byte in try source.bytes(start..<min(start + 64 << 10, range.upperBound)) {
                length += 1
                guard length <= 10, left > 0 else { break }
                if byte < 0x80 { (left, length) = (left - 1, 0) }
            }
        }
        guard left == 0, length == 0 else {
            throw fault(
                "needs \(count) integers and has not as many", range.lowerBound, "Fetch the file again", .truncated)
        }
    }

    static func text(_ range: Range<Int>, of source: any ByteSource) throws -> String {
        guard range.count <= longestText, let text = String(validating: try source.bytes(range), as: UTF8.self) else {
            throw FormatError(
                .unsupported, "a text is no UTF-8 or longer than \(longestText) bytes", at: range.lowerBound,
                remedy: "Check which tool wrote the file")
        }
        return text
    }

    private func scattered(_ place: Int) -> FormatError {
        fault("has its elements in several pieces", place, "Write it as raw_data", .unsupported)
    }

    private func fault(
        _ problem: String, _ place: Int, _ remedy: String, _ code: FormatError.Code = .corrupt
    ) -> FormatError {
        FormatError(
            code, "the initializer \(problem)", at: place, tensor: name.isEmpty ? nil : name, remedy: remedy)
    }
}
