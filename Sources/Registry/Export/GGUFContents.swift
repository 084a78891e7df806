import Architectures
import Formats
import Numbers
import Tokenizers

/// What goes into a GGUF file besides tensors.
enum GGUFContents {
    /// Whether what the file of this name says stands in a GGUF file's metadata.
    static func carries(_ path: String) -> Bool {
        if TokenizerFileNames.isTokenizer(path) { return TokenizerFileNames.whyUnread(path) == nil }
        let names: Set<String> = ["config.json", "chat_template.jinja", "chat_template.json"]
        return names.contains(path) || path.hasSuffix(".index.json")
    }

    /// The number of the type that most elements of matrices have.
    static func fileType(of tensors: [PlannedTensor]) -> UInt32? {
        var counts: [ElementType: Int] = [:]
        for tensor in tensors where tensor.mapping.shape.count > 1 {
            counts[tensor.type, default: 0] += tensor.mapping.shape.reduce(1, *)
        }
        let greatest = counts.max { ($0.value, $1.key.name) < ($1.value, $0.key.name) }
        guard let type = greatest?.key else { return nil }
        let name = type == .plain(.F32) ? "all_f32" : type.name.lowercased()
        let found =
            type == .block(.MXFP4)
            ? GGUFFileType(name: "mxfp4_moe") : GGUFFileType(name: name) ?? GGUFFileType(name: type.name.lowercased())
        return found.map { UInt32($0.number) }
    }
}

extension GGUFMetadata {
    /// Whether the file tells how text becomes tokens.
    var hasTokenizer: Bool { ![nil, "none"].contains(self["tokenizer.ggml.model"]?.text) }

    /// Says that there is no tokenizer, and what llama.cpp would take from one: how many tokens there are.
    mutating func setNoTokenizer(tokens: Int?) {
        self["tokenizer.ggml.model"] = .text("none")
        guard let architecture = self["general.architecture"]?.text, let count = tokens.flatMap({ UInt32(exactly: $0) })
        else { return }
        self["\(architecture).vocab_size"] = .uint32(count)
    }
}

extension LayoutMapping {
    /// How many tokens a GGUF file's embedding has.
    var tokenCount: Int? { tensors.first { $0.name == "token_embd.weight" }?.shape.first }
}

extension GGUFValue {
    init(_ value: MetadataValue) {
        self =
            switch value {
            case .u32(let value): .uint32(value)
            case .i32(let value): .int32(value)
            case .u64(let value): .uint64(value)
            case .f32(let value): .float32(value)
            case .bool(let value): .bool(value)
            case .string(let value): .text(value)
            case .strings(let values): .array(GGUFArray(strings: values))
            }
    }
}

extension MetadataValue {
    /// Nil for values that no family needs.
    init?(_ value: GGUFValue) {
        if let text = value.text {
            self = .string(text)
        } else if let boolean = value.boolean {
            self = .bool(boolean)
        } else if let integer = value.integer {
            if let small = UInt32(exactly: integer) {
                self = .u32(small)
            } else if let negative = Int32(exactly: integer) {
                self = .i32(negative)
            } else if let large = UInt64(exactly: integer) {
                self = .u64(large)
            } else {
                return nil
            }
        } else if let number = value.number {
            self = .f32(Float(number))
        } else if let strings = value.array?.strings {
            self = .strings(strings)
        } else {
            return nil
        }
    }
}

extension GGUFValue {
    init(_ field: TokenizerField) {
        self =
            switch field {
            case .string(let bytes): .string(GGUFString(bytes: bytes))
            case .uint32(let value): .uint32(value)
            case .bool(let value): .bool(value)
            case .strings(let strings): .array(GGUFArray(byteStrings: strings))
            case .floats(let values): .array(GGUFArray(float32: values))
            case .int32s(let values): .array(GGUFArray(int32: values))
            case .bytes(let values): .array(GGUFArray(uint8: values))
            }
    }
}

extension TokenizerField {
    /// Nil for values that tokenizers do not have.
    init?(_ value: GGUFValue) {
        switch value {
        case .string(let text): self = .string(text.bytes)
        case .bool(let value): self = .bool(value)
        case .array(let array):
            if let strings = array.byteStrings {
                self = .strings(strings)
            } else if array.elementType == .uint8 || array.elementType == .int8 {
                self = .bytes(array.content)
            } else if let integers = array.integers {
                self = .int32s(integers.compactMap { Int32(exactly: $0) })
            } else if let numbers = array.numbers {
                self = .floats(numbers.map { Float($0) })
            } else {
                return nil
            }
        default:
            guard let number = value.integer.flatMap({ UInt32(exactly: $0) }) else { return nil }
            self = .uint32(number)
        }
    }
}
