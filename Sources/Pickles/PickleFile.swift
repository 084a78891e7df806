/// The kinds of files that pickles come in, as their first bytes tell.
package enum PickleFile: Sendable {
    /// A zip archive: PyTorch since 1.6, NumPy's npz.
    case archive
    /// PyTorch before 1.6: a pickled magic number, three more pickles, the storages' names and their bytes.
    case legacy
    /// The first format of PyTorch.
    case tar
    /// A NumPy array.
    case array
    /// Anything else: a pickle, if it is one.
    case pickles

    /// How many of a file's first bytes tell.
    package static let startByteCount = 512
    /// The pickles of a legacy file: magic number, protocol version, machine, the object, names of the storages.
    static let legacyPickles = 5

    /// The pickled 0x1950A86A20F9469CFC6C, ten bytes little-endian (`MAGIC_NUMBER` in `torch/serialization.py`).
    private static let magicNumber: [UInt8] = [
        0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]

    package init(startingWith start: [UInt8]) {
        if start.starts(with: Array("PK\u{3}\u{4}".utf8)) || start.starts(with: Array("PK\u{5}\u{6}".utf8)) {
            self = .archive
        } else if start.starts(with: [0x93] + Array("NUMPY".utf8)) {
            self = .array
        } else if start.count > 262, start[257..<262].elementsEqual("ustar".utf8) {
            self = .tar
        } else if Self.isLegacy(start) {
            self = .legacy
        } else {
            self = .pickles
        }
    }

    /// `80 N`, from protocol 4 on a frame of 9 bytes, and the magic number.
    private static func isLegacy(_ start: [UInt8]) -> Bool {
        guard start.count >= 2, start[0] == PickleOpcode.protocolNumber.rawValue, start[1] <= 5 else { return false }
        let rest = start.dropFirst(2)
        return rest.starts(with: magicNumber)
            || rest.first == PickleOpcode.frame.rawValue && rest.dropFirst(9).starts(with: magicNumber)
    }

    /// Where the pickle of a NumPy array of objects begins; nil when the array has none.
    static func pickleStart(inArray start: [UInt8]) -> Int? {
        guard start.count >= 12, start.starts(with: [0x93] + Array("NUMPY".utf8)) else { return nil }
        let width = start[6] == 1 ? 2 : 4
        let length = (0..<width).reduce(0) { $0 | Int(start[8 + $1]) << (8 * $1) }
        let text = start[(8 + width)..<min(start.count, 8 + width + length)]
        // Every dtype with an object in it has an `O` between quotes: `'|O'`, `('a', 'O')`. A header that goes beyond
        // what is looked at may have one.
        return text.contains(UInt8(ascii: "O")) || text.count < length ? 8 + width + length : nil
    }
}
