import Registry

extension PruneForecast {
    /// What a cut would write, for a person.
    var summary: [String] {
        let lines = [TerminalText.escaped("would make \(name)")]
        var facts = FactList()
        sizes.add(to: &facts)
        facts.add("new in the store", "\(Figures.bytes(newBytes)) at most")
        facts.add("free space", freeBytes.map(Figures.bytes))
        facts.add("peak memory", "\(Figures.bytes(peakMemoryBytes)) at most")
        facts.add("scores", lines: sizes.scoreLines)
        facts.add("tensors", lines: sizes.tensorLines)
        return lines + facts.text()
    }
}

extension PruneReport {
    /// What a cut did, for a person.
    var summary: [String] {
        var lines = [
            TerminalText.escaped(
                outcome == "unchanged"
                    ? "\(name) was pruned from \(parent) before; nothing to do"
                    : "pruned \(parent) to \(name)")
        ]
        var facts = FactList()
        facts.add("digest", Figures.digest(digest))
        if let sizes {
            sizes.add(to: &facts)
            facts.add("scores", lines: sizes.scoreLines)
        } else {
            facts.add("size", Figures.bytes(logicalBytes))
        }
        if outcome != "unchanged" {
            facts.add("new in the store", Figures.bytes(newBytes))
            facts.add("time", Figures.duration(seconds))
        }
        lines += facts.text()
        return lines
    }
}

extension PruneSizes {
    /// Layers shown one by one; more are told by the least of them.
    private static let mostLines = 40

    fileprivate func add(to facts: inout FactList) {
        for axis in axes {
            facts.add(axis.axis.replacing("_", with: " "), "\(axis.before) → \(axis.after)")
        }
        if layers.count != layerCountBefore {
            facts.add("layers", "\(layerCountBefore) → \(layers.count)")
        }
        facts.add("parameters", change(Double(parametersBefore), Double(parameters)))
        facts.add("size", "\(Figures.bytes(bytesBefore)) → \(Figures.bytes(bytes))")
        if let before = flopsPerTokenBefore, let after = flopsPerToken {
            facts.add("FLOPs per token", change(before, after))
        }
    }

    private func change(_ before: Double, _ after: Double) -> String {
        let share = before > 0 ? " (\(Figures.fixed(100 * after / before, decimals: 1)) %)" : ""
        return "\(Figures.real(before)) → \(Figures.real(after))\(share)"
    }

    /// How much of the scores stays in each layer.
    fileprivate var scoreLines: [String] {
        let lines = groups.map { group in
            let place = [
                group.layer.map { "layer \($0)" }, group.expert.map { "expert \($0)" },
                group.axis.replacing("_", with: " "),
            ].compactMap(\.self).joined(separator: " ")
            return
                "\(place): \(group.after) of \(group.before) hold \(Figures.fixed(100 * group.kept, decimals: 1)) %; "
                + "lowest kept \(Figures.real(group.lowestKept)), highest cut \(Figures.real(group.highestCut))"
        }
        return Self.shortened(lines)
    }

    fileprivate var tensorLines: [String] {
        Self.shortened(
            tensors.map { tensor in
                TerminalText.escaped("\(tensor.name): \(Self.text(tensor.before)) → \(Self.text(tensor.after))")
            })
    }

    private static func text(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }

    private static func shortened(_ lines: [String]) -> [String] {
        guard lines.count > mostLines else { return lines }
        return lines.prefix(mostLines) + ["and \(lines.count - mostLines) more; --json tells all"]
    }
}
