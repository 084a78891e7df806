/// A grid of cells whose color tells a number, on a logarithmic scale of eight steps, with a legend.
///
/// Colors are classes (`heat-0` … `heat-7`), which `HeatMap.style` gives a light, a dark and a printed form: from pale to
/// dark on paper, from dim to bright on a dark screen, so that the order reads without color, too.
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
    private let rows: [Row]
    private let legend: Legend
    private let columnTitle: String
    /// The seven bounds between the steps, rising; empty when all numbers are about the same.
    package let bounds: [Double]
    private let extremes: (least: Double, greatest: Double)?

    /// - Parameters:
    ///   - columns: their labels. Of numbers in a row only some are written where they would not fit.
    ///   - columnTitle: what the columns are.
    package init(columns: [String], columnTitle: String, rows: [Row], legend: Legend) {
        precondition(rows.allSatisfy { $0.cells.count == columns.count }, "every row has a cell for each column")
        self.columns = columns
        self.columnTitle = columnTitle
        self.rows = rows
        self.legend = legend
        let numbers = rows.flatMap(\.cells).compactMap { cell -> Double? in
            guard case .number(let number) = cell.value, number > 0, number.isFinite else { return nil }
            return number
        }
        if let least = numbers.min(), let greatest = numbers.max() {
            extremes = (least, greatest)
            // Below a difference of a percent, eight colors would show rounding.
            bounds = greatest < least * 1.01 ? [] : Self.bounds(least, greatest)
        } else {
            extremes = nil
            bounds = []
        }
    }

    /// The step of a number, 0 for the least.
    package func step(of number: Double) -> Int {
        bounds.isEmpty ? Self.stepCount / 2 : bounds.count { $0 <= number }
    }

    /// Square roots, which every machine rounds alike, halve the scale three times.
    private static func bounds(_ least: Double, _ greatest: Double) -> [Double] {
        var edges = [least, greatest]
        while edges.count <= stepCount {
            edges = zip(edges, edges.dropFirst()).flatMap { [$0, $0.squareRoot() * $1.squareRoot()] } + [greatest]
        }
        return Array(edges.dropFirst().dropLast())
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.columns == right.columns && left.columnTitle == right.columnTitle && left.rows == right.rows
            && left.legend == right.legend
    }
}

// MARK: The drawing

extension HeatMap {
    private static let cellHeight = 24
    private static let headHeight = 34

    private var cellWidth: Int { min(58, max(9, 680 / max(1, columns.count))) }
    private var labelWidth: Int { 14 + 7 * (rows.map(\.label.count).max() ?? 0) }
    private var gridWidth: Int { cellWidth * columns.count }

    /// The drawing.
    /// - Parameters:
    ///   - title: for who cannot see it.
    ///   - format: how the legend writes a number.
    package func element(title: String, format: (Double) -> String) -> SVGElement {
        let gridHeight = Self.cellHeight * rows.count
        let legend = legendElements(at: Self.headHeight + gridHeight + 26, format: format)
        let width = max(labelWidth + gridWidth, labelWidth + 8 * 52) + 8
        let height = Self.headHeight + gridHeight + 84
        return SVGElement(
            "svg",
            [
                ("class", "chart heat"), ("viewBox", "0 0 \(width) \(height)"), ("width", "\(width)"),
                ("height", "\(height)"), ("role", "img"), ("aria-label", title),
            ], headElements() + rows.enumerated().flatMap { rowElements($1, at: $0) } + legend)
    }

    private func headElements() -> [SVGElement] {
        let title = SVGElement(
            "text", [("class", "muted"), ("x", "\(labelWidth)"), ("y", "12")], words: columnTitle)
        let longest = columns.map(\.count).max() ?? 1
        let stride = max(1, (longest * 7 + 6 + cellWidth - 1) / cellWidth)
        let labels = columns.enumerated().filter { $0.offset.isMultiple(of: stride) }.map { index, label in
            SVGElement(
                "text",
                [
                    ("class", "muted"), ("x", "\(labelWidth + index * cellWidth + cellWidth / 2)"), ("y", "28"),
                    ("text-anchor", "middle"),
                ], words: label)
        }
        return [title] + labels
    }

    private func rowElements(_ row: Row, at index: Int) -> [SVGElement] {
        let top = Self.headHeight + index * Self.cellHeight
        let label = SVGElement(
            "text",
            [("x", "\(labelWidth - 10)"), ("y", "\(top + 16)"), ("text-anchor", "end")], words: row.label)
        return [label]
            + row.cells.enumerated().filter { $0.element.value != .absent }.map { column, cell in
                self.element(of: cell, left: labelWidth + column * cellWidth, top: top)
            }
    }

    private func element(of cell: Cell, left: Int, top: Int) -> SVGElement {
        let gap = cellWidth > 14 ? 2 : 1
        var parts = cell.title.isEmpty ? [] : [SVGElement("title", words: cell.title)]
        parts.append(
            Self.box(
                Self.className(cell.value, step), left: left, top: top, width: cellWidth - gap,
                height: Self.cellHeight - 2))
        if cellWidth >= 44, case .number = cell.value {
            parts.append(
                SVGElement(
                    "text",
                    [
                        ("class", "\(Self.className(cell.value, step))-words"), ("x", "\(left + cellWidth / 2 - 1)"),
                        ("y", "\(top + 15)"), ("text-anchor", "middle"),
                    ], words: cell.figure))
        }
        return SVGElement("g", [], parts)
    }

    private static func className(_ value: Value, _ step: (Double) -> Int) -> String {
        switch value {
        case .number(let number): "heat-\(step(number))"
        case .zero: "heat-zero"
        case .unmeasured, .absent: "heat-none"
        }
    }

    private static func box(_ name: String, left: Int, top: Int, width: Int, height: Int) -> SVGElement {
        SVGElement(
            "rect",
            [
                ("class", name), ("x", "\(left)"), ("y", "\(top)"), ("width", "\(width)"), ("height", "\(height)"),
                ("rx", "2"),
            ])
    }

    private func legendElements(at top: Int, format: (Double) -> String) -> [SVGElement] {
        var parts: [SVGElement] = []
        func write(_ words: String, _ left: Int, _ line: Int, anchor: String = "start", muted: Bool = true) {
            parts.append(
                SVGElement(
                    "text",
                    [("class", "muted"), ("x", "\(left)"), ("y", "\(line)"), ("text-anchor", anchor)], words: words))
        }
        if let extremes {
            write(legend.name, labelWidth - 10, top + 12, anchor: "end")
            let steps = bounds.isEmpty ? [Self.stepCount / 2] : Array(0..<Self.stepCount)
            for (place, step) in steps.enumerated() {
                parts.append(Self.box("heat-\(step)", left: labelWidth + place * 52, top: top, width: 50, height: 14))
            }
            let edges = [extremes.least] + bounds + [extremes.greatest]
            for (place, edge) in edges.enumerated() {
                let anchor = place == 0 ? "start" : place == edges.count - 1 ? "end" : "middle"
                write(format(edge), labelWidth + (bounds.isEmpty ? place * 52 : place * 52 - 1), top + 28, anchor: anchor)
                if bounds.isEmpty { break }
            }
        }
        let cells = rows.flatMap(\.cells)
        let kinds: [(Value, String)] = [(.zero, legend.zero), (.unmeasured, legend.unmeasured)]
        var left = labelWidth
        for (value, words) in kinds where cells.contains(where: { $0.value == value }) {
            parts.append(Self.box(Self.className(value, step), left: left, top: top + 38, width: 18, height: 14))
            write(words, left + 24, top + 50)
            left += 44 + words.count * 7
        }
        return parts
    }
}
