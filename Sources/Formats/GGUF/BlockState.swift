package import Numbers

/// A tensor in ggml's blocks.
package struct BlockState: QuantizedEncoding {
    package let type: BlockType

    package init(type: BlockType) { self.type = type }

    /// `gguf-q4_k`
    package var scheme: String { "gguf-" + type.rawValue.lowercased() }
    /// The whole bits of one code: the first digit of ggml's names.
    package var bits: Int { Int(String(type.rawValue.first(where: \.isNumber) ?? "4")) ?? 4 }
    package var groupSize: Int? { type.elementCount }
    package var summary: String { "ggml \(type), blocks of \(type.elementCount)" }
}
