package import Bytes
import Numbers
package import Tensors

/// A GGUF file's header, checked: its tensors lie in the file one behind the other, without holes or overlaps.
///
/// It refuses what ggml refuses, but for tensor names of 64 bytes and more, and a last tensor without padding. Besides,
/// it refuses names and keys with control characters, Booleans other than 0 and 1, and more tensors or keys than `GGUF`
/// allows.
package struct GGUFHeader: Equatable, Sendable {
    /// The format's version.
    package let version: UInt32
    /// Whether all numbers start with their highest byte, those in tensors too.
    package let isBigEndian: Bool
    /// Each tensor starts at a multiple of so many bytes.
    package let alignment: Int
    /// The metadata, in the file's order.
    package let metadata: GGUFMetadata
    /// The tensors, in the file's order.
    package let tensors: [TensorDescription]
    /// Where the first tensor starts, in bytes from the file's start; beyond the file when there is no tensor.
    package let dataStart: Int
    /// Remarks that the user should read.
    package let notes: [String]

    /// Reads the header, and no more of the file than a chunk beyond it.
    /// - Throws: `FormatError` that names the file, the tensor and the byte; `FileError` when the system refuses.
    package init(reading file: any ByteSource) throws {
        do {
            var cursor = GGUFCursor(file)
            let start = try GGUFStart(&cursor, file)
            version = start.version
            isBigEndian = cursor.isBigEndian
            metadata = try GGUFMetadata(&cursor, count: start.keyCount)
            alignment = try metadata.checkedAlignment(at: start.byteCount)
            let table = try GGUFTable(&cursor, count: start.tensorCount, alignment: alignment)
            guard let dataStart = table.end.roundedUp(to: alignment) else { throw GGUFTable.isTooLong(at: table.end) }
            self.dataStart = dataStart
            tensors = try table.placed(from: dataStart, isBigEndian: isBigEndian, fileByteCount: file.byteCount)
            let end = tensors.last?.byteRange.upperBound ?? table.end
            let rest = try Self.rest(behind: end, alignment, isEmpty: tensors.isEmpty, file)
            var notes = rest > 0 ? ["\(rest) bytes follow the last tensor and its padding"] : []
            if let long = tensors.first(where: { $0.name.utf8.count >= GGUF.nameLimit }) {
                notes.append("llama.cpp refuses names of \(GGUF.nameLimit) bytes and more, such as '\(long.name)'")
            }
            self.notes = notes
        } catch let error as FormatError {
            throw error.within(file: file.path)
        }
    }

    /// The bytes behind the last padding. A writer may leave all of that padding out, but who begins it ends it.
    private static func rest(
        behind end: Int, _ alignment: Int, isEmpty: Bool, _ file: any ByteSource
    ) throws(FormatError) -> Int {
        let padded = end.roundedUp(to: alignment) ?? end
        guard file.byteCount >= padded || file.byteCount <= end || isEmpty else {
            throw FormatError(
                .truncated, "the file ends \(padded - file.byteCount) bytes before the padding of its last tensor does",
                at: file.byteCount, remedy: "The download or copy was cut short: fetch the file again")
        }
        return max(0, file.byteCount - padded)
    }
}

/// The first 24 bytes of a GGUF file.
struct GGUFStart {
    let version: UInt32
    let tensorCount: Int
    let keyCount: Int
    let byteCount = 24

    /// Finds the byte order, which the cursor then keeps.
    init(_ cursor: inout GGUFCursor, _ file: any ByteSource) throws {
        let start = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
        guard GGUF.recognizes(start.span) else {
            if !start.isEmpty, let other = KnownContent(of: start.span) { throw other.error }
            throw FormatError(
                start.count < GGUF.magic.count ? .truncated : .corrupt, "it does not begin with 'GGUF'", at: 0,
                remedy: "This is no GGUF file, or its start is damaged: fetch it again")
        }
        try cursor.skip(GGUF.magic.count)
        version = try Self.takeVersion(&cursor)
        // The shortest tensor has a name of one byte and no dimension, the shortest value one byte.
        tensorCount = try Self.takeCount(&cursor, "tensors", leastByteCount: 25, most: GGUF.mostTensors)
        keyCount = try Self.takeCount(&cursor, "metadata keys", leastByteCount: 14, most: GGUF.mostKeys)
    }

    private static func takeVersion(_ cursor: inout GGUFCursor) throws -> UInt32 {
        let place = cursor.offset
        let word = try cursor.takeUInt32("the version")
        // No version needs more than 16 bits, so a word without them was written the other way around.
        let isBigEndian = word & 0xFFFF == 0 && word != 0
        let version = isBigEndian ? word.byteSwapped : word
        guard GGUF.versions.contains(version) else {
            throw FormatError(
                .unsupported, "GGUF version \(version); 2 and 3 are read", at: place,
                remedy: version < 2
                    ? "Convert the model again with a current llama.cpp" : "Use a newer version of Ingot")
        }
        cursor.isBigEndian = isBigEndian
        return version
    }

    private static func takeCount(
        _ cursor: inout GGUFCursor, _ what: String, leastByteCount: Int, most: Int
    ) throws -> Int {
        let place = cursor.offset
        let stated = try cursor.takeUInt64("the count of \(what)")
        let room = cursor.remaining / leastByteCount
        guard stated <= UInt64(room) else {
            throw FormatError(
                stated > Int64.max ? .corrupt : .truncated,
                "\(stated) \(what) are announced, but the file has room for \(room)", at: place,
                remedy: "Fetch the file again")
        }
        guard stated <= UInt64(most) else {
            throw FormatError(
                .unsupported, "\(stated) \(what) are announced, \(most) are read", at: place,
                remedy: "Split the file over several")
        }
        return Int(stated)
    }
}

extension Int {
    /// The next multiple of `alignment`; nil when it is too large to count.
    func roundedUp(to alignment: Int) -> Int? {
        let rest = self % alignment
        guard rest > 0 else { return self }
        let (sum, overflow) = addingReportingOverflow(alignment - rest)
        return overflow ? nil : sum
    }
}
