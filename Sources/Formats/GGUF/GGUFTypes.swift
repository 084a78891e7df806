package import Numbers

/// The numbers of tensor types in GGUF files. Source: ggml, `ggml.h`, enum `ggml_type`.
package enum GGUFTypes {
    private static let plain: [(UInt32, DType)] = [
        (0, .F32), (1, .F16), (24, .I8), (25, .I16), (26, .I32), (27, .I64), (28, .F64), (30, .BF16),
    ]

    /// The type of each number up to the highest.
    private static let all: [ElementType?] = {
        var types = [ElementType?](repeating: nil, count: 43)
        for (number, dtype) in plain { types[Int(number)] = .plain(dtype) }
        for type in BlockType.allCases { types[Int(type.ggmlID)] = .block(type) }
        return types
    }()

    /// The type of this number; nil when current files have none.
    static func type(_ number: UInt32) -> ElementType? { number < all.count ? all[Int(number)] : nil }

    /// The number of a type; nil when GGUF has none.
    package static func number(of type: ElementType) -> UInt32? {
        switch type {
        case .plain(let dtype): plain.first { $0.1 == dtype }?.0
        case .block(let type): type.ggmlID
        }
    }

    /// What a number without a type once meant, or means in a fork: for messages.
    static func foreignName(_ number: UInt32) -> String? {
        if let name = retired[number] { return "\(name), which ggml no longer reads" }
        if number == 36 { return "IQ4_NL_4_4, which ggml no longer reads, or I2_S of ik_llama.cpp or BitNet" }
        if let name = forked[number] { return "\(name) of ik_llama.cpp" }
        switch number {
        case 97...99, 133...158: return "a type of ik_llama.cpp"
        case 202...: return "a row-interleaved type of ik_llama.cpp"
        default: return nil
        }
    }

    private static let retired: [UInt32: String] = [
        4: "Q4_2", 5: "Q4_3", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8",
    ]

    /// Source: ikawrakow/ik_llama.cpp, `ggml/include/ggml.h`, enum `ggml_type`.
    private static let forked: [UInt32: String] = [
        133: "Q6_0", 137: "IQ2_K", 138: "IQ3_K", 139: "IQ4_K", 140: "IQ5_K", 141: "IQ6_K", 144: "IQ4_KS",
        152: "IQ5_KS", 153: "IQ2_KT", 154: "IQ3_KT", 155: "IQ4_KT",
    ]
}
