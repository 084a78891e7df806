import Bytes
import Tensors

/// The digest of a file that is written, and beside it that of the tensor which is read for it: a core advances two
/// streams in little more than the time of one.
///
/// What is read of a tensor waits until what is made of it is written, and so the tensor's digest is compared a little
/// after its last byte was read.
final class ExportDigests {
    private var pair = PairedDigest()
    /// Bytes of the tensor that are in no digest yet.
    private var waiting: [UInt8] = []
    private var waitingCount = 0
    /// The tensor, and who reads it.
    private var reading: (owner: ObjectIdentifier, tensor: StoredTensor, known: CheckedDigests)?
    /// Whether all bytes of the tensor were read.
    private var isWhole = false

    /// Starts the digest of a tensor; one that was not read to its end is forgotten.
    /// - Parameters:
    ///   - owner: who reads it from the start.
    ///   - known: learns of it when its digest is right.
    /// - Throws: what the check of the tensor before it throws.
    func begin(_ tensor: StoredTensor, for owner: AnyObject, known: CheckedDigests) throws {
        try settle()
        waitingCount = 0
        pair.beginTensor()
        reading = (ObjectIdentifier(owner), tensor, known)
    }

    /// Whether the tensor that was begun last is this reader's, and not at its end.
    func isReading(for owner: AnyObject) -> Bool { reading?.owner == ObjectIdentifier(owner) && !isWhole }

    /// Takes bytes that were read of the tensor.
    func addRead(_ bytes: Span<UInt8>, isLast: Bool) {
        addWaiting()
        if waiting.count < bytes.count { waiting = [UInt8](repeating: 0, count: bytes.count) }
        // The bytes are copied at once.
        unsafe bytes.withUnsafeBufferPointer { unsafe waiting.replaceSubrange(0..<$0.count, with: $0) }
        waitingCount = bytes.count
        isWhole = isLast
    }

    /// Takes bytes that were written to the file.
    func addWritten(_ bytes: Span<UInt8>) {
        pair.updateBoth(file: bytes, tensor: waiting.span.extracting(0..<waitingCount))
        waitingCount = 0
    }

    /// Compares the digest of a tensor that was read to its end.
    /// - Throws: `RegistryError` when it is another than was recorded.
    func settle() throws {
        guard let reading, isWhole else { return }
        addWaiting()
        self.reading = nil
        isWhole = false
        try pair.finishTensor().check(reading.tensor.digest, of: reading.tensor.subject)
        reading.known.insert(reading.tensor)
    }

    /// The digest of everything that was written.
    func finishFile() throws -> Digest {
        try settle()
        return pair.finishFile()
    }

    private func addWaiting() {
        pair.updateTensorOnly(waiting.span.extracting(0..<waitingCount))
        waitingCount = 0
    }
}
