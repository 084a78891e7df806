/// How a line of a chart looks: its hue, with the mark that goes with it, and its dashes.
package struct LineStroke: Hashable, Sendable {
    /// The pattern of a line.
    package enum Dash: Int, CaseIterable, Sendable {
        case solid, dashed, dotted, dashDotted

        var pattern: String? {
            switch self {
            case .solid: nil
            case .dashed: "7 3.5"
            case .dotted: "2 3"
            case .dashDotted: "9 3 2 3"
            }
        }
    }

    /// Counted from 0; hues begin again after `ChartTheme.hueCount`.
    package var hue: Int
    package var dash: Dash

    package init(hue: Int, dash: Dash = .solid) {
        self.hue = hue
        self.dash = dash
    }

    var color: ChartColor { .hue(hue) }
    var width: Double { dash == .dotted ? 2 : 1.7 }
}
