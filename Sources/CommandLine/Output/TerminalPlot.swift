import Registry

/// Draws a panel in a terminal: in Braille dots where it shows UTF-8, else in letters.
struct TerminalPlot {
    private let bars: BarStyle
    private let terminal: TerminalStyle
    /// Colors of the 256 that terminals number, for the six hues: apart from each other on light and on dark.
    private static let colors = [33, 172, 36, 161, 75, 133]
    private static let letters = Array("*o+x#@")

    init(_ bars: BarStyle, _ terminal: TerminalStyle) {
        self.bars = bars
        self.terminal = terminal
    }

    /// The panel in `height` lines, with its title, its axes and the names of its series.
    func lines(_ panel: PlotPanel, height: Int) -> [String] {
        let labels = panel.rows.map { TerminalText.escaped($0.label) }
        let margin = min(14, labels.map(TerminalText.cellCount).max() ?? 0)
        let width = max(16, min(160, bars.lineCells) - margin - 2)
        var canvas = PlotCanvas(columns: width, rows: max(3, height), hasDots: bars.hasEighths)
        for series in panel.series {
            for piece in series.pieces {
                canvas.draw(piece.map { ($0.x, $0.y) }, hue: series.hue)
            }
            for share in series.missing { canvas.mark("!", x: share, hue: series.hue) }
        }
        return [terminal.bold(TerminalText.escaped(panel.title))] + legend(panel)
            + body(canvas, panel, margin: margin) + [foot(panel, margin: margin, width: width)]
    }

    /// Points as signs, the last drawn on top.
    /// - Parameters:
    ///   - signs: for each series, the place of its sign.
    ///   - isBold: for each series, whether it is on the front.
    func scatter(_ panel: PlotPanel, height: Int, signs: [Int], isBold: [Bool]) -> [String] {
        let margin = min(14, panel.rows.map { TerminalText.cellCount(TerminalText.escaped($0.label)) }.max() ?? 0)
        let width = max(16, min(100, bars.lineCells) - margin - 2)
        var canvas = PlotCanvas(columns: width, rows: max(3, height), hasDots: false)
        let back = panel.series.indices.filter { !isBold[$0] } + panel.series.indices.filter { isBold[$0] }
        for index in back {
            let series = panel.series[index]
            guard let place = series.pieces.first?.first, let sign = PlotSign.text(signs[index]).first else { continue }
            canvas.mark(sign, x: place.x, y: place.y, hue: series.hue)
        }
        return [terminal.bold(TerminalText.escaped(panel.title))] + body(canvas, panel, margin: margin)
            + [foot(panel, margin: margin, width: width)]
    }

    private func legend(_ panel: PlotPanel) -> [String] {
        guard panel.series.count > 1 else { return [] }
        return panel.series.map { series in
            let sign = bars.hasEighths ? "──" : String(Self.letter(series.hue))
            return "  " + paint(sign, series.hue) + " " + TerminalText.escaped(series.name)
        }
    }

    private func body(_ canvas: PlotCanvas, _ panel: PlotPanel, margin: Int) -> [String] {
        let edge = bars.hasEighths ? "┤" : "|"
        var labels: [Int: String] = [:]
        for tick in panel.rows { labels[canvas.row(tick.share)] = TerminalText.escaped(tick.label) }
        return (0..<canvas.rows).map { row in
            let label = TerminalText.padded(labels[row] ?? "", to: margin, .right)
            let cells = (0..<canvas.columns).map { column -> String in
                let cell = canvas.cell(column, row)
                let letter = cell.letter.map(String.init)
                let text = letter ?? (cell.dots == 0 ? " " : bars.hasEighths ? Self.braille(cell.dots) : nil)
                return paint(text ?? String(Self.letter(cell.hue)), text == " " ? nil : cell.hue)
            }
            let line = cells.joined()
            return "\(label) \(labels[row] == nil ? (bars.hasEighths ? "│" : "|") : edge)" + Self.trimmed(line)
        }
    }

    /// The horizontal axis: its labels, each centered on its tick, those left out that would touch the last.
    private func foot(_ panel: PlotPanel, margin: Int, width: Int) -> String {
        var line = String(repeating: " ", count: margin + 2)
        var end = line.count
        for tick in panel.columns {
            let label = TerminalText.escaped(tick.label)
            let center = margin + 2 + Int((tick.share * Double(width - 1)).rounded())
            let start = min(max(margin + 2, center - label.count / 2), margin + 2 + width - label.count)
            guard start >= end + (end > margin + 2 ? 1 : 0) else { continue }
            line += String(repeating: " ", count: start - line.count) + label
            end = line.count
        }
        return line
    }

    private func paint(_ text: String, _ hue: Int?) -> String {
        hue.map { terminal.colored(text, Self.colors[$0 % Self.colors.count]) } ?? text
    }

    private static func letter(_ hue: Int) -> Character { letters[hue % letters.count] }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    /// The Braille pattern with these dots (Unicode, block U+2800: one bit a dot).
    private static func braille(_ dots: UInt8) -> String {
        Unicode.Scalar(0x2800 + UInt32(dots)).map { String(Character($0)) } ?? " "
    }
}
