/// The colors of all charts, light and dark, as style rules and as attributes for readers that know no style rules.
///
/// The six hues stay apart for readers who lack a cone type, and when printed in grays: their lightness (CIELAB L*) is
/// at least 6 apart in each theme, and a test holds both (colors seen without a cone type after Machado, Oliveira and
/// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009). Lines also differ in
/// dashes and in the shapes of their marks.
package enum ChartTheme {
    /// Hues in the order in which they are given out: neighbors differ most.
    static let lightHues = ["#071C97", "#BF7B00", "#2A5C53", "#AA452A", "#2D76D9", "#741673"]
    static let darkHues = ["#4297F3", "#FFB865", "#17CD9D", "#D1E71A", "#B8FFEF", "#B999CB"]
    /// Names of the other colors, with their values on white and on dark paper.
    static let tones: [(name: String, light: String, dark: String)] = [
        ("paper", "#FFFFFF", "#16191D"), ("ink", "#1B1F24", "#E6E9ED"), ("muted", "#57606A", "#A3ACB6"),
        ("rule", "#DDE2E7", "#30363D"), ("edge", "#8C959F", "#6E7781"),
    ]
    /// How many hues there are.
    package static let hueCount = lightHues.count

    /// The rules. A page that shows embedded charts holds them once; it may set the properties (`--chart-ink`,
    /// `--chart-1`) itself to follow a theme of its own.
    package static let style: String = {
        let light = properties(tones.map { ($0.name, $0.light) }, lightHues)
        let dark = properties(tones.map { ($0.name, $0.dark) }, darkHues)
        var rules = [
            ".chart{\(light);font-family:\(font);max-width:100%;height:auto}",
            "@media screen and (prefers-color-scheme:dark){.chart{\(dark)}}",
        ]
        for tone in tones.map(\.name) {
            rules.append(".chart .f-\(tone){fill:var(--chart-\(tone))}")
            rules.append(".chart .s-\(tone){stroke:var(--chart-\(tone))}")
        }
        for hue in 1...hueCount {
            rules.append(".chart .f-\(hue){fill:var(--chart-\(hue))}")
            rules.append(".chart .s-\(hue){stroke:var(--chart-\(hue))}")
        }
        return rules.joined(separator: "\n")
    }()

    static let font = "system-ui,-apple-system,'Segoe UI','Liberation Sans',Arial,sans-serif"

    private static func properties(_ tones: [(String, String)], _ hues: [String]) -> String {
        let hues = hues.enumerated().map { (String($0.offset + 1), $0.element) }
        return (tones + hues).map { "--chart-\($0.0):\($0.1)" }.joined(separator: ";")
    }
}

/// One color of the theme.
package enum ChartColor: Equatable, Sendable {
    case paper, ink, muted, rule, edge
    /// The hue of a series, counted from 0; they begin again after the last.
    case hue(Int)

    /// What its style classes end in.
    private var name: String {
        switch self {
        case .paper: "paper"
        case .ink: "ink"
        case .muted: "muted"
        case .rule: "rule"
        case .edge: "edge"
        case .hue(let hue): String(Self.place(hue) + 1)
        }
    }

    private var light: String {
        if case .hue(let hue) = self { return ChartTheme.lightHues[Self.place(hue)] }
        return ChartTheme.tones.first { $0.name == name }?.light ?? "#000000"
    }

    private static func place(_ hue: Int) -> Int {
        let rest = hue % ChartTheme.hueCount
        return rest < 0 ? rest + ChartTheme.hueCount : rest
    }

    /// Attributes that fill with it.
    package var fill: [(String, String)] { [("class", "f-\(name)"), ("fill", light)] }
    /// Attributes that draw lines with it.
    package var stroke: [(String, String)] { [("class", "s-\(name)"), ("stroke", light), ("fill", "none")] }
    /// Attributes that fill with it and draw the edge in another color.
    package func fill(edge: Self) -> [(String, String)] {
        [("class", "f-\(name) s-\(edge.name)"), ("fill", light), ("stroke", edge.light)]
    }
}
