/// A grid of cells whose color tells a number, on a logarithmic scale of eight steps, with a legend.
///
/// Colors are attributes, which the rules of `HeatMap.style` replace on a dark screen.
package struct HeatMap: Equatable, Sendable {
    /// What a cell shows.
    package enum Value: Equatable, Sendable {
        /// A number above zero.
        case number(Double)
        /// Exactly zero.
        case zero
        /// Something is there that has no number.
        case unmeasured
        /// Nothing is there.
        case absent
    }

    /// One cell.
    package struct Cell: Equatable, Sendable {
        let value: Value
        /// Shown in the cell where it is wide enough.
        let figure: String
        /// The whole truth, for who points at the cell.
        let title: String

        package init(_ value: Value, figure: String = "", title: String = "") {
            self.value = value
            self.figure = figure
            self.title = title
        }
    }

    /// A line of cells, as many as there are columns.
    package struct Row: Equatable, Sendable {
        let label: String
        let cells: [Cell]

        package init(_ label: String, cells: [Cell]) {
            self.label = label
            self.cells = cells
        }
    }

    /// The words for the legend.
    package struct Legend: Equatable, Sendable {
        /// What the numbers are.
        let name: String
        let zero: String
        let unmeasured: String

        package init(name: String, zero: String, unmeasured: String) {
            self.name = name
            self.zero = zero
            self.unmeasured = unmeasured
        }
    }

    /// Steps of the color scale.
    package static let stepCount = 8

    private let columns: [String]
    private let leadCount: Int
    private let rows: [Row]
    private let legend: Legend
    private let columnTitle: String
    /// The ends of the scale and the bounds between its steps, rising; empty without numbers.
    package let edges: [Double]

    /// - Parameters:
    ///   - lead: the labels of columns that stand before the others.
    ///   - columns: the labels of the others; only some are written where they would not fit.
    ///   - columnTitle: what the columns are.
    ///   - rows: with cells for the columns of the lead, then for the others.
    package init(lead: [String] = [], columns: [String], columnTitle: String, rows: [Row], legend: Legend) {
        let leadCount = lead.count, columns = lead + columns
        precondition(rows.allSatisfy { $0.cells.count == columns.count }, "every row has a cell for each column")
        self.columns = columns
        self.leadCount = leadCount
        self.columnTitle = columnTitle
        self.rows = rows
        self.legend = legend
        let numbers = rows.flatMap(\.cells).compactMap { cell -> Double? in
            guard case .number(let number) = cell.value, number > 0, number.isFinite else { return nil }
            return number
        }
        edges = Self.edges(numbers)
    }

    /// The step of a number, 0 for the least.
    package func step(of number: Double) -> Int { edges.dropFirst().dropLast().count { $0 <= number } }

    /// Numbers that differ little get a scale that is wider than they are: colors of noise would look like findings.
    private static func edges(_ numbers: [Double]) -> [Double] {
        guard var least = numbers.min(), var greatest = numbers.max() else { return [] }
        if greatest < least * narrowest {
            let middle = least.squareRoot() * greatest.squareRoot(), half = narrowest.squareRoot()
            (least, greatest) = (middle / half, middle * half)
        }
        return edges(from: least, to: greatest)
    }

    /// The least ratio of the scale's ends.
    private static let narrowest = 1.5

    /// Square roots, which every machine rounds alike, halve the scale three times.
    private static func edges(from least: Double, to greatest: Double) -> [Double] {
        var edges = [least, greatest]
        while edges.count <= stepCount {
            edges = zip(edges, edges.dropFirst()).flatMap { [$0, $0.squareRoot() * $1.squareRoot()] } + [greatest]
        }
        return edges
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.columns == right.columns && left.leadCount == right.leadCount && left.columnTitle == right.columnTitle
            && left.rows == right.rows
            && left.legend == right.legend
    }
}

// MARK: The drawing

extension HeatMap {
    private static let cellHeight = 24
    private static let headHeight = 34
    private static let legendStep = 52

    private var cellWidth: Int { min(58, max(9, 680 / max(1, columns.count))) }
    private var labelWidth: Int { 18 + (rows.map { Drawing.width(of: $0.label) }.max() ?? 0) }
    /// The legend's title stands before it, as the labels do before the rows.
    private var legendLeft: Int { max(labelWidth, 18 + Drawing.width(of: legend.name)) }

    /// The drawing, for a page that holds the rules of `HeatMap.style` and `ChartTheme.style`.
    /// - Parameters:
    ///   - title: what a reader who does not see it is told first.
    ///   - description: and then.
    ///   - format: how the legend writes a number.
    package func element(title: String, description: String, format: (Double) -> String) -> SVGElement {
        var drawing = Drawing()
        drawHead(into: &drawing)
        for (index, row) in rows.enumerated() { draw(row, at: index, into: &drawing) }
        let legendTop = Self.headHeight + Self.cellHeight * rows.count + 20
        drawScale(at: legendTop, format: format, into: &drawing)
        drawKey(at: legendTop + 38, into: &drawing)
        let width = max(labelWidth + cellWidth * columns.count, legendLeft + Self.stepCount * Self.legendStep)
        return drawing.element(width: width + 10, height: legendTop + 58, title: title, description: description)
    }

    private func drawHead(into drawing: inout Drawing) {
        drawing.words(columnTitle, left: labelWidth, base: 12, .muted)
        let longest = columns.map { Drawing.width(of: $0) }.max() ?? 1
        let room = (longest + 6 + cellWidth - 1) / cellWidth
        let stride = [1, 2, 5, 10, 20, 50].first { $0 >= room } ?? 100
        for (index, label) in columns.enumerated() {
            guard (index - leadCount).isMultiple(of: stride) || index < leadCount else { continue }
            drawing.words(
                label, left: labelWidth + index * cellWidth + cellWidth / 2, base: 28, .muted, anchor: .middle)
        }
    }

    private func draw(_ row: Row, at index: Int, into drawing: inout Drawing) {
        let top = Self.headHeight + index * Self.cellHeight
        drawing.words(row.label, left: labelWidth - 10, base: top + 16, anchor: .end)
        let width = cellWidth - (cellWidth > 14 ? 2 : 1)
        for (column, cell) in row.cells.enumerated() where cell.value != .absent {
            let left = labelWidth + column * cellWidth
            drawing.box(
                color(cell.value), left: left, top: top, width: width, height: Self.cellHeight - 2, radius: 2,
                title: cell.title)
            guard cellWidth >= 44, case .number(let number) = cell.value else { continue }
            drawing.words(cell.figure, middle: left + width / 2, base: top + 15, Self.wordColor(step(of: number)))
        }
    }

    private func color(_ value: Value) -> [(String, String)] {
        switch value {
        case .number(let number): Self.stepColor(step(of: number))
        case .zero: ChartColor.rule.fill
        case .unmeasured, .absent: ChartColor.paper.fill(edge: .edge)
        }
    }

    /// The colors with the least, the greatest and the bounds between them.
    private func drawScale(at top: Int, format: (Double) -> String, into drawing: inout Drawing) {
        guard !edges.isEmpty else { return }
        drawing.words(legend.name, left: legendLeft - 10, base: top + 12, .muted, anchor: .end)
        for step in 0..<Self.stepCount {
            drawing.box(
                Self.stepColor(step), left: legendLeft + step * Self.legendStep, top: top, width: Self.legendStep - 1,
                height: 14)
        }
        for (place, edge) in edges.enumerated() where place.isMultiple(of: 2) {
            let anchor: Drawing.Anchor = place == 0 ? .start : place == edges.count - 1 ? .end : .middle
            drawing.words(
                format(edge), left: legendLeft + place * Self.legendStep, base: top + 28, .muted, anchor: anchor)
        }
    }

    /// What cells without a number mean, where there are some.
    private func drawKey(at top: Int, into drawing: inout Drawing) {
        let cells = rows.flatMap(\.cells)
        var left = legendLeft
        for (value, words) in [(Value.zero, legend.zero), (.unmeasured, legend.unmeasured)]
        where cells.contains(where: { $0.value == value }) {
            drawing.box(color(value), left: left, top: top + 1, width: 18, height: 13, radius: 2)
            drawing.words(words, left: left + 24, base: top + 12, .muted)
            left += 44 + Drawing.width(of: words)
        }
    }
}
