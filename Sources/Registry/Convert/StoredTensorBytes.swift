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

    init(_ tensor: StoredTensor, store: BlobStore) {
        self.tensor = tensor
        reader = StoredFileReader(store: store)
    }

    func lend(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws {
        if buffer.count < range.count { buffer = [UInt8](repeating: 0, count: range.count) }
        let start = tensor.description.byteRange.lowerBound + range.lowerBound
        try reader.read(range.count, at: start, of: tensor.file, into: &buffer)
        let held = buffer
        try body(held.span.extracting(0..<range.count))
    }
}
