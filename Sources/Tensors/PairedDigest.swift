package import Bytes
import CKernels

/// The SHA-256 of a file and of the tensors in it, taken together while the file's bytes stream by.
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

    /// Takes bytes that belong to no tensor.
    package mutating func updateFileOnly(_ bytes: Span<UInt8>) { file.update(bytes, isAccelerated) }

    /// Starts the digest of a tensor.
    package mutating func beginTensor() { tensor = SHA256Stream() }

    /// Takes bytes of the tensor.
    package mutating func updateBoth(_ bytes: Span<UInt8>) {
        SHA256Stream.update(&file, &tensor, bytes, isAccelerated)
    }

    /// The digest of the bytes since `beginTensor`.
    package func finishTensor() -> Digest { tensor.digest(isAccelerated) }

    /// The digest of all bytes so far.
    package func finishFile() -> Digest { file.digest(isAccelerated) }
}
