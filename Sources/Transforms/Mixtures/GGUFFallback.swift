import Bytes
import Numbers

/// The types that llama.cpp stores in the place of those that rows are too short for.
///
/// Source: llama.cpp, `src/llama-quant.cpp`.
enum GGUFFallback {
    /// - Returns: `type` itself when its blocks divide a row; else its replacement, else F16.
    /// - Throws: `FormatError` for a type that llama.cpp has no replacement for.
    static func type(_ type: BlockType, columns: Int, tensor: String) throws(FormatError) -> ElementType {
        guard columns % type.elementCount != 0 else { return .block(type) }
        if let other = replacement(of: type) {
            return columns % other.elementCount == 0 ? .block(other) : .plain(.F16)
        }
        guard type.elementCount == 32 else {
            throw FormatError(
                .refused, "\(type)'s blocks of \(type.elementCount) do not divide its rows of \(columns)",
                tensor: tensor, remedy: "Choose another scheme for it with --rule, or give a fallback")
        }
        return .plain(.F16)
    }

    private static func replacement(of type: BlockType) -> BlockType? {
        switch type {
        case .IQ4_XS: .IQ4_NL
        case .Q2_0, .Q2_K, .Q3_K, .TQ1_0, .TQ2_0: .Q4_0
        case .Q4_K: .Q5_0
        case .Q5_K: .Q5_1
        case .Q6_K: .Q8_0
        default: nil
        }
    }
}
