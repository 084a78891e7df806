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
        if casts.isEmpty { facts.add("quantized", quantized) } else { facts.add("cast", cast) }
        facts.add(
            "widened", lines: casts.compactMap { cast in cast.reason.map { "\(cast.tensor): \(cast.to), \($0)" } })
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

    /// How many tensors, and what rounding did to their numbers.
    private var cast: String {
        let counts: [(Int, String)] = [
            (casts.reduce(0) { $0 + $1.overflow }, "too large"), (casts.reduce(0) { $0 + $1.underflow }, "became zero"),
            (casts.reduce(0) { $0 + $1.subnormal }, "subnormal"), (casts.reduce(0) { $0 + $1.nan }, "NaN"),
            (casts.reduce(0) { $0 + $1.infinity }, "infinite"),
        ]
        let numbers = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let all = Figures.count(casts.count, "tensor")
        return numbers.isEmpty ? all : "\(all); numbers: \(numbers.joined(separator: ", "))"
    }

    private var folderName: String {
        let model = name.split(separator: "/").last.map(String.init) ?? name
        return model.replacing(":", with: "-")
    }
}
