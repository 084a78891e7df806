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
        var offset: UInt64
        /// Where the offset stands.
        var place: Int
    }

    private var entries: [Entry] = []
    /// Where the table ends.
    let end: Int

    init(_ cursor: inout GGUFCursor, count: Int) throws {
        entries.reserveCapacity(count)
        var names: Set<String> = []
        names.reserveCapacity(count)
        for index in 0..<count {
            let place = cursor.offset
            let name = try Self.takeName(&cursor, index)
            guard names.insert(name).inserted else {
                throw FormatError(
                    .corrupt, "another tensor has this name, or one that differs only in how Unicode composes it",
                    at: place, tensor: name, remedy: "Write the file again with its original tool")
            }
            do {
                entries.append(try Self.takeEntry(&cursor, name))
            } catch let error as FormatError {
                throw error.concerning(tensor: name)
            }
        }
        end = cursor.offset
    }

    private static func takeName(_ cursor: inout GGUFCursor, _ index: Int) throws -> String {
        let place = cursor.offset
        let byteCount = try cursor.takeStringByteCount("the name of tensor \(index)")
        guard byteCount <= GGUF.longestName else {
            throw FormatError(
                .unsupported, "the name of tensor \(index) has \(byteCount) bytes, \(GGUF.longestName) are read",
                at: place, remedy: "Rename the tensor")
        }
        guard let name = try cursor.takeText(byteCount, "the name of tensor \(index)") else {
            throw FormatError(
                .corrupt, "the name of tensor \(index) is not UTF-8", at: place + 8,
                remedy: "Write the file again with its original tool")
        }
        if name.isEmpty || !GGUFName.isPlain(name) { try PlainName.check(tensor: name, at: place + 8) }
        return name
    }

    private static func takeEntry(_ cursor: inout GGUFCursor, _ name: String) throws -> Entry {
        let dimensionsPlace = cursor.offset
        let count = try cursor.takeUInt32("the count of dimensions")
        guard count <= GGUF.mostDimensions else {
            throw FormatError(
                .corrupt, "it has \(count) dimensions; at most \(GGUF.mostDimensions) are allowed", at: dimensionsPlace,
                remedy: "Write the file again with its original tool")
        }
        var dimensions = [Int](repeating: 0, count: Int(count))
        for index in dimensions.indices.reversed() {
            let place = cursor.offset
            let stated = try cursor.takeUInt64("a dimension")
            guard let dimension = Int(exactly: stated) else {
                throw FormatError(
                    .corrupt, "a dimension is \(Int64(bitPattern: stated)), less than 0", at: place,
                    remedy: "Check the file's digest; the header is damaged")
            }
            dimensions[index] = dimension
        }
        let typePlace = cursor.offset
        let type = try takeType(&cursor)
        let (shape, byteCount) = try GGUFSize.byteCount(of: type, dimensions, at: typePlace)
        let place = cursor.offset
        let offset = try cursor.takeUInt64("its offset")
        return Entry(name: name, type: type, shape: shape, byteCount: byteCount, offset: offset, place: place)
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

    /// The tensors with their places in the file. Each must start where the padding of the one before ends.
    func placed(
        from dataStart: Int, _ alignment: Int, _ isBigEndian: Bool, fileByteCount: Int
    ) throws -> [TensorDescription] {
        var expected = 0
        let arrangement = Arrangement(isBigEndian: isBigEndian)
        return try entries.map { entry in
            guard entry.offset == UInt64(expected) else { throw Self.misplaced(entry, expected) }
            let (begin, beginOverflow) = dataStart.addingReportingOverflow(expected)
            let (end, endOverflow) = begin.addingReportingOverflow(entry.byteCount)
            guard !beginOverflow, !endOverflow, let next = (expected + entry.byteCount).roundedUp(to: alignment) else {
                throw Self.isTooLong(at: entry.place)
            }
            guard end <= fileByteCount else {
                throw FormatError(
                    .truncated, "it ends at byte \(end), the file at byte \(fileByteCount)", at: begin,
                    tensor: entry.name, remedy: "The download or copy was cut short: fetch the file again")
            }
            expected = next
            return TensorDescription(
                name: entry.name, type: entry.type, shape: entry.shape, byteRange: begin..<end,
                arrangement: arrangement)
        }
    }

    private static func misplaced(_ entry: Entry, _ expected: Int) -> FormatError {
        let isLate = entry.offset > UInt64(expected)
        let difference = isLate ? entry.offset - UInt64(expected) : UInt64(expected) - entry.offset
        return FormatError(
            .corrupt,
            "its offset is \(entry.offset), \(expected) is expected: it "
                + (isLate ? "leaves a hole before it of" : "overlaps the tensor before it by") + " \(difference) bytes",
            at: entry.place, tensor: entry.name, remedy: "Write the file again with its original tool")
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
