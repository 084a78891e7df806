package import Bytes
import CKernels

/// The SHA-256 of a file and of tensors, taken together while the bytes stream by: of a file that is read, and of the
/// tensors in it; or of a file that is written, and of the tensors that it is made of.
///
/// Where the machine has instructions for SHA-256, both streams advance side by side on one core, for little more than
/// the time of one.
package struct PairedDigest: Sendable {
    /// What computes the digests.
    package enum Implementation: String, CaseIterable, Sendable {
        /// Plain code.
        case portable
        /// The SHA extensions of x86-64, or the cryptographic extension of ARMv8.
        case accelerated

        /// The fastest that this machine runs.
        package static let best: Self = ingot_sha256_is_accelerated() != 0 ? .accelerated : .portable

        /// Whether this machine runs it.
        package var isSupported: Bool { self == .portable || Self.best == .accelerated }
    }

    private let isAccelerated: Bool
    private var file = SHA256Stream()
    private var tensor = SHA256Stream()

    /// Starts the file's digest. An implementation that the machine does not run is replaced by the portable one.
    package init(_ implementation: Implementation = .best) {
        isAccelerated = implementation == .accelerated && implementation.isSupported
    }

    /// Takes bytes of the file that belong to no tensor.
    package mutating func updateFileOnly(_ bytes: Span<UInt8>) { file.update(bytes, isAccelerated) }

    /// Takes bytes of the tensor alone.
    package mutating func updateTensorOnly(_ bytes: Span<UInt8>) { tensor.update(bytes, isAccelerated) }

    /// Starts the digest of a tensor.
    package mutating func beginTensor() { tensor = SHA256Stream() }

    /// Takes bytes of the file that are the tensor's.
    package mutating func updateBoth(_ bytes: Span<UInt8>) { updateBoth(file: bytes, tensor: bytes) }

    /// Takes bytes of the file, and others of the tensor; fastest when they are as many.
    package mutating func updateBoth(file fileBytes: Span<UInt8>, tensor tensorBytes: Span<UInt8>) {
        guard fileBytes.count > 0, tensorBytes.count > 0 else {
            updateFileOnly(fileBytes)
            return updateTensorOnly(tensorBytes)
        }
        SHA256Stream.update(&file, fileBytes, &tensor, tensorBytes, isAccelerated)
    }

    /// The digest of the bytes since `beginTensor`.
    package func finishTensor() -> Digest { tensor.digest(isAccelerated) }

    /// The digest of all bytes so far.
    package func finishFile() -> Digest { file.digest(isAccelerated) }
}
