/// One of the records that a zip archive's structure consists of: a signature and fields at fixed places, all
/// little-endian.
///
/// | record | signature | bytes |
/// | --- | --- | --- |
/// | local header | `PK 03 04` | 30 |
/// | central header | `PK 01 02` | 46 |
/// | end | `PK 05 06` | 22 |
/// | zip64 end | `PK 06 06` | 56 |
/// | zip64 locator | `PK 06 07` | 20 |
///
/// Offsets and contents of their fields:
///
/// - local header: 6 flags, 8 method, 14 CRC-32, 18 packed bytes, 22 unpacked bytes, 26 bytes of the name, 28 of the
///   extra fields;
/// - central header: 8 flags, 10 method, 16 CRC-32, 20 packed bytes, 24 unpacked bytes, 28 bytes of the name, 30 of the
///   extra fields, 32 of the comment, 34 disk, 42 offset of the local header;
/// - end: 4 disk, 6 disk of the list, 8 entries here, 10 entries, 12 bytes of the central headers, 16 their offset,
///   20 bytes of the comment;
/// - zip64 end: 4 bytes that follow, 16 disk, 20 disk of the list, 24 entries here, 32 entries, 40 bytes of the central
///   headers, 48 their offset;
/// - zip64 locator: 4 disk, 8 offset of the zip64 end, 16 disks.
///
/// Names, extra fields and comments follow their header in this order. A field that is all ones stands in the zip64
/// extra field (id 1) instead, in the order unpacked bytes, packed bytes, offset, disk.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
struct ZipRecord {
    static let localSignature: UInt32 = 0x0403_4B50
    static let centralSignature: UInt32 = 0x0201_4B50
    static let endSignature: UInt32 = 0x0605_4B50
    static let end64Signature: UInt32 = 0x0606_4B50
    static let locator64Signature: UInt32 = 0x0706_4B50

    static let localByteCount = 30
    static let centralByteCount = 46
    static let endByteCount = 22
    static let end64ByteCount = 56
    static let locator64ByteCount = 20

    /// The id of the extra field with 64-bit sizes.
    static let extra64: UInt16 = 1
    /// Flag bits: encrypted, sizes behind the content, patched, strongly encrypted, UTF-8, masked header.
    static let encryptionFlags: UInt16 = 1 | 1 << 6 | 1 << 13
    static let patchFlag: UInt16 = 1 << 5
    static let descriptorFlag: UInt16 = 1 << 3
    static let textFlag: UInt16 = 1 << 11

    private let bytes: ArraySlice<UInt8>

    /// - Parameter bytes: all bytes of the record's fixed part, at least.
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var signature: UInt32 { UInt32(truncatingIfNeeded: field(0, 4)) }

    func short(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: field(offset, 2)) }
    func word(_ offset: Int) -> UInt64 { field(offset, 4) }
    func long(_ offset: Int) -> UInt64 { field(offset, 8) }

    private func field(_ offset: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[bytes.startIndex + offset + $1]) << (8 * $1) }
    }
}
