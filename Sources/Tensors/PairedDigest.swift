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

    private let isAccelerated: Int32
    private var file = ingot_sha256()
    private var tensor = ingot_sha256()

    /// Starts the file's digest. An implementation that the machine does not run is replaced by the portable one.
    package init(_ implementation: Implementation = .best) {
        isAccelerated = implementation == .accelerated && implementation.isSupported ? 1 : 0
        unsafe ingot_sha256_start(&file)
        unsafe ingot_sha256_start(&tensor)
    }

    /// Takes bytes that belong to no tensor.
    package mutating func updateFileOnly(_ bytes: Span<UInt8>) {
        // The function reads `count` bytes from the span's address, as long as the span lives.
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe ingot_sha256_update(isAccelerated, &file, start, bytes.count)
        }
    }

    /// Starts the digest of a tensor.
    package mutating func beginTensor() { unsafe ingot_sha256_start(&tensor) }

    /// Takes bytes of the tensor.
    package mutating func updateBoth(_ bytes: Span<UInt8>) {
        // As above.
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe ingot_sha256_update_both(isAccelerated, &file, &tensor, start, bytes.count)
        }
    }

    /// The digest of the bytes since `beginTensor`.
    package mutating func finishTensor() -> Digest { finish(tensor) }

    /// The digest of all bytes so far.
    package mutating func finishFile() -> Digest { finish(file) }

    private func finish(_ stream: ingot_sha256) -> Digest {
        var stream = stream
        var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
        // The function writes 32 bytes, which is the array's length.
        unsafe bytes.withUnsafeMutableBufferPointer { target in
            guard let start = target.baseAddress else { return }
            unsafe ingot_sha256_finish(isAccelerated, &stream, start)
        }
        return Digest(bytes: bytes.span)
    }
}
