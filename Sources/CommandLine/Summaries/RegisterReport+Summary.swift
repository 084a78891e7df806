import Registry

extension RegisterReport {
    /// What `register` did, for a person.
    var summary: [String] {
        let versioned = version.map { "\(name) (version \($0))" } ?? name
        var lines = [
            TerminalText.escaped(
                outcome == "unchanged" ? "\(name) is registered already; nothing to do" : "registered \(versioned)")
        ]
        var facts = FactList()
        facts.add("kind", [kind, scheme, format].joined(separator: ", "))
        facts.add("digest", Figures.digest(digest))
        facts.add(
            "weights",
            "\(Figures.grouped(parameterCount)) parameters in \(Figures.count(tensorCount, "tensor")), "
                + Figures.count(fileCount, "file"))
        facts.add("size", "\(Figures.bytes(logicalBytes)), \(Figures.bytes(newBytes)) of them new in the store")
        facts.add("runs", lines: runs.map(\.line))
        facts.add("left in place", lines: referenced)
        facts.add("left out", lines: leftOut.map { "\($0.path): \($0.reason)" })
        if outcome != "unchanged" { facts.add("time", Figures.duration(seconds)) }
        lines += facts.text()
        if let compression { lines += compression.summary }
        if let conversion { return lines + conversion.summary }
        if let pipeline { return lines + pipeline.summary(.standardOutput(.process)) }
        if let next { lines.append("next: \(TerminalText.escaped(next))") }
        return lines
    }
}
