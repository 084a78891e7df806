/// The choices that no other choice beats: none is as good in both ways and better in one.
package struct ParetoFront: Equatable, Sendable {
    /// For each choice, a choice of the front that beats it; nil for those of the front.
    package let dominators: [Int?]

    /// Whether a choice is on the front.
    package func contains(_ index: Int) -> Bool { dominators[index] == nil }

    /// The indices of the front, from the best in the first way to the best in the second; equals in their own order.
    package let members: [Int]

    /// - Parameter costs: two finite numbers for each choice; lower is better in both.
    package init(_ costs: [(first: Double, second: Double)]) {
        let order = costs.indices.sorted { left, right in
            (costs[left].first, costs[left].second, left) < (costs[right].first, costs[right].second, right)
        }
        var dominators = [Int?](repeating: nil, count: costs.count)
        var members: [Int] = []
        for index in order {
            // Whatever came before is as good in the first way; the last member is the best of them in the second.
            if let last = members.last, costs[last].second <= costs[index].second,
                costs[last].first < costs[index].first || costs[last].second < costs[index].second
            {
                dominators[index] = last
            } else {
                members.append(index)
            }
        }
        self.dominators = dominators
        self.members = members
    }
}
