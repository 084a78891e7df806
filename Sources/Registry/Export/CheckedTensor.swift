import Bytes
import Synchronization
import Tensors

/// The bytes of a stored tensor, none of which is used without its digest being compared: on the way when they are read
/// in order, before the first reading when they are not.
final class CheckedTensor {
    let tensor: StoredTensor
    private let reader: StoredFileReader
    private let known: CheckedDigests
    private let digests: ExportDigests
    /// Whether someone else sees to it that the digest is compared after the last byte.
    private let isWritten: Bool
    private var position = 0

    /// - Parameter digests: those of the file that the tensor is read for; nil when it is read for itself.
    init(_ tensor: StoredTensor, reader: StoredFileReader, known: CheckedDigests, digests: ExportDigests?) {
        self.tensor = tensor
        self.reader = reader
        self.known = known
        self.digests = digests ?? ExportDigests()
        isWritten = digests != nil
    }

    var byteCount: Int { tensor.description.byteRange.count }

    /// Fills the start of `buffer` with a range of the tensor's bytes.
    func read(_ range: Range<Int>, into buffer: inout [UInt8]) throws {
        var isChecked = known.contains(tensor)
        if !isChecked, range.lowerBound != position || position > 0 && !digests.isReading(for: self) {
            try reader.forEachCheckedPiece(of: tensor) { _ in }
            known.insert(tensor)
            isChecked = true
        }
        let start = tensor.description.byteRange.lowerBound
        try reader.read(range.count, at: start + range.lowerBound, of: tensor.file, into: &buffer)
        guard !isChecked else { return }
        if position == 0 { try digests.begin(tensor, for: self, known: known) }
        position = range.upperBound
        digests.addRead(buffer.span.extracting(0..<range.count), isLast: position == byteCount)
        if position == byteCount, !isWritten { try digests.settle() }
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
