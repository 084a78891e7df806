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
            }
    }
}
