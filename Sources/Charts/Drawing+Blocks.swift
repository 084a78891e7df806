/// Boxes and words on whole pixels, for drawings that are made of nothing else.
extension Drawing {
    private static let fontSize = 12.0

    /// - Parameters:
    ///   - color: attributes that fill, and maybe draw the edge.
    ///   - title: for who points at it; empty for nothing.
    mutating func box(
        _ color: [(String, String)], left: Int, top: Int, width: Int, height: Int, radius: Int = 0, title: String = ""
    ) {
        let place = [("x", "\(left)"), ("y", "\(top)"), ("width", "\(width)"), ("height", "\(height)")]
        let corners = radius > 0 ? [("rx", "\(radius)")] : []
        let words = title.isEmpty ? [] : [SVGElement("title", words: title)]
        add(SVGElement("rect", color + place + corners, words))
    }

    mutating func words(
        _ words: String, left: Int, base: Int, _ color: ChartColor = .ink, anchor: Anchor = .start,
        isBold: Bool = false
    ) {
        text(
            words, x: Double(left), y: Double(base), size: Self.fontSize, anchor: anchor, color: color, isBold: isBold)
    }

    /// Words in a color that is no theme's, in the middle of a place.
    mutating func words(_ words: String, middle: Int, base: Int, _ color: [(String, String)]) {
        let place = [("x", "\(middle)"), ("y", "\(base)"), ("text-anchor", "middle")]
        add(
            SVGElement(
                "text", color + place + [("font-size", DecimalText.coordinate(Self.fontSize - 1))], words: words))
    }

    /// The pixels that a text takes.
    static func width(of text: String) -> Int { Int(TextExtent.width(text, fontSize: fontSize).rounded(.up)) }

    /// The drawing for a page that holds the rules of `ChartTheme.style`.
    func element(width: Int, height: Int, title: String, description: String) -> SVGElement {
        ChartFrame.element(
            self, width: Double(width), height: Double(height), title: title, description: description)
    }
}
