package import Bytes
import Formats
import Numbers

/// What becomes of a tensor whose rows the blocks or groups of its scheme do not divide.
package enum Fallback: Hashable, Sendable {
    /// Nothing is made.
    case refuse
    /// Those that llama.cpp stores in their place: Q8_0 for Q6_K …, F16 where none fits.
    case llamaCpp
    /// The tensor stays as it is, becomes plain numbers, or gets another scheme.
    case action(TensorRule.Action)

    /// As recipes spell it.
    package var text: String {
        switch self {
        case .refuse: "error"
        case .llamaCpp: "llama.cpp"
        case .action(let action): action.text
        }
    }

    /// - Throws: `FormatError` for what is no fallback of the family.
    package init(parsing text: String, family: TensorScheme.Family) throws(FormatError) {
        switch text.lowercased() {
        case "error": self = .refuse
        case "llama.cpp":
            guard family == .gguf else {
                throw FormatError(
                    .refused, "llama.cpp has no fallbacks for \(family.rawValue)",
                    remedy: "Choose error, keep, a dtype or a scheme of \(family.rawValue)")
            }
            self = .llamaCpp
        default: self = .action(try TensorRule.Action(parsing: text, family: family))
        }
    }
}

extension TensorScheme {
    /// The number that must divide a row's elements; 1 when any row can be stored.
    package var columnMultiple: Int {
        switch self {
        case .fourBit, .int8Rows, .scaledFloat: 1
        case .blocks(let type): type.elementCount
        case .mlx(let state): state.columnsPerGroup
        case .gptq(let state): state.groupSize ?? 1
        case .awq(let state): state.groupSize ?? 1
        case .compressedTensors(let state): state.groupSize ?? 1
        }
    }
}
