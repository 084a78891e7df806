import Testing

@testable import Planner

/// Section 6's "sequences that fit": ⌊(memory·utilization − weights/t − activation peak)/(bytes of a token/min(t, k)·paged
/// length)⌋.
@Suite("Sequences that fit") struct SequencesTests {
    @Test("are those of the formula, with the share that an engine may take") func formula() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama70B)
        let weights = ByteFigure(137_953_296_384, .exact, "2·P")
        var order = InferencePlan.Order(context: 4090, batch: 1)
        order.parallelism.tensor = 2
        order.page = 16
        let plan = try InferencePlan(weights: weights, shape: shape, order: order)
        let working = 2048 * (4 * 8192 + 6 * 28_672 / 2) + 6 * 32_000
        #expect(plan.working?.byteCount == working)
        // 4090 tokens take 256 pages of 16; 327,680 bytes a token over min(2, 8) devices.
        let sequence = 327_680 / 2 * 4096
        #expect(plan.bytesOfSequence == sequence)
        let rest = 137_953_296_384 / 2 + working
        let most = try InferencePlan.usable(80_000_000_000, share: 0.9)
        #expect(most.byteCount == 72_000_000_000)
        #expect(most.evidence == .exact)
        #expect(plan.sequences(in: most.byteCount) == (72_000_000_000 - rest) / sequence)
        #expect(plan.sequences(in: most.byteCount) == 4)
        #expect(plan.sequences(in: 80_000_000_000) == 16)
        order.reserve = 1_000_000_000
        #expect(
            try InferencePlan(weights: weights, shape: shape, order: order).sequences(in: most.byteCount) == 2)
    }

    @Test("over more ranks than heads take as much as over as many as heads") func ranks() throws {
        let shape = try PlannedModels.shape(PlannedModels.llama70B)
        var order = InferencePlan.Order(context: 4096, batch: 1)
        let bytes = try [8, 16].map { ranks in
            order.parallelism.tensor = ranks
            return try InferencePlan(weights: ByteFigure(1, .exact, "1"), shape: shape, order: order).bytesOfSequence
        }
        #expect(bytes == [327_680 / 8 * 4096, 327_680 / 8 * 4096])
    }

    @Test("of all memory lose no byte near 64 bits") func whole() throws {
        #expect(try InferencePlan.usable(.max, share: 1).byteCount == .max)
        #expect(try InferencePlan.usable((1 << 53) + 1, share: 1).byteCount == (1 << 53) + 1)
        #expect(try InferencePlan.usable(.max, share: Double(1).nextDown).byteCount == .max - 1023)
        #expect(try InferencePlan.usable(24_000_000_000, share: 0.7).byteCount == 16_800_000_000)
    }

    @Test("of a share that is none are refused", arguments: [0, -0.5, 1.01, .nan, .infinity])
    func refused(share: Double) {
        #expect(throws: PlanError.self) { try InferencePlan.usable(1000, share: share) }
    }
}
