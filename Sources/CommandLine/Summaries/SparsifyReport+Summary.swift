import Registry

extension SparsifyReport {
    /// What `sparsify` did, for a person.
    var summary: [String] {
        var lines = [
            TerminalText.escaped(
                outcome == "unchanged"
                    ? "\(name) was made from \(parent) before; nothing to do" : "sparsified \(parent) to \(name)")
        ]
        var facts = FactList()
        facts.add("digest", Figures.digest(digest))
        facts.add(
            "zeros", "\(percent(sparsity)) of \(tensors.count) \(tensors.count == 1 ? "matrix" : "matrices")\(range)")
        facts.add("relative RMSE", relativeRmse.map(Figures.real))
        facts.add("size", "\(Figures.bytes(logicalBytes)), \(Figures.bytes(newBytes)) new in the store")
        facts.add("kept", lines: KeptLines(kept, of: name).lines)
        if outcome != "unchanged" { facts.add("time", Figures.duration(seconds)) }
        lines += facts.text()
        lines.append("next: ingot compress \(TerminalText.escaped(name))")
        return lines
    }

    /// The least and the greatest share, where they differ.
    private var range: String {
        guard let least = tensors.min(by: { $0.sparsity < $1.sparsity }),
            let greatest = tensors.max(by: { $0.sparsity < $1.sparsity }),
            percent(least.sparsity) != percent(greatest.sparsity)
        else { return "" }
        return TerminalText.escaped(
            "; least \(percent(least.sparsity)) in \(least.name), most \(percent(greatest.sparsity)) in \(greatest.name)"
        )
    }

    private func percent(_ share: Double) -> String { Figures.fixed(100 * share, decimals: 2) + " %" }
}
