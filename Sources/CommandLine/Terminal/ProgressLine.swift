import Registry

/// One state of a long act, as a line of a terminal.
struct ProgressLine {
    var update: ProgressUpdate
    /// Since the act's first update.
    var seconds: Double

    private static let barCells = 24

    /// The line, in at most `cellLimit` cells: what is done, a bar, bytes, speed and time left, as far as they fit.
    func text(cellLimit: Int) -> String {
        let activity = TerminalText.escaped(update.activity)
        let figures = ([amount] + pace).joined(separator: "  ")
        let room = cellLimit - TerminalText.cellCount(figures) - 2
        let withBar = room - TerminalText.cellCount(bar) - 2
        if withBar >= min(20, TerminalText.cellCount(activity)) {
            return "\(TerminalText.fitted(activity, in: withBar))  \(bar)  \(figures)"
        }
        guard room > 8 else { return TerminalText.fitted(figures, in: cellLimit) }
        return "\(TerminalText.fitted(activity, in: room))  \(figures)"
    }

    private var share: Double {
        guard update.totalByteCount > 0 else { return 0 }
        return min(1, max(0, Double(update.doneByteCount) / Double(update.totalByteCount)))
    }

    private var bar: String {
        let filled = Int(share * Double(Self.barCells))
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: Self.barCells - filled) + "]"
    }

    private var amount: String {
        "\(Figures.bytes(update.doneByteCount)) of \(Figures.bytes(update.totalByteCount))"
    }

    /// Speed and time left, once there is enough to tell.
    private var pace: [String] {
        guard seconds >= 0.5, update.doneByteCount > 0 else { return [] }
        let speed = Double(update.doneByteCount) / seconds
        let left = Double(max(0, update.totalByteCount - update.doneByteCount)) / speed
        return [Figures.speed(speed), "\(Figures.duration(left)) left"]
    }
}
