import CZlib

/// The checksum of zip archives, over bytes that arrive in pieces: CRC-32 as in ISO 3309, by zlib.
package struct CRC32: Equatable, Sendable {
    /// The checksum of everything so far.
    package private(set) var value: UInt32 = 0

    package init() {}

    package mutating func update(_ bytes: Span<UInt8>) {
        // zlib reads only inside the span it was given.
        value = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe UInt32(truncatingIfNeeded: crc32_z(UInt(value), buffer.baseAddress, buffer.count))
        }
    }
}
