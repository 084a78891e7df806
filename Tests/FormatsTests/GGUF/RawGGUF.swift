import Bytes

@testable import Formats

/// A GGUF file put together by hand, so that it can be wrong in one place.
struct RawGGUF {
    var version: [UInt8] = [3, 0, 0, 0]
    /// Each with its key, type and value.
    var keys: [[UInt8]] = []
    /// The entries of the table.
    var tensors: [[UInt8]] = []
    /// Stated in place of the true counts.
    var tensorCount: UInt64?
    var keyCount: UInt64?
    var alignment = 32
    var data: [UInt8] = []

    static func word<Word: FixedWidthInteger>(_ value: Word) -> [UInt8] {
        (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func string(_ text: String) -> [UInt8] { word(UInt64(text.utf8.count)) + Array(text.utf8) }

    static func key(_ key: String, _ type: UInt32, _ value: [UInt8]) -> [UInt8] { string(key) + word(type) + value }

    static func tensor(
        _ name: String, _ dimensions: [UInt64] = [1], type: UInt32 = 0, offset: UInt64 = 0
    ) -> [UInt8] {
        string(name) + word(UInt32(dimensions.count)) + dimensions.flatMap { word($0) } + word(type) + word(offset)
    }

    var header: [UInt8] {
        Array("GGUF".utf8) + version + Self.word(tensorCount ?? UInt64(tensors.count))
            + Self.word(keyCount ?? UInt64(keys.count)) + keys.joined() + tensors.joined()
    }

    var bytes: [UInt8] {
        let header = header
        return header + [UInt8](repeating: 0, count: (alignment - header.count % alignment) % alignment) + data
    }

    func read() throws -> GGUFHeader { try GGUFHeader(reading: MemorySource(bytes, path: "raw.gguf")) }
}
