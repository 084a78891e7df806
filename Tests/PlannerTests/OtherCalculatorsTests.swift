import Testing

@testable import Planner

/// Section 14 of the formulas: where other calculators differ, and why, so that nobody tunes a difference away.
@Suite("Other calculators") struct OtherCalculatorsTests {
    /// EleutherAI's cookbook calls 34·s·b·h checkpointed, which is selective recomputation; full is 2·s·b·h.
    @Test("call selective recomputation checkpointing") func cookbook() throws {
        let shape = try PlannedModels.gpt(layers: 1, hidden: 4096, heads: 32)
        var activations = Activations(shape)
        activations.attention = .eager
        #expect(try activations.coefficient(context: 2048, .selective) == 34)
        #expect(try activations.coefficient(context: 2048, .full) == 2)
    }

    /// The cookbook divides sharded states by all devices, and ZeRO by the replicas of a model-parallel rank.
    @Test("divide sharded states by all devices") func replicas() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama7B)
        var order = TrainingPlan.Order(context: 128, batch: 1)
        order.parallelism.data = 4
        order.parallelism.tensor = 2
        let plan = try TrainingPlan(
            try TrainingRecipe(named: "mixed"), sharding: .optimizer, offload: .none, shape: shape,
            parameters: (6_738_415_616, 0, 0), order: order)
        #expect(plan.optimizer.byteCount == 12 * 6_738_415_616 / 2 / 4)
        #expect(plan.optimizer.byteCount == 12 * 6_738_415_616 / 8)
        // Gradients are not shared at stage 1, but split by tensor parallelism, which the cookbook leaves out.
        #expect(plan.gradients.byteCount == 2 * 6_738_415_616 / 2)
    }

    /// DeepSpeed's estimators count an F32 gradient more than the ZeRO paper: 18 bytes and not 16.
    @Test("count 18 bytes where the ZeRO paper counts 16") func deepSpeed() throws {
        let estimate = try DeepSpeedEstimate(
            parameters: 8_000_000, largestModule: 0, sharding: .weights, offload: .none, devices: 8, machines: 1)
        let states = try TrainingStates(
            try TrainingRecipe(named: "mixed"), parameters: 8_000_000, sharding: .weights, replicas: 8)
        #expect(estimate.device.byteCount == 18_000_000)
        #expect(try states.total().byteCount == 16_000_000)
    }

    /// Megatron-LM's report has 18 + 4·f/h where the paper has 34: the same for an MLP of 4h.
    @Test("write 34 as 18 + 4·f/h") func megatron() throws {
        let shape = try PlannedModels.shape(
            """
            {"model_type":"gpt2","n_layer":1,"n_embd":1024,"n_head":16,"n_inner":3072,"vocab_size":100,
             "n_positions":2048}
            """)
        var activations = Activations(shape)
        activations.attention = .eager
        #expect(try activations.coefficient(context: 2048, .selective) == 18 + 4 * 3)
    }

    /// llm-analysis says 0.124 s for 512 tokens of Llama-2-70B on two A100 at 70 %: 53 G weights, where 68.7 G take
    /// 0.161 s.
    @Test("count too few matrices of Llama-2-70B") func llmAnalysis() throws {
        let matrix = try ParameterCount(PlannedModels.shape(PlannedModels.llama70B)).matrix
        let rate = 2 * 312e12 * 0.7
        #expect(printed(2 * Double(matrix) * 512 / rate, 3) == 0.161)
        #expect((0.124 * rate / 512 / 2 / 1e9).rounded() == 53)
        // Without one of the three matrices of each MLP there are still fewer: 49.9 G.
        #expect(printed(Double(matrix - 80 * 8192 * 28_672) / 1e9, 1) == 49.9)
    }

    /// Accelerate's estimate of training is four times the weights: right for F32 Adam alone.
    @Test("take four times the weights for training") func accelerate() throws {
        #expect(try TrainingRecipe(named: "fp32").peak.value == 4 * 4)
        #expect(try TrainingRecipe(named: "bf16").peak.value == 4 * 2)
        #expect(try TrainingRecipe(named: "mixed").peak.value == 8 * 2)
    }
}
