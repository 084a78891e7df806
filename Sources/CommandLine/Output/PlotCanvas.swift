/// Cells of a terminal on which curves are drawn, each of 2 × 4 dots.
struct PlotCanvas {
    /// What a cell shows.
    struct Cell: Equatable {
        /// One bit a dot, as Unicode numbers those of Braille.
        var dots: UInt8 = 0
        /// A sign that takes the whole cell.
        var letter: Character?
        /// The color of what was drawn last.
        var hue = 0
    }

    let columns: Int
    let rows: Int
    /// Whether dots are shown; else a line has one dot a cell.
    private let hasDots: Bool
    private var cells: [Cell]

    init(columns: Int, rows: Int, hasDots: Bool) {
        self.columns = max(1, columns)
        self.rows = max(1, rows)
        self.hasDots = hasDots
        cells = [Cell](repeating: Cell(), count: self.columns * self.rows)
    }

    private var width: Int { hasDots ? columns * 2 : columns }
    private var height: Int { hasDots ? rows * 4 : rows }

    /// The row of cells at a share of the height, 0 at the bottom.
    func row(_ share: Double) -> Int { rows - 1 - place(share, rows) }

    func cell(_ column: Int, _ row: Int) -> Cell { cells[row * columns + column] }

    /// Draws a line through places, given as shares of the width and the height; a dot for one place.
    mutating func draw(_ places: [(x: Double, y: Double)], hue: Int) {
        let dots = places.map { (x: place($0.x, width), y: height - 1 - place($0.y, height)) }
        if let only = dots.first, dots.count == 1 { set(only.x, only.y, hue) }
        for (from, to) in zip(dots, dots.dropFirst()) {
            let count = max(abs(to.x - from.x), abs(to.y - from.y), 1)
            for step in 0...count {
                let share = Double(step) / Double(count)
                let x = Double(from.x) + share * Double(to.x - from.x)
                let y = Double(from.y) + share * Double(to.y - from.y)
                set(Int(x.rounded()), Int(y.rounded()), hue)
            }
        }
    }

    /// Puts a sign into the top row, or at a place.
    mutating func mark(_ letter: Character, x: Double, y: Double = 1, hue: Int) {
        let index = row(y) * columns + place(x, columns)
        cells[index].letter = letter
        cells[index].hue = hue
    }

    private func place(_ share: Double, _ count: Int) -> Int {
        guard share.isFinite else { return 0 }
        return Int((min(1, max(0, share)) * Double(count - 1)).rounded())
    }

    /// Bits of the dots of a cell, row by row, left before right.
    private static let bits: [UInt8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]

    private mutating func set(_ x: Int, _ y: Int, _ hue: Int) {
        let column = hasDots ? x / 2 : x
        let row = hasDots ? y / 4 : y
        guard (0..<columns).contains(column), (0..<rows).contains(row) else { return }
        let bit = hasDots ? Self.bits[(y % 4) * 2 + x % 2] : 1
        cells[row * columns + column].dots |= bit
        cells[row * columns + column].hue = hue
    }
}
