import Registry

extension StudentReport {
    /// What `distill init` made, for a person.
    var summary: [String] {
        var lines = [TerminalText.escaped(title)]
        var facts = FactList()
        facts.add("digest", digest.map(Figures.digest))
        facts.add("layers", "\(layers.map(String.init).joined(separator: ", ")) of \(layerCountBefore)")
        for axis in axes {
            facts.add(axis.axis.replacing("_", with: " "), "\(axis.before) → \(axis.after)")
        }
        facts.add("parameters", "\(Figures.grouped(parametersBefore)) → \(Figures.grouped(parameterCount))")
        facts.add(
            "size",
            "\(Figures.bytes(bytesBefore)) → \(Figures.bytes(logicalBytes)), \(Figures.bytes(newBytes)) new in the store"
        )
        facts.add("training", "temperature \(Figures.real(temperature)), alpha \(Figures.real(alpha))")
        if outcome == "made" { facts.add("time", Figures.duration(seconds)) }
        lines += facts.text()
        if outcome != "planned" {
            lines.append("next: ingot export \(TerminalText.escaped(name)) ./student, and train it by its distill.json")
        }
        return lines
    }

    private var title: String {
        switch outcome {
        case "planned": "would make \(name)"
        case "unchanged": "\(name) was made of \(teacher) before; nothing to do"
        default: "made \(name), a student of \(teacher)"
        }
    }
}
