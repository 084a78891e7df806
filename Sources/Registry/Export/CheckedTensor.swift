import Bytes
import Synchronization
import Tensors

/// The bytes of a stored tensor, none of which is used without its digest being compared: on the way when they are read
/// in order, before the first reading when they are not.
final class CheckedTensor {
    let tensor: StoredTensor
    private let reader: StoredFileReader
    private let known: CheckedDigests
    private var stream = DigestStream()
    private var position = 0
    private var isChecked: Bool

    init(_ tensor: StoredTensor, reader: StoredFileReader, known: CheckedDigests) {
        self.tensor = tensor
        self.reader = reader
        self.known = known
        isChecked = known.contains(tensor)
    }

    var byteCount: Int { tensor.description.byteRange.count }

    /// Fills the start of `buffer` with a range of the tensor's bytes.
    func read(_ range: Range<Int>, into buffer: inout [UInt8]) throws {
        if !isChecked, range.lowerBound != position { try check() }
        let start = tensor.description.byteRange.lowerBound
        try reader.read(range.count, at: start + range.lowerBound, of: tensor.file, into: &buffer)
        guard !isChecked else { return }
        stream.update(buffer.span.extracting(0..<range.count))
        position = range.upperBound
        if position == byteCount {
            try stream.finish().check(tensor.digest, of: tensor.subject)
            finish()
        }
    }

    /// Reads all bytes for nothing but their digest.
    private func check() throws {
        try reader.forEachCheckedPiece(of: tensor) { _ in }
        finish()
    }

    private func finish() {
        isChecked = true
        known.insert(tensor)
    }
}

/// Tensors whose digests were compared in this act.
final class CheckedDigests: Sendable {
    private let places = Mutex<Set<Place>>([])

    private struct Place: Hashable {
        var file: String
        var offset: Int
        var byteCount: Int

        init(_ tensor: StoredTensor) {
            file = tensor.file.path
            offset = tensor.description.byteRange.lowerBound
            byteCount = tensor.description.byteRange.count
        }
    }

    func contains(_ tensor: StoredTensor) -> Bool { places.withLock { $0.contains(Place(tensor)) } }
    func insert(_ tensor: StoredTensor) { _ = places.withLock { $0.insert(Place(tensor)) } }
}
