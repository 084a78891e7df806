import Crypto

/// A SHA-256 digest: 32 bytes, written as 64 lower-case hexadecimal digits.
public struct Digest: Hashable, Sendable {
    /// The bytes of a digest.
    public static let byteCount = 32

    /// The digest as four big-endian words, so that comparing words compares bytes.
    let words: InlineArray<4, UInt64>

    /// - Parameter bytes: the 32 bytes of the digest.
    package init(bytes: Span<UInt8>) {
        precondition(bytes.count == Self.byteCount, "a digest has 32 bytes, got \(bytes.count)")
        words = InlineArray { word in
            (0..<8).reduce(UInt64(0)) { value, byte in
                value << 8 | UInt64(bytes[word * 8 + byte])
            }
        }
    }

    /// Parses 64 hexadecimal digits; nil when `hex` is anything else.
    public init?(hex: some StringProtocol) {
        let text = String(hex)  // its bytes lie in one piece: catalogs have digests by the million
        let digits = text.utf8.span
        guard digits.count == 64 else { return nil }
        var words = InlineArray<4, UInt64>(repeating: 0)
        for index in digits.indices {
            guard let value = Self.value(of: digits[index]) else { return nil }
            words[index / 16] = words[index / 16] << 4 | UInt64(value)
        }
        self.words = words
    }

    /// The digest of `bytes`.
    package init(of bytes: [UInt8]) {
        var stream = DigestStream()
        stream.update(bytes.span)
        self = stream.finish()
    }

    /// The digest of the UTF-8 form of `text`.
    package init(of text: String) { self.init(of: Array(text.utf8)) }

    /// 64 lower-case hexadecimal digits.
    public var hex: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(64)
        for index in words.indices {
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: words[index] >> UInt64(shift)) & 0xF
                digits.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether every byte is equal.
    public static func == (left: Self, right: Self) -> Bool {
        left.words.indices.allSatisfy { left.words[$0] == right.words[$0] }
    }

    /// Feeds the first eight bytes, which are as random as any.
    public func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
}

extension Digest: CustomStringConvertible {
    /// The hexadecimal form.
    public var description: String { hex }
}

/// SHA-256 over bytes that arrive in pieces (swift-crypto).
package struct DigestStream: Sendable {
    private var state = SHA256()

    package init() {}

    package mutating func update(_ bytes: Span<UInt8>) {
        // The closure reads only inside the span it was given.
        unsafe bytes.withUnsafeBufferPointer { unsafe state.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    }

    /// The digest of everything so far; the stream is not used afterwards.
    package consuming func finish() -> Digest {
        let bytes = Array(state.finalize())
        return Digest(bytes: bytes.span)
    }
}
