package import Bytes
package import Tensors

/// One checkpoint file format: what it is called, how it is recognized, and where its tensors lie.
package protocol CheckpointFormat: Sendable {
    /// The name used in the catalog and on the command line.
    static var name: String { get }
    /// Whether `start`, a file's first bytes (`CheckpointFormats.startByteCount`, fewer when the file is shorter), can
    /// begin a file of this format.
    static func recognizes(_ start: Span<UInt8>) -> Bool
    /// Reads where the tensors of a file lie, and checks it; the tensors' bytes are not read.
    /// - Throws: `FormatError` for a file that is not sound, `FileError` when the system refuses to read it.
    static func layout(of file: any ByteSource) throws -> FileLayout
}

/// The formats that Ingot reads. A new one is a folder beside this file and a line here.
package enum CheckpointFormats {
    package static let all: [any CheckpointFormat.Type] = [
        Safetensors.self
    ]

    /// How many of a file's first bytes a format is shown.
    package static let startByteCount = 512

    /// The format whose files begin as `file` does; nil when no format's do.
    package static func recognize(_ file: any ByteSource) throws -> (any CheckpointFormat.Type)? {
        let start = try file.bytes(0..<min(startByteCount, file.byteCount))
        return all.first { $0.recognizes(start.span) }
    }
}

/// Where the tensors of a checkpoint file lie, in the words that all formats share.
package struct FileLayout: Equatable, Sendable {
    /// The format's name.
    package let format: String
    /// The tensors, by the place of their bytes in the file. Ranges coincide or overlap only where tensors share memory.
    package let tensors: [TensorDescription]
    /// What the file says about itself besides tensors, in the file's order.
    package let metadata: [MetadataEntry]
    /// Remarks that the user should read.
    package let notes: [String]

    package init(
        format: String, tensors: [TensorDescription], metadata: [MetadataEntry], notes: [String] = []
    ) {
        self.format = format
        self.tensors = tensors.sorted { left, right in
            (left.byteRange.lowerBound, left.byteRange.upperBound)
                < (right.byteRange.lowerBound, right.byteRange.upperBound)
        }
        self.metadata = metadata
        self.notes = notes
    }
}

/// One thing that a checkpoint file says about itself.
package struct MetadataEntry: Hashable, Sendable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
