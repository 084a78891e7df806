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

    /// Colors that differ; later series share the last.
    package static let seriesCount = 8

    private let bars: [Bar]
    private let series: [String]

    /// - Parameter series: the legend; drawn where there are several.
    package init(_ bars: [Bar], series: [String]) {
        self.bars = bars
        self.series = series
    }

    private static let barHeight = 24
    private static let barLength = 380

    /// The drawing.
    /// - Parameter title: for who cannot see it.
    package func element(title: String) -> SVGElement {
        let labelWidth = 14 + 7 * (bars.map(\.label.count).max() ?? 0)
        let figureWidth = 14 + 7 * (bars.map(\.figure.count).max() ?? 0)
        let width = labelWidth + Self.barLength + figureWidth
        let legend = series.count > 1 ? legendElements(width: width) : (parts: [], height: 0)
        let longest = bars.map { Self.total($0) }.max() ?? 0
        let body = bars.enumerated().flatMap { index, bar in
            elements(
                of: bar, left: labelWidth, top: legend.height + index * Self.barHeight,
                scale: longest > 0 ? Double(Self.barLength) / longest : 0)
        }
        let height = legend.height + Self.barHeight * bars.count + 4
        return SVGElement(
            "svg",
            [
                ("class", "chart bars"), ("viewBox", "0 0 \(width) \(height)"), ("width", "\(width)"),
                ("height", "\(height)"), ("role", "img"), ("aria-label", title),
            ], legend.parts + body)
    }

    /// A line of entries, and another where one is full.
    private func legendElements(width: Int) -> (parts: [SVGElement], height: Int) {
        var parts: [SVGElement] = []
        var (left, top) = (0, 0)
        for (index, name) in series.enumerated() {
            let length = 36 + name.count * 7
            if left > 0, left + length > width { (left, top) = (0, top + 20) }
            parts.append(Self.box(Self.className(index), left: left, top: top + 2, width: 14, height: 14))
            parts.append(
                SVGElement(
                    "text", [("class", "muted"), ("x", "\(left + 20)"), ("y", "\(top + 14)")], words: name))
            left += length
        }
        return (parts, top + 28)
    }

    private func elements(of bar: Bar, left: Int, top: Int, scale: Double) -> [SVGElement] {
        var parts = [
            SVGElement(
                "text", [("x", "\(left - 10)"), ("y", "\(top + 15)"), ("text-anchor", "end")], words: bar.label)
        ]
        var sum = 0.0
        var end = left
        for part in bar.parts where part.value > 0 {
            sum += part.value
            let start = end
            // Each end is rounded by itself, so that the whole is as long as it should be.
            end = left + Int((sum * scale).rounded())
            let box = Self.box(
                Self.className(part.series), left: start, top: top + 2, width: max(1, end - start), height: 18)
            parts.append(SVGElement("g", [], [SVGElement("title", words: part.title), box]))
        }
        parts.append(
            SVGElement("text", [("class", "muted"), ("x", "\(end + 8)"), ("y", "\(top + 15)")], words: bar.figure))
        return parts
    }

    private static func total(_ bar: Bar) -> Double { bar.parts.reduce(0) { $0 + max(0, $1.value) } }

    private static func className(_ series: Int) -> String { "part part-\(min(series, seriesCount - 1))" }

    private static func box(_ name: String, left: Int, top: Int, width: Int, height: Int) -> SVGElement {
        SVGElement(
            "rect",
            [
                ("class", name), ("x", "\(left)"), ("y", "\(top)"), ("width", "\(width)"), ("height", "\(height)"),
            ])
    }
}

extension BarChart {
    /// A bar for a table's cell, with a mark where another value lies; both run from 0 to `greatest`.
    package static func small(_ value: Double, mark: Double?, greatest: Double, title: String) -> SVGElement {
        let length = 96
        func place(_ value: Double) -> Int {
            greatest > 0 ? Int((max(0, min(1, value / greatest)) * Double(length)).rounded()) : 0
        }
        var parts = [
            box("part-empty", left: 0, top: 4, width: length, height: 8),
            box("part part-0", left: 0, top: 4, width: place(value), height: 8),
        ]
        if let mark {
            parts.append(box("mark", left: max(0, min(length - 2, place(mark) - 1)), top: 0, width: 2, height: 16))
        }
        return SVGElement(
            "svg",
            [
                ("class", "small"), ("viewBox", "0 0 \(length) 16"), ("width", "\(length)"), ("height", "16"),
                ("role", "img"), ("aria-label", title),
            ], parts)
    }
}
