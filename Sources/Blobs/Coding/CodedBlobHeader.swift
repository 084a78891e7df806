package import Bytes
import Tensors

/// The beginning of a coded blob, and the index at its end.
///
/// All numbers are little-endian.
///
///     0   8   89 49 6E 67 6F 74 5A 0A  (0x89 "IngotZ" LF)
///     8   1   version: 1
///     9   1   bytes of a word: 1, 2, 4 or 8
///     10  1   flags: 1 words are turned left by one bit, 2 it may hold differences from the base
///     11  1   binary logarithm of the bytes in a chunk: 12 to 22; of the last chunk there may be less
///     12  4   zero
///     16  8   logical bytes, at least 1
///     24  32  SHA-256 of the logical bytes
///     56  32  SHA-256 of the base, which has as many bytes; zeros without one
///     88  8   XXH64 (seed 0) of the 88 bytes before
///     96      the chunks, one behind the other (see `ChunkForm`)
///     …       for each chunk: 4 bytes, how many bytes are stored of it; 8 bytes, their XXH64
///     -8  8   XXH64 of these entries
///
/// A chunk is stored in at most one byte more than it has, so a coded blob is at most 0.3 % of a small chunk, and less
/// than 0.005 % of a usual one, larger than its bytes.
package struct CodedBlobHeader: Equatable, Sendable {
    static let magic: [UInt8] = [0x89, 0x49, 0x6E, 0x67, 0x6F, 0x74, 0x5A, 0x0A]
    static let byteCount = 96
    static let entryByteCount = 12
    static let chunkByteCountLogarithms = 12...22
    /// The greatest logical length: what a double, and so every JSON reader, counts exactly.
    static let greatestByteCount = 1 << 53

    package let words: WordLayout
    package let chunkByteCountLogarithm: Int
    package let byteCount: Int
    package let digest: Digest
    /// What differences are from; nil when the blob stands alone.
    package let base: Digest?

    var chunkByteCount: Int { 1 << chunkByteCountLogarithm }
    var chunkCount: Int { (byteCount + chunkByteCount - 1) >> chunkByteCountLogarithm }
    /// Of the index with its checksum.
    var indexByteCount: Int { chunkCount * Self.entryByteCount + 8 }

    /// The logical bytes in a chunk.
    func range(ofChunk chunk: Int) -> Range<Int> {
        let start = chunk << chunkByteCountLogarithm
        return start..<min(start + chunkByteCount, byteCount)
    }

    init(
        words: WordLayout, chunkByteCountLogarithm: Int, byteCount: Int, digest: Digest, base: Digest?
    ) {
        precondition(Self.chunkByteCountLogarithms ~= chunkByteCountLogarithm, "chunks of 2^\(chunkByteCountLogarithm)")
        precondition(1...Self.greatestByteCount ~= byteCount, "a coded blob of \(byteCount) bytes")
        self.words = words
        self.chunkByteCountLogarithm = chunkByteCountLogarithm
        self.byteCount = byteCount
        self.digest = digest
        self.base = base
    }

    /// - Parameter bytes: the file's first 96 bytes.
    /// - Throws: `FormatError` when they are no header, or one that has changed.
    init(parsing bytes: [UInt8]) throws(FormatError) {
        guard bytes.count == Self.byteCount, Array(bytes[..<8]) == Self.magic else {
            throw Self.fault("this is no coded blob", at: 0)
        }
        guard Self.number(bytes, 88, 8) == Kernels.checksum(of: bytes.span.extracting(0..<88)) else {
            throw Self.fault("the header has changed", at: 88)
        }
        guard bytes[8] == 1 else {
            throw FormatError(
                .unsupported, "version \(bytes[8]) of coded blobs, 1 is known", at: 8, remedy: "Update ingot")
        }
        guard bytes[10] & ~3 == 0, let words = WordLayout(width: Int(bytes[9]), isTurned: bytes[10] & 1 != 0) else {
            throw Self.fault("words of \(bytes[9]) bytes with the flags \(bytes[10])", at: 9)
        }
        guard Self.chunkByteCountLogarithms ~= Int(bytes[11]), Self.number(bytes, 12, 4) == 0 else {
            throw Self.fault("chunks of 2^\(bytes[11]) bytes, 2^12 to 2^22 are allowed", at: 11)
        }
        let byteCount = Self.number(bytes, 16, 8)
        guard byteCount > 0, byteCount <= UInt64(Self.greatestByteCount) else {
            throw Self.fault("\(byteCount) bytes, 1 to 2^53 are allowed", at: 16)
        }
        let base = bytes.span.extracting(56..<88)
        let hasBase = bytes[10] & 2 != 0
        guard hasBase || Kernels().zeroCount(of: base, width: 1) == 32 else {
            throw Self.fault("a base is named, but not used", at: 56)
        }
        self.init(
            words: words, chunkByteCountLogarithm: Int(bytes[11]), byteCount: Int(byteCount),
            digest: Digest(bytes: bytes.span.extracting(24..<56)), base: hasBase ? Digest(bytes: base) : nil)
    }

    /// The 96 bytes.
    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes += [
            1, UInt8(words.width), (words.isTurned ? 1 : 0) | (base == nil ? 0 : 2), UInt8(chunkByteCountLogarithm),
        ]
        Self.append(0, 4, to: &bytes)
        Self.append(UInt64(byteCount), 8, to: &bytes)
        bytes += digest.bytes
        bytes += base?.bytes ?? [UInt8](repeating: 0, count: 32)
        Self.append(Kernels.checksum(of: bytes.span), 8, to: &bytes)
        return bytes
    }

    /// The little-endian number of `count` bytes at `offset`, which lie in `bytes`.
    static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
    }

    static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
    }

    /// What is wrong with a coded blob.
    static func fault(_ problem: String, at offset: Int?) -> FormatError {
        FormatError(
            .corrupt, problem, at: offset,
            remedy: "The stored bytes have changed; 'ingot verify' tells which tensors lie in them")
    }
}

extension Digest {
    /// The 32 bytes.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        let digits = Array(hex.utf8)
        for index in stride(from: 0, to: digits.count, by: 2) {
            bytes.append(Self.value(digits[index]) << 4 | Self.value(digits[index + 1]))
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
}
