import Bytes
import Numbers
import Tensors

/// The table of tensors, each entry checked alone, and then as the place of the tensors' bytes.
struct GGUFTable {
    private struct Entry {
        var name: String
        var type: ElementType
        var shape: Shape
        var byteCount: Int
    }

    private let entries: [Entry]
    private let alignment: Int
    /// Where the table ends.
    let end: Int

    init(_ cursor: inout GGUFCursor, count: Int, alignment: Int) throws {
        self.alignment = alignment
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        var names = GGUFNameSet(count: count)
        // Where the padding of the last tensor ends, from the data's start.
        var expected = 0
        for index in 0..<count {
            let place = cursor.offset
            let name = try Self.takeName(&cursor, index)
            guard names.insert(name.text, isASCII: name.isVisibleASCII, earlier: { entries[$0].name }) else {
                throw FormatError(
                    .corrupt, "another tensor has this name, or one that differs only in how Unicode composes it",
                    at: place, tensor: name.text, remedy: "Write the file again with its original tool")
            }
            do {
                let entry = try Self.takeEntry(&cursor, name.text, expected)
                guard let (_, next) = Self.places(of: entry, from: expected, alignment) else {
                    throw Self.isTooLong(at: cursor.offset - 8)
                }
                entries.append(entry)
                expected = next
            } catch let error as FormatError {
                throw error.concerning(tensor: name.text)
            }
        }
        self.entries = entries
        end = cursor.offset
    }

    private static func takeName(_ cursor: inout GGUFCursor, _ index: Int) throws -> GGUFCursor.Name {
        let place = cursor.offset
        let byteCount = try cursor.takeStringByteCount("the name of tensor \(index)")
        guard byteCount <= GGUF.longestName else {
            throw FormatError(
                .unsupported, "the name of tensor \(index) has \(byteCount) bytes, \(GGUF.longestName) are read",
                at: place, remedy: "Rename the tensor")
        }
        guard let name = try cursor.takeName(byteCount, "the name of tensor \(index)") else {
            throw FormatError(
                .corrupt, "the name of tensor \(index) is not UTF-8", at: place + 8,
                remedy: "Write the file again with its original tool")
        }
        if byteCount == 0 || !name.isVisibleASCII { try PlainName.check(tensor: name.text, at: place + 8) }
        return name
    }

    /// What follows a name. The offset must be where the padding of the tensor before ends.
    private static func takeEntry(_ cursor: inout GGUFCursor, _ name: String, _ expected: Int) throws -> Entry {
        let dimensions = try takeDimensions(&cursor)
        let typePlace = cursor.offset
        let type = try takeType(&cursor)
        let (shape, byteCount) = try GGUFSize.byteCount(of: type, dimensions, at: typePlace)
        let place = cursor.offset
        let offset = try cursor.takeUInt64("its offset")
        guard offset == UInt64(expected) else { throw misplaced(offset, expected, at: place) }
        return Entry(name: name, type: type, shape: shape, byteCount: byteCount)
    }

    private static func takeDimensions(_ cursor: inout GGUFCursor) throws -> [Int] {
        let place = cursor.offset
        let count = try cursor.takeUInt32("the count of dimensions")
        // Written out, as most tensors have one or two, and there may be 100,000.
        switch count {
        case 0: return []
        case 1: return [try takeDimension(&cursor)]
        case 2:
            let inner = try takeDimension(&cursor)
            return [try takeDimension(&cursor), inner]
        case 3...UInt32(GGUF.mostDimensions):
            var dimensions: [Int] = []
            for _ in 0..<count { dimensions.append(try takeDimension(&cursor)) }
            return dimensions.reversed()
        default:
            throw FormatError(
                .corrupt, "it has \(count) dimensions; at most \(GGUF.mostDimensions) are allowed", at: place,
                remedy: "Write the file again with its original tool")
        }
    }

    private static func takeDimension(_ cursor: inout GGUFCursor) throws -> Int {
        let place = cursor.offset
        let stated = try cursor.takeUInt64("a dimension")
        guard let dimension = Int(exactly: stated) else {
            throw FormatError(
                .corrupt, "a dimension is \(Int64(bitPattern: stated)), less than 0", at: place,
                remedy: "Check the file's digest; the header is damaged")
        }
        return dimension
    }

    private static func takeType(_ cursor: inout GGUFCursor) throws -> ElementType {
        let place = cursor.offset
        let number = try cursor.takeUInt32("its type")
        guard let type = GGUFTypes.type(number) else {
            let meaning = GGUFTypes.foreignName(number)
            throw FormatError(
                .unsupported, "its type has the number \(number)" + (meaning.map { ": \($0)" } ?? ", which is unknown"),
                at: place,
                remedy: meaning == nil
                    ? "Use a newer version of Ingot" : "Convert the model again to a type that ggml reads")
        }
        return type
    }

    /// The tensors with their places in the file.
    func placed(from dataStart: Int, isBigEndian: Bool, fileByteCount: Int) throws -> [TensorDescription] {
        var begin = dataStart
        let arrangement = Arrangement(isBigEndian: isBigEndian)
        return try entries.map { entry in
            guard let (end, next) = Self.places(of: entry, from: begin, alignment) else {
                throw Self.isTooLong(at: self.end).concerning(tensor: entry.name)
            }
            guard end <= fileByteCount else {
                throw FormatError(
                    .truncated, "it ends at byte \(end), the file at byte \(fileByteCount)",
                    at: min(begin, fileByteCount), tensor: entry.name,
                    remedy: "The download or copy was cut short: fetch the file again")
            }
            defer { begin = next }
            return TensorDescription(
                name: entry.name, type: entry.type, shape: entry.shape, byteRange: begin..<end,
                arrangement: arrangement)
        }
    }

    /// Where a tensor's bytes end, and its padding; nil when they are too many to count.
    private static func places(of entry: Entry, from begin: Int, _ alignment: Int) -> (end: Int, next: Int)? {
        let (end, overflow) = begin.addingReportingOverflow(entry.byteCount)
        guard !overflow, let next = end.roundedUp(to: alignment) else { return nil }
        return (end, next)
    }

    private static func misplaced(_ offset: UInt64, _ expected: Int, at place: Int) -> FormatError {
        let isLate = offset > UInt64(expected)
        let difference = isLate ? offset - UInt64(expected) : UInt64(expected) - offset
        return FormatError(
            .corrupt,
            "its offset is \(offset), \(expected) is expected: it "
                + (isLate ? "leaves a hole before it of" : "overlaps the tensor before it by") + " \(difference) bytes",
            at: place, remedy: "Write the file again with its original tool")
    }

    static func isTooLong(at place: Int) -> FormatError {
        FormatError(
            .corrupt, "the tensors have more bytes than a machine can count", at: place,
            remedy: "Check the file's digest; the header is damaged")
    }
}

/// The bytes that a tensor takes in a GGUF file, with every product checked.
enum GGUFSize {
    /// - Throws: `FormatError` when the product overflows or a row does not fill whole blocks.
    static func byteCount(
        of type: ElementType, _ dimensions: [Int], at place: Int?
    ) throws(FormatError) -> (shape: Shape, bytes: Int) {
        if case .block(let block) = type, !(dimensions.last ?? 1).isMultiple(of: block.elementCount) {
            throw FormatError(
                .corrupt,
                "its rows have \(dimensions.last ?? 1) elements; \(type) needs a multiple of \(block.elementCount)",
                at: place, remedy: "Write the tensor in another type")
        }
        guard let shape = Shape(dimensions), let bytes = type.byteCount(elements: shape.elementCount) else {
            throw FormatError(
                .corrupt, "\(type) \(dimensions) has more bytes than a machine can count", at: place,
                remedy: "Check the shape; the header is damaged or was written by a faulty tool")
        }
        return (shape, bytes)
    }
}
