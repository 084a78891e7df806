package import Bytes
package import Formats
import Synchronization
import Tensors

/// The bytes of the stored tensors that make up a quantized one, by role: elements one behind the other, row-major and
/// little-endian.
package protocol PartBytes: Sendable {
    /// The bytes in a range of a part.
    func bytes(_ role: String, _ range: Range<Int>) throws -> [UInt8]
    /// How many bytes a part has; nil when there is no such part.
    func byteCount(_ role: String) -> Int?
}

extension PartBytes {
    /// All bytes of a part.
    /// - Throws: `FormatError` when it is not there or not of that length.
    func all(_ role: String, _ count: Int) throws -> [UInt8] {
        try check(role, count)
        return try bytes(role, 0..<count)
    }

    /// - Throws: `FormatError` when a part is not there or not of that length.
    func check(_ role: String, _ count: Int) throws(FormatError) {
        guard let found = byteCount(role) else {
            throw FormatError(.corrupt, "the part '\(role)' is missing", remedy: "Fetch the file again")
        }
        guard found == count else {
            throw FormatError(
                .corrupt, "the part '\(role)' has \(found) bytes, \(count) were expected",
                remedy: "Fetch the file again")
        }
    }
}

/// The parts of a logical tensor in the files that hold them.
package final class FileParts: PartBytes {
    private let parts: [String: LogicalTensor.Part]
    private let sources: [any ByteSource]
    /// Parts whose elements do not lie in the file as they are meant, put in order once.
    private let arranged = Mutex<[String: [UInt8]]>([:])

    /// - Parameters:
    ///   - tensor: a logical tensor.
    ///   - sources: the model's weights files; `Part.file` counts in them.
    package init(_ tensor: LogicalTensor, sources: [any ByteSource]) {
        precondition(
            tensor.parts.allSatisfy { sources.indices.contains($0.file) },
            "\(tensor.name) has parts outside of \(sources.count) files")
        parts = Dictionary(tensor.parts.map { ($0.role, $0) }) { first, _ in first }
        self.sources = sources
    }

    package func byteCount(_ role: String) -> Int? { parts[role]?.tensor.contentByteCount }

    package func bytes(_ role: String, _ range: Range<Int>) throws -> [UInt8] {
        guard let part = parts[role] else { return [] }
        let source = sources[part.file], start = part.tensor.byteRange.lowerBound
        if part.tensor.arrangement == .contiguous {
            return try source.bytes(start + range.lowerBound..<start + range.upperBound)
        }
        return try arranged.withLock { arranged in
            let content = try arranged[role] ?? TensorReader(source).content(of: part.tensor)
            arranged[role] = content
            return Array(content[range])
        }
    }
}
