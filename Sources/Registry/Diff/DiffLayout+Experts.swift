import Architectures
import Bytes
import Catalog
import Formats
import Tensors

extension DiffLayout {
    /// Sees the experts of one side as the stacks that the other has: MLX holds those of a layer as one tensor, under a
    /// module of another name, where most checkpoints have a tensor for each.
    /// - Returns: whether any were brought together; the tensors are to be matched anew then.
    mutating func stackExperts(_ first: DiffSide, _ second: DiffSide, _ matching: DiffMatching) throws -> Bool {
        guard !first.isGGUF, !second.isGGUF, !matching.onlyFirst.isEmpty, !matching.onlySecond.isEmpty,
            let family = first.family ?? second.family
        else { return false }
        let (ones, others) = (matching.onlyFirst.map { self.first[$0] }, matching.onlySecond.map { self.second[$0] })
        if let stacked = try Self.stacked(ones, as: others, of: first, family) {
            stacked.take(&self.first, &firstNumbers)
            return true
        }
        if let stacked = try Self.stacked(others, as: ones, of: second, family) {
            stacked.take(&self.second, &secondNumbers)
            return true
        }
        return false
    }

    /// The stacks that tensors of a side make, of those that the other side has; nil when there are none.
    private static func stacked(
        _ entries: [DiffEntry], as others: [DiffEntry], of side: DiffSide, _ family: ModelFamily
    ) throws -> StackedExperts? {
        let wanted = Set(others.map(\.name))
        let tensors = entries.filter { $0.folder.isEmpty }.map { ($0.name, $0.dimensions) }
        // Experts that make no whole stack stay what they are.
        guard let all = try? family.expertStacks.mappings(of: tensors) else { return nil }
        let mappings = all.filter { wanted.contains($0.name) }
        return mappings.isEmpty ? nil : try StackedExperts(mappings, of: side)
    }
}

/// The experts of one side as stacks, with what they are made of.
private struct StackedExperts {
    private let side: DiffSide
    private let source: ExportSource
    private let stacks: [MappedTensor]

    init(_ mappings: [TensorMapping], of side: DiffSide) throws {
        self.side = side
        let source = try side.source()
        self.source = source
        let byName = Dictionary(source.tensors.map { ($0.name, $0) }) { first, _ in first }
        stacks = mappings.compactMap { mapping in
            guard case .sources(let parts) = mapping.content else { return nil }
            let tensors = parts.compactMap { byName[$0.name] }
            return tensors.count == parts.count ? MappedTensor(mapping: mapping, sources: tensors) : nil
        }
    }

    /// Puts the stacks in the place of the experts.
    func take(_ entries: inout [DiffEntry], _ numbers: inout DiffNumbers?) {
        let used = Set(stacks.flatMap { $0.sources.map(\.name) })
        let stored = Dictionary(side.tensors.filter { used.contains($0.name) }.map { ($0.name, $0) }) { $1 }
        entries =
            entries.filter { !$0.folder.isEmpty || !used.contains($0.name) }
            + stacks.map { DiffEntry($0, of: stored) }
        numbers = DiffNumbers(source, DiffNumbers.own(source) + stacks)
    }
}
