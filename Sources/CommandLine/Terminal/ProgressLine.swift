import Registry

/// One state of a long act, as a line of a terminal.
struct ProgressLine {
    var update: ProgressUpdate
    /// Since the act's first update.
    var seconds: Double

    /// Brackets included; a bar that would have less is left out.
    private static let barCells = 10...26
    /// What a long name may take before the bar gets shorter.
    private static let activityCells = 24

    /// The line, in at most `cellLimit` cells: what is done, a bar, bytes, speed and time left, as far as they fit.
    func text(cellLimit: Int) -> String {
        let activity = TerminalText.escaped(update.activity)
        let figures = ([amount] + pace).joined(separator: "  ")
        let room = cellLimit - TerminalText.cellCount(figures) - 2
        let barRoom = room - min(TerminalText.cellCount(activity), Self.activityCells) - 2
        if barRoom >= Self.barCells.lowerBound {
            let bar = bar(cells: min(barRoom, Self.barCells.upperBound))
            return "\(TerminalText.fitted(activity, in: room - bar.utf8.count - 2))  \(bar)  \(figures)"
        }
        guard room > 8 else { return TerminalText.fitted(figures, in: cellLimit) }
        return "\(TerminalText.fitted(activity, in: room))  \(figures)"
    }

    private var share: Double {
        guard update.totalByteCount > 0 else { return 0 }
        return min(1, max(0, Double(update.doneByteCount) / Double(update.totalByteCount)))
    }

    private func bar(cells: Int) -> String {
        let inner = cells - 2
        let filled = Int(share * Double(inner))
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: inner - filled) + "]"
    }

    private var amount: String {
        "\(Figures.bytes(update.doneByteCount)) of \(Figures.bytes(update.totalByteCount))"
    }

    /// Speed and time left, once there is enough to tell.
    private var pace: [String] {
        guard seconds >= 0.5, update.doneByteCount > 0 else { return [] }
        let speed = Double(update.doneByteCount) / seconds
        let left = Double(max(0, update.totalByteCount - update.doneByteCount)) / speed
        return [Figures.speed(speed), "\(Figures.wholeDuration(left)) left"]
    }
}
