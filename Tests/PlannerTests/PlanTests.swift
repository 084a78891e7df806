import Testing

@testable import Planner

@Suite("Plan") struct PlanTests {
    private func training(
        _ config: String, _ recipe: String, _ sharding: Sharding = .none, _ offload: Offload = .none,
        _ change: (inout TrainingPlan.Order) -> Void = { _ in }
    ) throws -> TrainingPlan {
        let shape = try PlannedModels.shape(config)
        let count = try ParameterCount(shape)
        var order = TrainingPlan.Order(context: 4096, batch: 1)
        change(&order)
        return try TrainingPlan(
            try TrainingRecipe(named: recipe), sharding: sharding, offload: offload, shape: shape,
            parameters: (count.total, count.largestModule, count.block), order: order)
    }

    /// 16 bytes for each of 6.74 B parameters; 32 blocks of 0.711 GiB, and the head's 1.465 GiB.
    @Test("of training adds states, blocks and head") func peak() throws {
        let plan = try training(PlannedModels.llama7B, "mixed")
        #expect(plan.weights.byteCount + plan.gradients.byteCount + plan.optimizer.byteCount == 16 * 6_738_415_616)
        let blocks = 32 * 186_496 * 4096
        #expect(plan.activations?.byteCount == blocks + 12 * 4096 * 32_000)
        #expect(plan.total.byteCount == 16 * 6_738_415_616 + blocks + 12 * 4096 * 32_000)
        #expect(plan.total.evidence == .published)
    }

    @Test("with full recomputation keeps inputs, and one block or the head") func recomputation() throws {
        let small = try training(PlannedModels.llama7B, "mixed") { $0.recomputation = .full }
        #expect(small.activations?.byteCount == 32 * 2 * 4096 * 4096 + 12 * 4096 * 32_000)
        let large = try training(PlannedModels.llama70B, "mixed") { $0.recomputation = .full }
        let token = 16 * 8192 + 4 * 8192 + 4 * 1024 + 8 * 28_672 + 4 * 64
        let block = 4096 * token
        #expect(large.activations?.byteCount == 80 * 2 * 4096 * 8192 + max(block, 12 * 4096 * 32_000))
    }

    @Test("with accumulation changes the gradients' recipe and no activation") func accumulation() throws {
        let once = try training(PlannedModels.llama7B, "amp")
        let four = try training(PlannedModels.llama7B, "amp") { $0.parallelism.microBatches = 4 }
        #expect(four.weights.byteCount - once.weights.byteCount == 2 * 6_738_415_616)
        #expect(four.activations == once.activations)
    }

    @Test("over a pipeline holds most on the first stage") func pipeline() throws {
        let plan = try training(PlannedModels.llama7B, "mixed") {
            $0.parallelism.pipeline = 4
            $0.parallelism.microBatches = 8
        }
        #expect(plan.activations?.byteCount == 8 * 186_496 * 4096 * 4)
        #expect(plan.weights.byteCount == 2 * 6_738_415_616 / 4)
        #expect(plan.activations?.formula.contains("first stage") == true)
    }

    @Test("of experts adds what those keep that a token goes through") func experts() throws {
        let plan = try training(PlannedModels.mixtral, "bf16")
        let shape = try PlannedModels.shape(PlannedModels.mixtral)
        let block = try Activations(shape).block(tokens: 4096, context: 4096).byteCount
        #expect(plan.activations?.byteCount == 32 * block + 12 * 4096 * 32_000)
        #expect(plan.activations?.evidence == .estimate)
        #expect(plan.activations?.formula.contains("K·(4h + 8·fₑ)") == true)
    }

    @Test("with DeepSpeed's buckets counts them in the place of gathered blocks") func buckets() throws {
        let plan = try training(PlannedModels.llama7B, "mixed", .weights) {
            $0.parallelism.data = 8
            $0.buckets = .usual
        }
        #expect(plan.gathered.byteCount == 0)
        #expect(plan.buckets.byteCount == 3_000_000_000)
        let without = try training(PlannedModels.llama7B, "mixed", .weights) { $0.parallelism.data = 8 }
        #expect(
            plan.total.byteCount - without.total.byteCount == 3_000_000_000 - without.gathered.byteCount)
    }

    @Test("with offload takes DeepSpeed's figures, of the recipe that they are for") func offload() throws {
        let plan = try training(PlannedModels.llama7B, "mixed", .weights, .all) { $0.parallelism.data = 8 }
        #expect(plan.weights.byteCount == 4 * 131_072_000)
        #expect(printed(Double(plan.host?.byteCount ?? 0) / gibibyte, 2) == 169.44)
        #expect(throws: PlanError.self) { try training(PlannedModels.llama7B, "fp32", .weights, .all) }
    }

    @Test("of full sharding counts the blocks that are gathered") func gathered() throws {
        let plan = try training(PlannedModels.llama7B, "mixed", .weights) { $0.parallelism.data = 8 }
        #expect(plan.gathered.byteCount == 2 * 2 * 202_383_360)
        #expect(plan.gathered.evidence == .estimate)
        #expect(try training(PlannedModels.llama7B, "mixed", .weights).gathered.byteCount == 0)
    }

    @Test("of an architecture without formulas has states, and nothing that is guessed") func unknown() throws {
        let order = TrainingPlan.Order(context: 128, batch: 1)
        let plan = try TrainingPlan(
            try TrainingRecipe(named: "fp32"), sharding: .none, offload: .none, shape: nil,
            parameters: (1000, 0, 0), order: order)
        #expect(plan.activations == nil)
        #expect(plan.total.byteCount == 16_000)
        let inference = try InferencePlan(
            weights: ByteFigure(2000, .exact, "2P"), shape: nil, order: .init(context: 128, batch: 1))
        #expect(inference.cache == nil && inference.working == nil)
        #expect(inference.sequences(in: 1 << 30) == nil)
        #expect(inference.total.byteCount == 2000)
    }

    @Test("of inference adds weights, cache and working memory") func inference() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama7B)
        var order = InferencePlan.Order(context: 4096, batch: 2)
        order.reserve = 1000
        let weights = ByteFigure(13_476_831_232, .exact, "2P")
        let plan = try InferencePlan(weights: weights, shape: shape, order: order)
        let working = 2048 * 2 * (4 * 4096 + 6 * 11_008) + 6 * 2 * 32_000
        #expect(plan.cache?.byteCount == 4 << 30)
        #expect(plan.working?.byteCount == working)
        #expect(plan.total.byteCount == 13_476_831_232 + 4 << 30 + working + 1000)
        #expect(plan.total.evidence == .estimate)
        #expect(plan.sequences(in: 24_000_000_000) == (24_000_000_000 - 13_476_831_232 - working - 1000) / (2 << 30))
        order.parallelism.tensor = 2
        let split = try InferencePlan(weights: weights, shape: shape, order: order)
        #expect(split.weights.byteCount == 13_476_831_232 / 2)
        #expect(split.cache?.byteCount == 2 << 30)
    }

    @Test(
        "within a twentieth of the limit is tight",
        arguments: [(950, Verdict.fits), (951, .tight), (1000, .tight), (1001, .doesNotFit), (0, .fits)])
    func verdict(bytes: Int, expected: Verdict) throws {
        #expect(try Verdict(bytes, of: 1000) == expected)
    }

    @Test("for a limit near 64 bits does not overflow") func greatLimit() throws {
        #expect(try Verdict(.max, of: .max) == .tight)
        #expect(try Verdict(.max / 2, of: .max) == .fits)
    }
}

/// "70B in 24 GB, 50 ms", the question of section 12.
@Suite("Variant front") struct VariantFrontTests {
    private static let candidates = [
        VariantCandidate(scheme: "bf16", context: 4096, byteCount: 137_953_296_384, error: 0),
        VariantCandidate(scheme: "bnb-nf4-dq", context: 4096, byteCount: 36_362_993_664, error: 0.09),
        VariantCandidate(scheme: "gguf-q4_0", context: 4096, byteCount: 38_871_482_368, error: 0.1),
    ]

    @Test("of 70 B parameters in 24 GB is empty, and says what would fit") func seventy() throws {
        let front = try VariantFront(Self.candidates, memory: 24_000_000_000, maxError: 0.1)
        #expect(front.outcomes == [.tooLarge, .tooLarge, .tooLarge])
        let bits = try VariantAdvice.largestBits(room: 24_000_000_000, parameters: 68_976_648_192)
        #expect(printed(bits.value, 2) == 2.78)
        let model = try VariantAdvice.largestModel(room: 24_000_000_000, bitsPerWeight: 4.5)
        #expect(model.value == 42_666_666_666)
        // At 50 ms a token a card of 1 TB/s reads 50 GB: bandwidth is not what stands against it.
        let step = try Latency(bandwidth: 1e12).decode(
            weightByteCount: 38_871_482_368, cacheByteCount: 0, operations: 0)
        #expect(step.value < 0.05)
        let most = try Latency(bandwidth: 1e12).decode(weightByteCount: 50e9, cacheByteCount: 0, operations: 0)
        #expect(most.value == 0.05)
    }

    @Test("leaves out what another form beats") func dominated() throws {
        let candidates = [
            VariantCandidate(scheme: "a", context: 1, byteCount: 100, error: 0.1),
            VariantCandidate(scheme: "b", context: 1, byteCount: 90, error: 0.1),
            VariantCandidate(scheme: "c", context: 1, byteCount: 80, error: 0.05),
            VariantCandidate(scheme: "d", context: 1, byteCount: 200, error: 0),
            VariantCandidate(scheme: "e", context: 1, byteCount: 80, error: 0.05),
            VariantCandidate(scheme: "f", context: 2, byteCount: 120, error: 0.05),
            VariantCandidate(scheme: "g", context: 1, byteCount: 10, error: nil),
            VariantCandidate(scheme: "h", context: 1, byteCount: 10, error: 0.9),
            VariantCandidate(scheme: "i", context: 1, byteCount: 990, error: 0),
            VariantCandidate(scheme: "j", context: 3, byteCount: 980, error: 0),
        ]
        let outcomes = try VariantFront(candidates, memory: 1000, maxError: 0.2).outcomes
        #expect(
            outcomes == [
                .dominated(by: 2), .dominated(by: 2), .chosen(.fits), .chosen(.fits), .dominated(by: 2),
                .chosen(.fits), .unmeasured, .tooFar, .dominated(by: 3), .chosen(.tight),
            ])
        let free = try VariantFront(candidates, memory: 1000, maxError: nil).outcomes
        #expect(free[6] == .dominated(by: 7))
        #expect(free[7] == .chosen(.fits))
    }

    @Test("keeps cuts apart: nothing but the same cut or the whole model beats one") func cuts() throws {
        let candidates = [
            VariantCandidate(scheme: "a", context: 1, byteCount: 100, error: 0.1),
            VariantCandidate(scheme: "a", pruning: "half", context: 1, byteCount: 50, error: 0.1),
            VariantCandidate(scheme: "b", pruning: "half", context: 1, byteCount: 60, error: 0.1),
            VariantCandidate(scheme: "b", pruning: "third", context: 1, byteCount: 60, error: 0.1),
            VariantCandidate(scheme: "a", pruning: "little", context: 1, byteCount: 100, error: 0.1),
            VariantCandidate(scheme: "c", pruning: "half", context: 1, byteCount: 40, error: 0.5),
            VariantCandidate(scheme: "d", context: 1, byteCount: 40, error: 0.15),
            VariantCandidate(scheme: "e", pruning: "half", context: 1, byteCount: 2000, error: 0),
        ]
        let outcomes = try VariantFront(candidates, memory: 1000, maxError: 0.2).outcomes
        #expect(
            outcomes == [
                .chosen(.fits), .unknownQuality(.fits), .dominated(by: 1), .unknownQuality(.fits), .dominated(by: 0),
                .tooFar, .chosen(.fits), .tooLarge,
            ])
    }

    @Test("holds no form that another of it beats", arguments: 0..<20 as Range<UInt64>)
    func property(seed: UInt64) throws {
        var state = seed &+ 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let candidates = (0..<40).map { index in
            VariantCandidate(
                scheme: "\(index)", pruning: [nil, "a", "b"][next(3)], context: next(3), byteCount: next(60),
                error: next(8) == 0 ? nil : Double(next(20)))
        }
        let outcomes = try VariantFront(candidates, memory: 40, maxError: 15).outcomes
        for (index, outcome) in outcomes.enumerated() {
            guard case .dominated(let place) = outcome else { continue }
            let better = candidates[place], worse = candidates[index]
            #expect(better.byteCount <= worse.byteCount && better.context >= worse.context, "seed \(seed)")
            #expect((better.error ?? .infinity) <= (worse.error ?? .infinity), "seed \(seed)")
            #expect(better.pruning == nil || better.pruning == worse.pruning, "seed \(seed)")
            switch outcomes[place] {
            case .chosen: #expect(better.pruning == nil, "seed \(seed)")
            case .unknownQuality: #expect(better.pruning != nil, "seed \(seed)")
            default: Issue.record("\(index) is beaten by \(place), which is not on the front; seed \(seed)")
            }
        }
    }

    @Test("refuses an error limit that is none", arguments: [-0.1, .nan, .infinity])
    func limit(value: Double) {
        #expect(throws: PlanError.self) { try VariantFront([], memory: 1, maxError: value) }
    }

    @Test("offers the splits that heads and MLP allow") func splits() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama70B)
        #expect(VariantAdvice.tensorSizes(shape, upTo: 16) == [1, 2, 4, 8, 16])
    }
}
