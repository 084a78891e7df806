import Bytes

/// A string of a GGUF file: by the specification UTF-8, but vocabularies exist whose tokens are not, so the bytes stay.
package struct GGUFString: Hashable, Sendable, ExpressibleByStringLiteral {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(stringLiteral text: String) { self.init(text) }

    /// The text, with U+FFFD for what is not UTF-8.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text; nil when the bytes are not UTF-8.
    package var exactText: String? { String(validating: bytes, as: UTF8.self) }
}
