/// The checksum of TensorFlow's records: CRC-32C (Castagnoli), reflected, as in RFC 3720, appendix B.4.
package enum CRC32C {
    /// By the byte that leaves the register.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    /// The checksum of `bytes`.
    package static func checksum(of bytes: Span<UInt8>) -> UInt32 {
        let table = table
        var value: UInt32 = 0xFFFF_FFFF
        for index in bytes.indices { value = table[Int(UInt8(truncatingIfNeeded: value) ^ bytes[index])] ^ value >> 8 }
        return ~value
    }

    /// The checksum as records hold it: rotated and moved, so that a checksum over checksums stays a checksum. Source:
    /// TensorFlow, `tensorflow/core/lib/hash/crc32c.h`, `Mask`.
    package static func masked(of bytes: Span<UInt8>) -> UInt32 {
        let value = checksum(of: bytes)
        return (value >> 15 | value << 17) &+ 0xA282_EAD8
    }
}
