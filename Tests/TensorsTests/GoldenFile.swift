import Bytes
import Foundation

/// A safetensors file of the fixtures, read by the shortest way: for tests only.
struct GoldenFile {
    struct Entry {
        let bytes: [UInt8]

        var floats: [Float] { words.map(Float.init(bitPattern:)) }
        var words: [UInt32] {
            stride(from: 0, to: bytes.count, by: 4).map { start in
                (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
            }
        }
    }

    private let entries: [String: Range<Int>]
    private let bytes: [UInt8]

    /// - Parameter path: below `fixtures/`.
    init(_ path: String) throws {
        let bytes = try Self.read(path)
        let count = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        var scanner = JSONScanner(Array(bytes[8..<8 + count]))
        var entries: [String: Range<Int>] = [:]
        for (name, value) in try scanner.takeValue().objectValue?.members ?? [] {
            let offsets = value["data_offsets"]?.arrayValue?.compactMap(\.intValue) ?? []
            guard offsets.count == 2 else { continue }
            entries[name] = (8 + count + offsets[0])..<(8 + count + offsets[1])
        }
        self.entries = entries
        self.bytes = bytes
    }

    static func read(_ path: String) throws -> [UInt8] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return Array(try Data(contentsOf: root.appendingPathComponent("fixtures/\(path)")))
    }

    var names: [String] { entries.keys.sorted() }

    subscript(name: String) -> Entry? { entries[name].map { Entry(bytes: Array(bytes[$0])) } }
}

/// The same numbers on every machine (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

extension Array where Element: FixedWidthInteger {
    /// The elements' bytes, little-endian.
    var littleEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * Element.bitWidth / 8)
        for element in self {
            for place in stride(from: 0, to: Element.bitWidth, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: element >> place))
            }
        }
        return bytes
    }
}

extension [Float] {
    /// The bits of each number, with one pattern for every NaN.
    var bitPatterns: [UInt32] { map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern } }
}

/// Where two byte strings first differ, in words; nil when they are equal.
func firstDifference(_ found: [UInt8], _ expected: [UInt8]?) -> String? {
    guard let expected else { return "nothing to compare with" }
    guard found.count == expected.count else { return "\(found.count) bytes, expected \(expected.count)" }
    guard let place = found.indices.first(where: { found[$0] != expected[$0] }) else { return nil }
    return "byte \(place) is \(found[place]), expected \(expected[place])"
}
