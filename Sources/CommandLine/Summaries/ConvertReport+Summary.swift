import Registry

extension ConvertReport {
    /// What `convert` did, for a person.
    var summary: [String] {
        var lines = [
            TerminalText.escaped(
                outcome == "unchanged"
                    ? "\(name) was converted from \(parent) before; nothing to do"
                    : "converted \(parent) to \(name)")
        ]
        var facts = FactList()
        facts.add("scheme", scheme)
        facts.add("digest", Figures.digest(digest))
        facts.add("size", size)
        facts.add("bits per weight", Figures.real(bitsPerWeight))
        facts.add("relative RMSE", error)
        facts.add("quantized", quantized)
        facts.add("replaced", lines: ReplacementLines(replacements).lines)
        facts.add("kept", lines: KeptLines(kept, of: name).lines)
        if outcome != "unchanged" { facts.add("time", Figures.duration(seconds)) }
        lines += facts.text()
        lines.append("next: ingot export \(TerminalText.escaped(name)) ./\(TerminalText.escaped(folderName))")
        return lines
    }

    private var size: String {
        let change = "\(Figures.bytes(parentLogicalBytes)) → \(Figures.bytes(logicalBytes))"
        return "\(change)\(ratio), \(Figures.bytes(newBytes)) new in the store"
    }

    private var ratio: String {
        guard logicalBytes > 0, parentLogicalBytes > 0 else { return "" }
        let ratio = Double(parentLogicalBytes) / Double(logicalBytes)
        if ratio >= 1 { return " (\(Figures.fixed(ratio, decimals: 2))× smaller)" }
        return " (\(Figures.fixed(1 / ratio, decimals: 2))× larger)"
    }

    private var error: String? {
        guard let relativeRmse else { return nil }
        if relativeRmse == 0 { return "0: exact" }
        guard let worst = worstTensor else { return Figures.real(relativeRmse) }
        return "\(Figures.real(relativeRmse)); worst \(Figures.real(worst.relativeRmse)) in \(worst.tensor)"
    }

    private var quantized: String {
        let all = Figures.count(quantizedTensorCount, "tensor")
        return exactTensorCount == 0 ? all : "\(all), \(exactTensorCount) of them exactly as they were"
    }

    private var folderName: String {
        let model = name.split(separator: "/").last.map(String.init) ?? name
        return model.replacing(":", with: "-")
    }
}
