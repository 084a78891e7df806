import Testing

@testable import Planner

/// Section 5.3 of the formulas, and the rows of the head in section 12.
@Suite("Head and loss") struct HeadMemoryTests {
    private func head(_ config: String, chunk: Int? = nil, ranks: Int = 1) throws -> HeadMemory {
        var head = HeadMemory(try PlannedModels.shape(config), context: 4096, batch: 1)
        head.lossChunk = chunk
        head.ranks = ranks
        return head
    }

    private func gibibytes(_ figure: ByteFigure, _ digits: Int = 3) -> Double {
        printed(Double(figure.byteCount) / gibibyte, digits)
    }

    @Test(
        "take the page's bytes, kept and at the peak",
        arguments: [
            (PlannedModels.llama7B, 0.857, 1.465), (PlannedModels.llama70B, 0.982, 1.465),
            (PlannedModels.llama3, 3.061, 5.871),
        ])
    func whole(config: String, kept: Double, peak: Double) throws {
        let head = try head(config)
        #expect(gibibytes(try head.kept()) == kept)
        #expect(gibibytes(try head.backwardPeak()) == peak)
        #expect(try head.forwardPeak().byteCount == 10 * 4096 * head.shape.vocabulary)
        #expect(try head.backwardPeak().evidence == .measured)
    }

    /// With Llama-3-8B's vocabulary the head's 5.87 GiB beat a block's 0.77.
    @Test("beat a block where the vocabulary is large") func vocabulary() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama3)
        #expect(gibibytes(try head(PlannedModels.llama3).backwardPeak(), 2) == 5.87)
        #expect(gibibytes(try Activations(shape).block(tokens: 4096, context: 4096), 2) == 0.77)
    }

    @Test("in pieces have the logits of a piece's tokens, and the norm of all") func pieces() throws {
        let whole = try head(PlannedModels.llama3), pieces = try head(PlannedModels.llama3, chunk: 1024)
        let peak = try pieces.backwardPeak()
        #expect(try peak.byteCount * 4 == whole.backwardPeak().byteCount)
        #expect(gibibytes(peak) == printed(5.871 / 4, 3))
        #expect(peak.evidence == .estimate)
        #expect(peak.formula == "12·min(s, 1024)·b·v")
        #expect(try pieces.forwardPeak().byteCount == 10 * 1024 * 128_256)
        #expect(try pieces.kept().byteCount == 6 * 1024 * 128_256 + 8 * 4096 * 4096)
        // A piece that holds the whole sequence is no piece.
        #expect(try head(PlannedModels.llama3, chunk: 4096).backwardPeak() == whole.backwardPeak())
        #expect(try head(PlannedModels.llama3, chunk: 9000).kept() == whole.kept())
        #expect(try head(PlannedModels.llama3, chunk: 1024, ranks: 8).backwardPeak().byteCount == peak.byteCount / 8)
    }

    @Test("replace the head's share of a training step") func step() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama3)
        func activations(_ chunk: Int?, _ recomputation: Recomputation) throws -> ByteFigure {
            var order = TrainingPlan.Order(context: 4096, batch: 2)
            order.lossChunk = chunk
            order.recomputation = recomputation
            return try TrainingPlan.activations(shape, try TrainingRecipe(named: "bf16"), order)
        }
        let saved = 12 * (4096 - 512) * 2 * 128_256
        #expect(
            try activations(nil, .none).byteCount - activations(512, .none).byteCount == saved)
        #expect(try activations(512, .none).evidence == .estimate)
        // With full recomputation a block is then more than the head.
        let block = try Activations(shape).block(tokens: 8192, context: 4096).byteCount
        let inputs = 32 * 2 * 8192 * 4096
        #expect(try activations(nil, .full).byteCount == inputs + 12 * 8192 * 128_256)
        #expect(try activations(512, .full).byteCount == inputs + block)
        #expect(throws: PlanError.self) {
            var order = TrainingPlan.Order(context: 16, batch: 1)
            order.lossChunk = 0
            try order.check(shape)
        }
    }

    /// The head stands on the last stage, which then holds most though fewer micro-batches are in flight there.
    @Test("count on a pipeline's last stage alone") func pipeline() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama3)
        var order = TrainingPlan.Order(context: 4096, batch: 1)
        order.parallelism.pipeline = 2
        order.parallelism.microBatches = 2
        order.recomputation = .full
        let plan = try TrainingPlan.activations(shape, try TrainingRecipe(named: "bf16"), order)
        #expect(plan.byteCount == 16 * 2 * 4096 * 4096 + 12 * 4096 * 128_256)
        #expect(plan.formula.contains("last stage"))
        order.recomputation = .none
        let first = try TrainingPlan.activations(shape, try TrainingRecipe(named: "bf16"), order)
        let block = try Activations(shape).block(tokens: 4096, context: 4096).byteCount
        #expect(first.byteCount == 2 * 16 * block)
        #expect(first.formula.contains("first stage"))
    }
}
