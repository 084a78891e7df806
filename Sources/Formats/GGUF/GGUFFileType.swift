package import Numbers

/// What `general.file_type` says of a GGUF file: the mixture of types that its weights are in.
///
/// Source: llama.cpp, `include/llama.h`, enum `llama_ftype`; a number gets 1024 added when it was guessed.
package struct GGUFFileType: Hashable, Sendable {
    /// The key in the metadata.
    package static let key = "general.file_type"

    /// As in the file.
    package let number: Int
    /// `q4_k_m`
    package let name: String
    /// The type of most weights.
    package let base: ElementType

    package init?(number: Int) {
        guard number >= 0, let row = Self.rows.first(where: { $0.0 == number & ~1024 }) else { return nil }
        self.number = row.0
        name = row.1
        base = row.2
    }

    /// - Parameter name: as this type spells it, `q4_k_m`.
    package init?(name: String) {
        guard let row = Self.rows.first(where: { $0.1 == name }) else { return nil }
        number = row.0
        self.name = row.1
        base = row.2
    }

    private static let rows: [(Int, String, ElementType)] =
        [(0, "f32", .plain(.F32)), (1, "f16", .plain(.F16)), (32, "bf16", .plain(.BF16))]
        + blocks.map { ($0, $1, .block($2)) }

    private static let blocks: [(Int, String, BlockType)] = [
        (2, "q4_0", .Q4_0), (3, "q4_1", .Q4_1), (7, "q8_0", .Q8_0), (8, "q5_0", .Q5_0), (9, "q5_1", .Q5_1),
        (10, "q2_k", .Q2_K), (11, "q3_k_s", .Q3_K), (12, "q3_k_m", .Q3_K), (13, "q3_k_l", .Q3_K),
        (14, "q4_k_s", .Q4_K), (15, "q4_k_m", .Q4_K), (16, "q5_k_s", .Q5_K), (17, "q5_k_m", .Q5_K),
        (18, "q6_k", .Q6_K), (19, "iq2_xxs", .IQ2_XXS), (20, "iq2_xs", .IQ2_XS), (21, "q2_k_s", .Q2_K),
        (22, "iq3_xs", .IQ3_S), (23, "iq3_xxs", .IQ3_XXS), (24, "iq1_s", .IQ1_S), (25, "iq4_nl", .IQ4_NL),
        (26, "iq3_s", .IQ3_S), (27, "iq3_m", .IQ3_S), (28, "iq2_s", .IQ2_XS), (29, "iq2_m", .IQ2_S),
        (30, "iq4_xs", .IQ4_XS), (31, "iq1_m", .IQ1_M), (36, "tq1_0", .TQ1_0), (37, "tq2_0", .TQ2_0),
        (38, "mxfp4_moe", .MXFP4), (39, "nvfp4", .NVFP4), (40, "q1_0", .Q1_0), (41, "q2_0", .Q2_0),
    ]
}
