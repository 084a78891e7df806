import Architectures
package import Bytes

/// GGUF: a header with typed metadata and a table of tensors, then the tensors' bytes, each at a multiple of the
/// alignment.
///
/// | part | content |
/// | --- | --- |
/// | start | `GGUF`, version (UInt32: 2 or 3), count of tensors (UInt64), count of metadata keys (UInt64) |
/// | metadata | for each key: the key (string), the value's type (UInt32), the value |
/// | table | for each tensor: name (string), count of dimensions (UInt32), the dimensions, type (UInt32), offset (UInt64) |
/// | padding | zeros up to a multiple of the alignment, from the file's start |
/// | data | each tensor's bytes, in the table's order, each followed by zeros up to a multiple of the alignment |
///
/// Dimensions are UInt64, the innermost first; offsets count from the data's start.
/// A string is its length (UInt64) and its bytes; an array its elements' type (UInt32), their count (UInt64) and the
/// elements. All numbers are little-endian, or all big-endian, scales in blocks included; the version tells which.
/// Source: ggml, `docs/gguf.md`, and `src/gguf.cpp` of ggml 0.25.3, whose checks are kept.
package enum GGUF: CheckpointFormat {
    package static let name = "gguf"
    package static let summary =
        "versions 2 and 3, both byte orders, splits, every block type; written as F32, F16, BF16 or Q8_0"

    static let magic: [UInt8] = Array("GGUF".utf8)
    /// The versions that are read and written; of version 2 nothing differs but the number.
    package static let versions: ClosedRange<UInt32> = 2...3
    /// The alignment of a file that does not say it.
    package static let usualAlignment = 32
    /// The greatest alignment that is read: the padding of a small file's header must not claim much memory.
    package static let greatestAlignment = 1 << 20
    /// The key of the alignment.
    package static let alignmentKey = "general.alignment"
    /// A tensor's name has fewer bytes than this, for ggml to read it.
    package static let nameLimit = 64
    /// The longest tensor name that is read, in bytes; programs built with a higher limit than ggml's write such names.
    static let longestName = 1024
    static let mostDimensions = 4
    /// The longest key, in bytes. The specification has 65,535.
    static let longestKey = 65_535
    /// Bounds of what a header may hold, so that a small file cannot claim much memory.
    static let mostTensors = 1 << 17
    static let mostKeys = 1 << 16
    static let mostStrings = 1 << 20

    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        start.count >= magic.count && magic.indices.allSatisfy { start[$0] == magic[$0] }
    }

    package static func layout(of file: any ByteSource, options: ReadOptions) throws -> FileLayout {
        let header = try GGUFHeader(reading: file)
        return FileLayout(
            format: name, tensors: header.tensors,
            metadata: header.metadata.entries.map { MetadataEntry(key: $0.key, value: $0.value.shownText) },
            notes: header.notes, properties: ModelProperties(header.metadata),
            scheme: GGUFScheme.name(metadata: header.metadata, tensors: header.tensors))
    }
}
