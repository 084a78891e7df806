import Testing

@testable import Measurements

@Suite("Pareto front") struct ParetoFrontTests {
    @Test("leaves out what another beats, and says which") func small() {
        let front = ParetoFront([(1, 9), (2, 5), (3, 6), (4, 1), (4, 2), (2, 5)])
        #expect(front.members == [0, 1, 5, 3])
        #expect(front.dominators == [nil, nil, 5, nil, 3, nil])
        #expect(ParetoFront([]).members.isEmpty)
    }

    @Test("agrees with comparing all pairs", arguments: 0..<UInt64(20))
    func pairs(seed: UInt64) {
        var generator = CurveNoise(seed: seed)
        let costs = (0..<80).map { _ in
            (
                first: Double(Int.random(in: 0...30, using: &generator)),
                second: Double(Int.random(in: 0...30, using: &generator))
            )
        }
        func beats(_ left: Int, _ right: Int) -> Bool {
            costs[left].first <= costs[right].first && costs[left].second <= costs[right].second
                && (costs[left].first < costs[right].first || costs[left].second < costs[right].second)
        }
        let front = ParetoFront(costs)
        for index in costs.indices {
            #expect(front.contains(index) == !costs.indices.contains { beats($0, index) }, "seed \(seed)")
            if let dominator = front.dominators[index] {
                #expect(beats(dominator, index) && front.contains(dominator), "seed \(seed)")
            }
        }
    }
}
