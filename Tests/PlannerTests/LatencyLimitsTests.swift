import Testing

@testable import Planner

/// Section 11 of the formulas: MLPerf's limits, held against the bounds of section 10.
@Suite("Latency limits") struct LatencyLimitsTests {
    @Test("of MLPerf are 2000 ms and 200 ms, as published") func published() {
        let limits = LatencyLimits.mlperf
        #expect(limits.firstToken.value * 1000 == 2000)
        #expect(limits.perToken.value * 1000 == 200)
        #expect(limits.firstToken.evidence == .published && limits.perToken.evidence == .published)
        #expect(limits.perToken.formula.contains("Llama-2-70B") && limits.perToken.formula.contains("99th"))
    }

    @Test(
        "are ruled out by a bound above one of them, and by none that equals both",
        arguments: [
            (2, 0.2, LatencyLimits.Outcome.withinReach), (2.001, 0.1, .outOfReach), (0.1, 0.2001, .outOfReach),
            (0.1, 0.0674, .withinReach), (.infinity, 0, .outOfReach), (0, .nan, .outOfReach),
        ])
    func outcome(first: Double, token: Double, expected: LatencyLimits.Outcome) {
        #expect(LatencyLimits.mlperf.outcome(firstToken: first, perToken: token) == expected)
    }

    /// The page's 67.4 ms of Llama-2-70B in BF16 on one A100's bandwidth are within 200 ms; with a third of it they are not.
    @Test("of the worked example are within reach of an A100") func seventy() throws {
        func token(_ bandwidth: Double) throws -> Double {
            try Latency(bandwidth: bandwidth).decode(
                weightByteCount: 2 * 68_713_185_280, cacheByteCount: 0, operations: 0
            ).value
        }
        let a100 = try token(2.039e12)
        #expect(printed(1000 * a100, 1) == 67.4)
        #expect(LatencyLimits.mlperf.outcome(firstToken: a100, perToken: a100) == .withinReach)
        let third = try token(2.039e12 / 3)
        #expect(LatencyLimits.mlperf.outcome(firstToken: third, perToken: third) == .outOfReach)
    }
}
