import Registry

extension ExportReport {
    /// What `export` wrote, for a person.
    var summary: [String] {
        let total = "\(Figures.count(files.count, "file")), \(Figures.bytes(bytes)), \(Figures.duration(seconds))"
        let title = "exported \(name) to \(destination) (\(total))"
        let width = files.map { TerminalText.cellCount(TerminalText.escaped($0.path)) }.max() ?? 0
        return [TerminalText.escaped(title)]
            + files.map { file in
                let size = TerminalText.padded(Figures.bytes(file.bytes), to: 8, .right)
                return "  \(TerminalText.padded(TerminalText.escaped(file.path), to: width))  \(size)  \(file.method)"
            } + changeLines + roundTripLines.map { "  " + TerminalText.escaped($0) }
    }

    /// Whether GGUF gets back what it gave.
    private var roundTripLines: [String] {
        guard let roundTrip else { return [] }
        let whole = roundTrip.different.isEmpty ? "verified" : "NOT THE SAME"
        let rest = roundTrip.notCompared == 0 ? "" : ", \(Figures.grouped(roundTrip.notCompared)) not compared"
        let keys =
            roundTrip.lostKeys.isEmpty
            ? [] : ["keys that GGUF would not get back: \(roundTrip.lostKeys.joined(separator: ", "))"]
        let changed =
            roundTrip.changedKeys.isEmpty
            ? [] : ["keys that would have another value: \(roundTrip.changedKeys.joined(separator: ", "))"]
        return ["\(whole): \(Figures.count(roundTrip.identical, "tensor")) come back to GGUF byte for byte\(rest)"]
            + roundTrip.different.map { "comes back with other bytes: \($0)" } + keys + changed
    }

    /// What became of tensors that are not written as they are: dropped ones by name, casts counted by type.
    private var changeLines: [String] {
        let dropped = changes.filter { $0.outcome == "dropped" }
        let casts = Dictionary(grouping: changes.filter { $0.outcome == "cast" }) { $0.types }
        let notable = changes.filter {
            $0.outcome == "widened" || $0.overflow + $0.underflow + $0.nan + $0.infinity > 0
        }
        let lines =
            dropped.map { "not written: \($0.name): \($0.reason ?? "")" }
            + casts.sorted { $0.key < $1.key }.map { "\($0.key): \(Figures.count($0.value.count, "tensor"))" }
            + notable.map { "\($0.name): \($0.losses)" }
        return lines.map { "  " + TerminalText.escaped($0) }
    }
}

extension ExportReport.Change {
    /// `BF16 to F16`, and why no number changed where none did.
    fileprivate var types: String {
        "\(fromType ?? "?") to \(toType ?? "?")" + (reason.map { ", \($0)" } ?? "")
    }

    /// What the cast did to numbers, where it did anything.
    fileprivate var losses: String {
        let counts = [
            (overflow, "too large"), (underflow, "became zero"), (subnormal, "became subnormal"), (nan, "NaN"),
            (infinity, "infinite"),
        ].filter { $0.0 > 0 }.map { "\(Figures.grouped($0.0)) \($0.1)" }
        let kept = outcome == "widened" ? ["kept as \(toType ?? "?"): \(reason ?? "")"] : []
        return (kept + counts).joined(separator: ", ")
    }
}
