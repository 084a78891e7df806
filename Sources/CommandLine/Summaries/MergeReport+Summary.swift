import Registry

extension MergeReport {
    /// What `merge` did, for a person.
    var summary: [String] {
        let names = parents.map(\.name).joined(separator: ", ")
        var lines = [
            TerminalText.escaped(
                outcome == "unchanged"
                    ? "\(name) was merged from \(names) before; nothing to do" : "merged \(names) to \(name)")
        ]
        var facts = FactList()
        facts.add("method", method)
        facts.add("scheme", scheme)
        facts.add("digest", Figures.digest(digest))
        facts.add("size", "\(Figures.bytes(logicalBytes)), \(Figures.bytes(newBytes)) new in the store")
        facts.add("tensors", "\(changedTensorCount) of \(tensorCount) changed")
        facts.add("relative RMSE", error)
        facts.add("updates", lines: updateLines)
        if outcome != "unchanged" { facts.add("time", Figures.duration(seconds)) }
        lines += facts.text()
        return lines
    }

    private var error: String? {
        guard let relativeRmse, let worst = worstTensor else { return nil }
        return "\(Figures.real(relativeRmse)); greatest \(Figures.real(worst.relativeRmse)) in \(worst.tensor)"
    }

    /// The greatest and the least updates; `--json` lists all.
    private var updateLines: [String] {
        let sorted = updates.sorted { ($0.relativeNorm ?? 0) > ($1.relativeNorm ?? 0) }
        let shown = sorted.count <= 8 ? sorted : Array(sorted.prefix(5)) + Array(sorted.suffix(3))
        return shown.map(line) + (sorted.count > 8 ? ["… \(sorted.count - 8) more between them"] : [])
    }

    private func line(_ update: Update) -> String {
        var words = ["\(update.tensor): ‖ΔW‖ \(Figures.real(update.norm))"]
        if let relative = update.relativeNorm { words.append("\(Figures.real(relative)) of ‖W‖") }
        if let steps = update.steps, let stepScheme { words.append("\(Figures.real(steps)) steps of \(stepScheme)") }
        return words.joined(separator: ", ")
    }
}
