import Registry

extension ConversionForecast {
    /// What a conversion would write, for a person.
    var summary: [String] {
        let lines = [TerminalText.escaped("would make \(name)")]
        var facts = FactList()
        facts.add("scheme", scheme)
        facts.add(
            "size", "\(Figures.bytes(bytes)) (\(bytes) bytes), \(Figures.bytes(newBytes)) new in the store at most")
        facts.add("free space", freeBytes.map(Figures.bytes))
        facts.add("peak memory", "\(Figures.bytes(peakMemoryBytes)) at most")
        facts.add("bits per weight", Figures.real(bitsPerWeight))
        facts.add("replaced", lines: ReplacementLines(replacements).lines)
        facts.add("kept", lines: KeptLines(kept, of: name).lines)
        facts.add("files", lines: files.map { "\($0.path): \($0.bytes) bytes" })
        facts.add("tensors", lines: tensors.map(Self.line))
        return lines + facts.text()
    }

    private static func line(_ tensor: Tensor) -> String {
        let shape = tensor.shape.map(String.init).joined(separator: "×")
        return "\(tensor.name): \(tensor.scheme), \(shape), \(tensor.sourceBytes) → \(tensor.bytes) bytes"
    }
}
