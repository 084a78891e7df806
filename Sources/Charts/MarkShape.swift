/// The shape of a point, so that series are told apart without color.
package enum MarkShape: Int, CaseIterable, Sendable {
    case circle, square, triangle, diamond, cross, ring

    /// The shape that goes with a hue.
    package static func of(hue: Int) -> Self {
        let rest = hue % allCases.count
        return allCases[rest < 0 ? rest + allCases.count : rest]
    }

    /// The mark at a place of the drawing.
    /// - Parameter radius: half of its width, in units of the drawing.
    func element(x: Double, y: Double, radius: Double, color: ChartColor) -> SVGElement {
        switch self {
        case .circle: Self.disc(x, y, radius, color.fill(edge: .paper) + [("stroke-width", "1")])
        case .ring: Self.disc(x, y, radius - 0.5, ChartColor.paper.fill(edge: color) + [("stroke-width", "1.8")])
        case .square: Self.polygon([(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)], x, y, radius, color)
        case .triangle: Self.polygon([(0, -1.15), (1.1, 0.8), (-1.1, 0.8)], x, y, radius, color)
        case .diamond: Self.polygon([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)], x, y, radius, color)
        case .cross:
            SVGElement(
                "path",
                [("d", Self.crossPath(x, y, radius * 0.9))] + color.stroke + [("stroke-width", "2.2")])
        }
    }

    static func crossPath(_ x: Double, _ y: Double, _ arm: Double) -> String {
        let (left, right) = (DecimalText.coordinate(x - arm), DecimalText.coordinate(x + arm))
        let (top, bottom) = (DecimalText.coordinate(y - arm), DecimalText.coordinate(y + arm))
        return "M\(left) \(top)L\(right) \(bottom)M\(left) \(bottom)L\(right) \(top)"
    }

    private static func disc(_ x: Double, _ y: Double, _ radius: Double, _ paint: [(String, String)]) -> SVGElement {
        let place = [("cx", x), ("cy", y), ("r", radius)].map { ($0.0, DecimalText.coordinate($0.1)) }
        return SVGElement("circle", place + paint)
    }

    private static func polygon(
        _ corners: [(Double, Double)], _ x: Double, _ y: Double, _ radius: Double, _ color: ChartColor
    ) -> SVGElement {
        let points = corners.map { corner in
            "\(DecimalText.coordinate(x + corner.0 * radius)),\(DecimalText.coordinate(y + corner.1 * radius))"
        }
        return SVGElement(
            "polygon",
            [("points", points.joined(separator: " "))] + color.fill(edge: .paper) + [("stroke-width", "1")])
    }
}
