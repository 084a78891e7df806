/// Horizontal bars of one or more parts each, with a legend of the parts and a figure at each end.
package struct BarChart: Equatable, Sendable {
    /// A part of a bar.
    package struct Part: Equatable, Sendable {
        /// Which entry of the legend it belongs to.
        let series: Int
        let value: Double
        /// For who points at it.
        let title: String

        /// - Parameter value: 0 or more.
        package init(series: Int, value: Double, title: String) {
            self.series = series
            self.value = value
            self.title = title
        }
    }

    /// One bar.
    package struct Bar: Equatable, Sendable {
        let label: String
        let parts: [Part]
        /// Written behind it.
        let figure: String

        package init(_ label: String, parts: [Part], figure: String) {
            self.label = label
            self.parts = parts
            self.figure = figure
        }
    }

    private let bars: [Bar]
    private let series: [String]

    /// - Parameter series: the legend; drawn where there are several.
    package init(_ bars: [Bar], series: [String]) {
        self.bars = bars
        self.series = series
    }

    private static let barHeight = 24
    private static let barLength = 380

    /// The drawing, for a page that holds the rules of `ChartTheme.style`.
    /// - Parameters:
    ///   - title: what a reader who does not see it is told first.
    ///   - description: and then.
    package func element(title: String, description: String) -> SVGElement {
        var drawing = Drawing()
        let labelWidth = 18 + (bars.map { Drawing.width(of: $0.label) }.max() ?? 0)
        let width = labelWidth + Self.barLength + 18 + (bars.map { Drawing.width(of: $0.figure) }.max() ?? 0)
        let top = series.count > 1 ? drawLegend(width: width, into: &drawing) : 0
        let longest = bars.map { Self.total($0) }.max() ?? 0
        for (index, bar) in bars.enumerated() {
            draw(
                bar, left: labelWidth, top: top + index * Self.barHeight,
                scale: longest > 0 ? Double(Self.barLength) / longest : 0, into: &drawing)
        }
        return drawing.element(
            width: width, height: top + Self.barHeight * bars.count + 4, title: title, description: description)
    }

    /// A line of entries, and another where one is full.
    /// - Returns: the height that it takes.
    private func drawLegend(width: Int, into drawing: inout Drawing) -> Int {
        var (left, top) = (0, 0)
        for (index, name) in series.enumerated() {
            let length = 40 + Drawing.width(of: name)
            if left > 0, left + length > width { (left, top) = (0, top + 20) }
            drawing.box(Self.color(index), left: left, top: top + 2, width: 14, height: 14)
            drawing.words(name, left: left + 20, base: top + 13, .muted)
            left += length
        }
        return top + 28
    }

    private func draw(_ bar: Bar, left: Int, top: Int, scale: Double, into drawing: inout Drawing) {
        drawing.words(bar.label, left: left - 10, base: top + 15, anchor: .end)
        var sum = 0.0
        var end = left
        for part in bar.parts where part.value > 0 {
            sum += part.value
            let start = end
            // Each end is rounded by itself, so that the whole is as long as it should be.
            end = max(start + 1, left + Int((sum * scale).rounded()))
            drawing.box(
                Self.color(part.series), left: start, top: top + 3, width: end - start, height: 17, title: part.title)
        }
        drawing.words(bar.figure, left: end + 8, base: top + 15, .muted)
    }

    private static func total(_ bar: Bar) -> Double { bar.parts.reduce(0) { $0 + max(0, $1.value) } }

    /// The edge parts neighbors where their grays are alike.
    private static func color(_ series: Int) -> [(String, String)] { ChartColor.hue(series).fill(edge: .paper) }
}

extension BarChart {
    /// A bar for a table's cell, with a mark where another value lies; both run from 0 to `greatest`.
    package static func small(_ value: Double, mark: Double?, greatest: Double, title: String) -> SVGElement {
        let length = 96
        func place(_ value: Double) -> Int {
            greatest > 0 ? Int((max(0, min(1, value / greatest)) * Double(length)).rounded()) : 0
        }
        var drawing = Drawing()
        drawing.box(ChartColor.rule.fill, left: 0, top: 4, width: length, height: 8)
        drawing.box(ChartColor.hue(4).fill, left: 0, top: 4, width: place(value), height: 8)
        if let mark {
            let left = max(0, min(length - 2, place(mark) - 1))
            drawing.box(ChartColor.ink.fill, left: left, top: 0, width: 2, height: 16)
        }
        return drawing.element(width: length, height: 16, title: title, description: "")
    }
}
