import Registry

/// How far tensors are from others, drawn as one line for each part of a model and one cell for each layer.
struct HeatStrip {
    let groups: [DiffReport.Group]
    let bars: BarStyle
    let terminal: TerminalStyle

    /// Eight levels, three quarters of a decade each, from a relative RMSE of 10⁻⁶ to 1.
    private static let bounds = [5.6e-6, 3.2e-5, 1.8e-4, 1e-3, 5.6e-3, 3.2e-2, 0.18]
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    /// From green to red, of the 256 colors of terminals.
    private static let colors = [28, 34, 70, 106, 142, 178, 208, 196]

    /// The lines of the drawing; none when there is nothing to see.
    func lines() -> [String] {
        let parts = orderedParts
        guard !parts.isEmpty else { return [] }
        let labelCells = parts.reduce(7) { max($0, $1.count) }
        let layers = groups.compactMap(\.layer)
        let room = max(8, bars.lineCells - labelCells - 4)
        let bands =
            layers.isEmpty
            ? [[]]
            : stride(from: 0, to: layers.count, by: room).map { start in
                Array(layers[start..<min(start + room, layers.count)])
            }
        let byLayer = Dictionary(groups.map { ($0.layer ?? -1, $0) }) { first, _ in first }
        var lines: [String] = []
        for (number, band) in bands.enumerated() {
            lines.append(TerminalText.padded("layer", to: labelCells + 4) + ruler(band))
            for part in parts {
                let outside = number == 0 ? symbol(part, byLayer[-1]) : " "
                let cells = band.map { symbol(part, byLayer[$0]) }.joined()
                lines.append(Self.trimmed(TerminalText.padded(part, to: labelCells + 1) + outside + "  " + cells))
            }
        }
        return lines + [legend]
    }

    /// The parts in the order of a model.
    private var orderedParts: [String] {
        var parts: [String] = []
        // Those before the layers come first, then those of the layers; what is in both keeps its first place.
        for group in groups { for cell in group.cells where !parts.contains(cell.part) { parts.append(cell.part) } }
        return parts
    }

    /// The numbers of every tenth layer, each at its place.
    private func ruler(_ layers: [Int]) -> String {
        var text = ""
        for (place, layer) in layers.enumerated() where place.isMultiple(of: 10) && text.count <= place {
            text = TerminalText.padded(text, to: place) + String(layer)
        }
        return text
    }

    private func symbol(_ part: String, _ group: DiffReport.Group?) -> String {
        guard let cell = group?.cells.first(where: { $0.part == part }) else { return " " }
        let counts = cell.counts
        if let error = cell.relRmse, error > 0 { return heat(error) }
        // What tells most comes first.
        let marks: [(Int, String)] = [
            (counts.changed + counts.different, "?"), (counts.reshaped, "~"), (counts.removed, "-"),
            (counts.added, "+"), (counts.renamed, ">"), (counts.equal, "="),
        ]
        return marks.first { $0.0 > 0 }?.1 ?? identical
    }

    private var identical: String { bars.hasEighths ? "·" : "." }

    private func heat(_ error: Double) -> String {
        let level = Self.bounds.count { error >= $0 }
        guard bars.hasEighths else { return String(level + 1) }
        return terminal.colored(String(Self.blocks[level]), Self.colors[level])
    }

    private var legend: String {
        let scale = [1e-6, 1e-3, 1e-2, 0.5].map { heat($0) + " " + Figures.real($0) }.joined(separator: "  ")
        return "\(identical) identical  = equal  \(scale) and more  ? unmeasured  ~ reshaped  > renamed  "
            + "+ added  - removed"
    }

    private static func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
