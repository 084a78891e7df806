import Blobs
import Tensors
import Transforms

/// The bytes of a tensor in the store, read range by range.
///
/// Mapping the blobs instead, or keeping a whole tensor for the second reading, was tried and is no faster.
final class StoredTensorBytes: TensorBytes {
    private let tensor: StoredTensor
    private let reader: StoredFileReader
    private var buffer: [UInt8] = []
    /// What of the tensor the buffer begins with.
    private var held = 0..<0

    /// Chunks are read several at a time: calls of 128 KiB cost a third more (Linux 6.18).
    private static let windowByteCount = 1 << 20

    init(_ tensor: StoredTensor, store: BlobStore) {
        self.tensor = tensor
        reader = StoredFileReader(store: store)
    }

    func lend(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws {
        if range.lowerBound < held.lowerBound || range.upperBound > held.upperBound { try hold(range) }
        let start = range.lowerBound - held.lowerBound, bytes = buffer
        try body(bytes.span.extracting(start..<start + range.count))
    }

    /// Reads `range` and what comes behind it.
    private func hold(_ range: Range<Int>) throws {
        let all = tensor.description.byteRange
        let count = max(range.count, min(Self.windowByteCount, all.count - range.lowerBound))
        held = 0..<0
        if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
        try reader.read(count, at: all.lowerBound + range.lowerBound, of: tensor.file, into: &buffer)
        held = range.lowerBound..<range.lowerBound + count
    }
}
