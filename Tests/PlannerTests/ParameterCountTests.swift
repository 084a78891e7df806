import Testing

@testable import Planner

/// Section 2 and the first table of section 12 of the formulas.
@Suite("Parameter count") struct ParameterCountTests {
    @Test(
        "is the published one",
        arguments: [
            (PlannedModels.gpt2, 124_439_808), (PlannedModels.bert, 109_482_240),
            (PlannedModels.distilbert, 66_362_880), (PlannedModels.llama7B, 6_738_415_616),
            (PlannedModels.llama13B, 13_015_864_320), (PlannedModels.llama70B, 68_976_648_192),
            (PlannedModels.llama3, 8_030_261_248),
        ])
    func total(config: String, expected: Int) throws {
        #expect(try ParameterCount(PlannedModels.shape(config)).total == expected)
    }

    @Test(
        "of a block is the published one",
        arguments: [
            (PlannedModels.llama7B, 202_383_360), (PlannedModels.llama13B, 317_204_480),
            (PlannedModels.llama70B, 855_654_400), (PlannedModels.llama3, 218_112_000),
        ])
    func block(config: String, expected: Int) throws {
        #expect(try ParameterCount(PlannedModels.shape(config)).block == expected)
    }

    @Test(
        "of the matrices of one token excludes embedding and norms",
        arguments: [
            (PlannedModels.llama7B, 6_607_077_376), (PlannedModels.llama13B, 12_851_609_600),
            (PlannedModels.llama70B, 68_713_185_280), (PlannedModels.llama3, 7_504_658_432),
        ])
    func matrix(config: String, expected: Int) throws {
        #expect(try ParameterCount(PlannedModels.shape(config)).matrix == expected)
    }

    @Test("counts a tied head as a matrix and not as memory") func tied() throws {
        let shape = try PlannedModels.shape(PlannedModels.gpt2)
        let count = try ParameterCount(shape)
        #expect(count.matrix == 12 * 12 * 768 * 768 + 50_257 * 768)
    }

    /// Mixtral-8x7B's card: 46.7 B parameters, 12.9 B of them for each token.
    @Test("keeps all experts in memory, and those that are chosen in compute") func experts() throws {
        let shape = try PlannedModels.shape(PlannedModels.mixtral)
        let count = try ParameterCount(shape)
        let attention = 2 * 4096 * 4096 + 2 * 4096 * 1024
        let expert = 3 * 4096 * 14_336
        #expect(count.total == 32 * (attention + 8 * expert + 8 * 4096 + 2 * 4096) + 2 * 32_000 * 4096 + 4096)
        #expect(count.total == 46_702_792_704)
        #expect(count.active == count.total - 32 * 6 * expert)
        #expect(count.matrix == 32 * (attention + 2 * expert + 8 * 4096) + 32_000 * 4096)
    }

    /// Qwen1.5-MoE-A2.7B's name tells the active parameters, its card 14.3 B in all; the expert that every token goes
    /// through counts in both.
    @Test("counts shared experts in memory and in compute") func sharedExperts() throws {
        let count = try ParameterCount(
            PlannedModels.shape(
                """
                {"model_type":"qwen2_moe","num_hidden_layers":24,"hidden_size":2048,"num_attention_heads":16,
                 "num_key_value_heads":16,"intermediate_size":5632,"moe_intermediate_size":1408,
                 "shared_expert_intermediate_size":5632,"num_experts":60,"num_experts_per_tok":4,
                 "vocab_size":151936}
                """))
        let expert = 3 * 2048 * 1408, shared = 3 * 2048 * 5632
        #expect(count.total == 14_315_784_192)
        #expect(count.active == count.total - 24 * 56 * expert)
        #expect(printed(Double(count.active) / 1e9, 1) == 2.7)
        let routers = 60 * 2048 + 2048
        #expect(count.matrix == 24 * (4 * 2048 * 2048 + 4 * expert + shared + routers) + 151_936 * 2048)
    }

    /// The counts of the published checkpoints' safetensors indexes.
    @Test(
        "follows each family's own tensors",
        arguments: [
            (  // Qwen2.5-0.5B: tied, biases of query, key and value
                """
                {"model_type":"qwen2","num_hidden_layers":24,"hidden_size":896,"num_attention_heads":14,
                 "num_key_value_heads":2,"intermediate_size":4864,"vocab_size":151936,"tie_word_embeddings":true}
                """, 494_032_768
            ),
            (  // Qwen3-0.6B: heads of 128 whatever h/a is, norms of heads
                """
                {"model_type":"qwen3","num_hidden_layers":28,"hidden_size":1024,"num_attention_heads":16,
                 "num_key_value_heads":8,"head_dim":128,"intermediate_size":3072,"vocab_size":151936,
                 "tie_word_embeddings":true}
                """, 596_049_920
            ),
            (  // Gemma-2B: tied without saying so
                """
                {"model_type":"gemma","num_hidden_layers":18,"hidden_size":2048,"num_attention_heads":8,
                 "num_key_value_heads":1,"head_dim":256,"intermediate_size":16384,"vocab_size":256000}
                """, 2_506_172_416
            ),
            (  // Gemma-2-2B: four norms a block
                """
                {"model_type":"gemma2","num_hidden_layers":26,"hidden_size":2304,"num_attention_heads":8,
                 "num_key_value_heads":4,"head_dim":256,"intermediate_size":9216,"vocab_size":256000}
                """, 2_614_341_888
            ),
            (  // Phi-3-mini: fused projections
                """
                {"model_type":"phi3","num_hidden_layers":32,"hidden_size":3072,"num_attention_heads":32,
                 "intermediate_size":8192,"vocab_size":32064,"tie_word_embeddings":false}
                """, 3_821_079_552
            ),
            (  // Qwen3-30B-A3B
                """
                {"model_type":"qwen3_moe","num_hidden_layers":48,"hidden_size":2048,"num_attention_heads":32,
                 "num_key_value_heads":4,"head_dim":128,"intermediate_size":6144,"moe_intermediate_size":768,
                 "num_experts":128,"num_experts_per_tok":8,"vocab_size":151936}
                """, 30_532_122_624
            ),
        ])
    func families(config: String, expected: Int) throws {
        #expect(try ParameterCount(PlannedModels.shape(config)).total == expected)
    }

    /// The page's closed forms of a block, beside the sum over its tensors.
    @Test("of a block follows each family's closed form") func closedForms() throws {
        let h = 768
        let gpt = try ParameterCount(PlannedModels.shape(PlannedModels.gpt2))
        let gptBlock = 4 * h * h + 4 * h + 8 * h * h + 5 * h + 4 * h
        #expect(gpt.block == gptBlock)
        #expect(gpt.total == 12 * gptBlock + 50_257 * h + 1024 * h + 2 * h)
        let f = 3072
        let bert = try ParameterCount(PlannedModels.shape(PlannedModels.bert))
        let bertBlock = 4 * (h * h + h) + 2 * h + (h * f + f) + (f * h + h) + 2 * h
        #expect(bert.block == bertBlock)
        #expect(bert.total == 30_522 * h + 512 * h + 2 * h + 2 * h + 12 * bertBlock + h * h + h)
        let llama = try ParameterCount(PlannedModels.shape(PlannedModels.llama70B))
        let block = 8192 * 8192 + 2 * 8192 * 1024 + 8192 * 8192 + 3 * 8192 * 28_672 + 2 * 8192
        #expect(llama.block == block)
        #expect(llama.total == 80 * block + 32_000 * 8192 * 2 + 8192)
    }

    @Test("of the largest module is Llama's embedding") func largest() throws {
        #expect(try ParameterCount(PlannedModels.shape(PlannedModels.llama7B)).largestModule == 131_072_000)
    }
}
