/// Elements of a chart while it is drawn, and the rectangles that labels must not cover.
struct Drawing {
    private(set) var elements: [SVGElement] = []

    /// Where a text hangs on its place.
    enum Anchor: String { case start, middle, end }

    mutating func add(_ element: SVGElement) { elements.append(element) }

    mutating func text(
        _ words: String, x: Double, y: Double, size: Double = 11, anchor: Anchor = .start,
        color: ChartColor = .muted, isBold: Bool = false, hasHalo: Bool = false
    ) {
        guard !words.isEmpty else { return }
        var attributes = [
            ("x", DecimalText.coordinate(x)), ("y", DecimalText.coordinate(y)),
            ("font-size", DecimalText.coordinate(size)),
        ]
        if anchor != .start { attributes.append(("text-anchor", anchor.rawValue)) }
        if isBold { attributes.append(("font-weight", "600")) }
        guard hasHalo else {
            elements.append(SVGElement("text", attributes + color.fill, words: words))
            return
        }
        let halo = [("stroke-width", "3"), ("stroke-linejoin", "round"), ("paint-order", "stroke")]
        elements.append(SVGElement("text", attributes + color.fill(edge: .paper) + halo, words: words))
    }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: ChartColor, width: Double = 1,
        dash: String? = nil
    ) {
        path("M\(Self.pair(x1, y1))L\(Self.pair(x2, y2))", color: color, width: width, dash: dash)
    }

    mutating func path(_ commands: String, color: ChartColor, width: Double, dash: String? = nil) {
        guard !commands.isEmpty else { return }
        var attributes = [("d", commands)] + color.stroke
        attributes.append(("stroke-width", DecimalText.coordinate(width)))
        if let dash { attributes.append(("stroke-dasharray", dash)) }
        attributes += [("stroke-linecap", dash == nil ? "round" : "butt"), ("stroke-linejoin", "round")]
        elements.append(SVGElement("path", attributes))
    }

    static func pair(_ x: Double, _ y: Double) -> String {
        "\(DecimalText.coordinate(x)) \(DecimalText.coordinate(y))"
    }
}

/// The outermost element of a chart.
enum ChartFrame {
    /// - Parameters:
    ///   - title: what a reader who does not see it is told first.
    ///   - description: and then.
    static func element(
        _ drawing: Drawing, width: Double, height: Double, title: String, description: String,
        before: [SVGElement] = []
    ) -> SVGElement {
        let box = "0 0 \(DecimalText.coordinate(width)) \(DecimalText.coordinate(height))"
        return SVGElement(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("class", "chart"), ("viewBox", box),
                ("width", DecimalText.coordinate(width)), ("height", DecimalText.coordinate(height)),
                ("role", "img"), ("aria-label", title), ("font-family", ChartTheme.font),
            ],
            [SVGElement("title", words: title), SVGElement("desc", words: description)] + before + drawing.elements)
    }

    /// A whole file: the style rules and the paper are in it.
    static func document(
        _ drawing: Drawing, width: Double, height: Double, title: String, description: String
    ) -> String {
        let size = [("width", width), ("height", height)].map { ($0.0, DecimalText.coordinate($0.1)) }
        let paper = SVGElement("rect", size + ChartColor.paper.fill)
        let style = SVGElement("style", words: ChartTheme.style)
        let root = element(
            drawing, width: width, height: height, title: title, description: description, before: [style, paper])
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(root.text)\n"
    }
}
