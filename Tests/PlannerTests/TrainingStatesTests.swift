import Testing

@testable import Planner

/// Section 4 of the formulas, and the table of model states of section 12.
@Suite("Training states") struct TrainingStatesTests {
    @Test(
        "take the bytes that each recipe says",
        arguments: [
            ("fp32", 16), ("amp", 16), ("bf16", 8), ("mixed", 16), ("megatron-bf16", 18), ("megatron-fp16", 20),
            ("fp32-sgd", 12), ("fp32-adam8bit", 8 + 2 + 8.0 / 2048),
            ("amp-adam8bit", 8 + 2 + 8.0 / 2048), ("bf16-adam8bit", 4 + 2 + 8.0 / 2048),
        ] as [(String, Double)])
    func peak(name: String, bytes: Double) throws {
        #expect(try TrainingRecipe(named: name).peak.value == bytes)
    }

    @Test("take 18 under autocast when gradients are kept across micro-batches") func kept() throws {
        #expect(try TrainingRecipe(named: "amp").keepingGradients().peak.value == 18)
        #expect(try TrainingRecipe(named: "fp32").keepingGradients().peak.value == 16)
    }

    /// What PyTorch's allocator reported for each parameter: with gradients, and for F32 after they are freed.
    @Test(
        "are within a hundredth and a half of what was measured",
        arguments: [
            ("fp32", false, 16.003), ("amp", false, 16.17), ("amp", true, 18.09), ("bf16", false, 8.003),
        ])
    func measured(name: String, isKept: Bool, bytes: Double) throws {
        let recipe = try TrainingRecipe(named: name)
        let peak = (isKept ? recipe.keepingGradients() : recipe).peak.value
        #expect(abs(peak / bytes - 1) < 0.015)
        if name == "fp32" { #expect(abs((recipe.weights + recipe.optimizer).value / 12.003 - 1) < 1e-3) }
    }

    /// A model of 123,840 parameters whose 257 tokens four replicas cannot share evenly: three held 31,056 and one
    /// 30,672, as PyTorch reported; a quarter is 30,960.
    @Test("of FSDP2 are those of tensors that are cut one by one") func sharded() throws {
        let shape = try PlannedModels.shape(
            PlannedModels.llama(layers: 2, hidden: 64, heads: 4, keyValueHeads: 2, width: 172, vocabulary: 257))
        #expect(try ParameterCount(shape).total == 123_840)
        let shards = try ShardedTensors(shape, replicas: 4)
        #expect(try (0..<4).map { try shards.parameters(of: $0) } == [31_056, 31_056, 31_056, 30_672])
        #expect(try shards.largest == 31_056)
        #expect(try shards.total == 123_840)
        let order = { () -> TrainingPlan.Order in
            var order = TrainingPlan.Order(context: 16, batch: 1)
            order.parallelism.data = 4
            return order
        }()
        let plan = try TrainingPlan(
            try TrainingRecipe(named: "mixed"), sharding: .weights, offload: .none, shape: shape,
            parameters: (123_840, 16_448, 0), order: order)
        #expect(
            plan.weights.byteCount + plan.gradients.byteCount + plan.optimizer.byteCount == 16 * 31_056)
        // More replicas than rows: the last ones hold nothing of a tensor.
        let many = try ShardedTensors(shape, replicas: 100)
        #expect(try many.parameters(of: 99) == 0)
        #expect(try (0..<100).reduce(0) { try $0 + many.parameters(of: $1) } == 123_840)
    }

    @Test("of DeepSpeed's buckets are elements times bytes") func buckets() throws {
        let recipe = try TrainingRecipe(named: "mixed")
        let usual = Buckets.usual
        func bytes(_ sharding: Sharding, _ parameters: Int) throws -> Int {
            try usual.figure(recipe, sharding, parameters: parameters).byteCount
        }
        #expect(try bytes(.none, 6_738_415_616) == 0)
        #expect(try bytes(.optimizer, 6_738_415_616) == 2 * 500_000_000 + 2 * 500_000_000)
        #expect(try bytes(.gradients, 6_738_415_616) == 2_000_000_000)
        #expect(try bytes(.weights, 6_738_415_616) == 2 * 500_000_000 + 2 * 1_000_000_000)
        #expect(try bytes(.weights, 100_000_000) == 2 * 500_000_000 + 2 * 100_000_000)
        #expect(throws: PlanError.self) { try Buckets(reduce: 0, allGather: 1, live: 1).check() }
    }

    /// q + 16φ, beside the sizes of section 4.2's second and third columns.
    @Test("of Megatron and DeepSpeed by stage, in bytes of a parameter") func stages() throws {
        let megatron = try TrainingRecipe(named: "megatron-bf16")
        func total(_ sharding: Sharding) throws -> Int {
            try TrainingStates(megatron, parameters: 8000, sharding: sharding, replicas: 8).total().byteCount
        }
        #expect(try total(.none) == 18 * 8000)
        #expect(try total(.optimizer) == 6 * 8000 + 12 * 1000)
        let estimate = try DeepSpeedEstimate(
            parameters: 8000, largestModule: 100, sharding: .gradients, offload: .none, devices: 8, machines: 1)
        #expect(estimate.device.byteCount == 2 * 8000 + 18 * 1000)
    }

    /// The ZeRO paper's Figure 1 and Table 1, and the two Llamas.
    @Test(
        "shared among replicas are the ZeRO paper's",
        arguments: [
            (7_500_000_000, 4, [120, 52.5, 41.25, 30], [0, 1, 2, 0]),
            (7_500_000_000, 16, [120, 35.6, 21.6, 7.5], [0, 1, 1, 1]),
            (7_500_000_000, 64, [120, 31.4, 16.6, 1.88], [0, 1, 1, 2]),
            (7_500_000_000, 1024, [120, 30.1, 15.1, 0.12], [0, 1, 1, 2]),
            (128_000_000_000, 64, [2048, 536, 284, 32], [0, 0, 0, 0]),
            (1_000_000_000_000, 1024, [16_000, 4011.7, 2013.7, 15.6], [0, 1, 1, 1]),
            (6_738_415_616, 8, [107.81, 37.06, 25.27, 13.48], [2, 2, 2, 2]),
            (6_738_415_616, 64, [107.81, 28.22, 14.95, 1.68], [2, 2, 2, 2]),
            (68_976_648_192, 8, [1103.63, 379.37, 258.66, 137.95], [2, 2, 2, 2]),
            (68_976_648_192, 64, [1103.63, 288.84, 153.04, 17.24], [2, 2, 2, 2]),
        ])
    func zero(parameters: Int, devices: Int, gigabytes: [Double], digits: [Int]) throws {
        let recipe = try TrainingRecipe(named: "mixed")
        for (index, sharding) in Sharding.allCases.enumerated() {
            let states = try TrainingStates(recipe, parameters: parameters, sharding: sharding, replicas: devices)
            let total = Double(try states.total().byteCount) / gigabyte
            #expect(printed(total, digits[index]) == gigabytes[index], "\(sharding) of \(devices)")
        }
    }

    /// Megatron's table of its distributed optimizer.
    @Test(
        "of Megatron's distributed optimizer",
        arguments: [("megatron-fp16", 20, 4), ("megatron-bf16", 18, 6), ("fp32", 16, 8)])
    func megatron(name: String, whole: Int, kept: Int) throws {
        let recipe = try TrainingRecipe(named: name)
        for replicas in [2, 4, 16] {
            let states = try TrainingStates(recipe, parameters: 1_600, sharding: .optimizer, replicas: replicas)
            #expect(try states.total().byteCount == 1_600 * kept + 1_600 * (whole - kept) / replicas)
        }
    }

    @Test("are rounded up to the largest share") func largestShare() throws {
        let states = try TrainingStates(
            try TrainingRecipe(named: "bf16"), parameters: 5, sharding: .weights, replicas: 4)
        #expect(states.weights.byteCount == 3)
    }

    @Test("of DeepSpeed's own estimators, in GiB") func deepSpeed() throws {
        func estimate(_ sharding: Sharding, _ offload: Offload) throws -> DeepSpeedEstimate {
            try DeepSpeedEstimate(
                parameters: 6_738_415_616, largestModule: 131_072_000, sharding: sharding, offload: offload,
                devices: 8, machines: 1)
        }
        func gibibytes(_ figure: ByteFigure) -> Double { printed(Double(figure.byteCount) / gibibyte, 2) }
        #expect(gibibytes(try estimate(.gradients, .none).device) == 26.67)
        #expect(gibibytes(try estimate(.gradients, .optimizer).device) == 12.55)
        #expect(gibibytes(try estimate(.gradients, .optimizer).host) == 301.23)
        #expect(gibibytes(try estimate(.weights, .none).device) == 14.61)
        #expect(gibibytes(try estimate(.weights, .optimizer).device) == 2.06)
        #expect(gibibytes(try estimate(.weights, .optimizer).host) == 150.62)
        #expect(gibibytes(try estimate(.weights, .all).device) == 0.49)
        #expect(gibibytes(try estimate(.weights, .all).host) == 169.44)
    }

    @Test(
        "cannot offload what a stage does not share",
        arguments: [
            (Sharding.gradients, Offload.all), (.optimizer, .all), (.optimizer, .optimizer), (.none, .optimizer),
        ])
    func offload(sharding: Sharding, offload: Offload) {
        #expect(throws: PlanError.self) { try DeepSpeedEstimate.check(sharding, offload) }
    }

    /// q + 16φ with a base of q bytes and the share φ that is trained.
    @Test("of adapters are those of their share") func adapters() throws {
        let states = try TrainingRecipe.adapterStates(baseByteCount: 2_000, trainable: 10)
        #expect(states.weights + states.gradients + states.optimizer == 2_000 + 16 * 10)
    }

    @Test("beyond 64 bits are refused, not wrapped") func overflow() throws {
        let recipe = try TrainingRecipe(named: "mixed")
        #expect(throws: PlanError.self) {
            try TrainingStates(recipe, parameters: .max / 4, sharding: .none, replicas: 1)
        }
    }
}
