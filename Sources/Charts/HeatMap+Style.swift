extension HeatMap {
    /// A step's color on white and on dark paper, and whether words on it are dark there.
    struct Step {
        let light: String
        let dark: String
        let hasDarkWordsOnLight: Bool
        let hasDarkWordsOnDark: Bool
    }

    /// From pale to deep on white, from dim to bright on dark paper: the order reads in grays, too. Words stand out
    /// from each step by a ratio of at least 4.5 (WCAG 2.2, 1.4.3), which a test holds.
    static let steps = [
        Step(light: "#FFF3D6", dark: "#38222E", hasDarkWordsOnLight: true, hasDarkWordsOnDark: false),
        Step(light: "#FEDFA5", dark: "#552A3B", hasDarkWordsOnLight: true, hasDarkWordsOnDark: false),
        Step(light: "#FDC374", dark: "#763043", hasDarkWordsOnLight: true, hasDarkWordsOnDark: false),
        Step(light: "#F9A053", dark: "#983842", hasDarkWordsOnLight: true, hasDarkWordsOnDark: false),
        Step(light: "#EA7A45", dark: "#DB6548", hasDarkWordsOnLight: true, hasDarkWordsOnDark: true),
        Step(light: "#C2423C", dark: "#EE8A50", hasDarkWordsOnLight: false, hasDarkWordsOnDark: true),
        Step(light: "#9C2F49", dark: "#FAB56C", hasDarkWordsOnLight: false, hasDarkWordsOnDark: true),
        Step(light: "#6F1D4B", dark: "#FFE3A8", hasDarkWordsOnLight: false, hasDarkWordsOnDark: true),
    ]
    static let darkWords = "#1B1F24"
    static let lightWords = "#FFFFFF"

    /// The rules for pages, beside those of `ChartTheme`.
    package static let style: String = {
        func properties(_ color: (Step) -> String, _ isDark: (Step) -> Bool) -> String {
            steps.enumerated().map { index, step in
                "--heat-\(index):\(color(step));--heat-words-\(index):\(isDark(step) ? darkWords : lightWords)"
            }.joined(separator: ";")
        }
        let light = properties(\.light, \.hasDarkWordsOnLight)
        let dark = properties(\.dark, \.hasDarkWordsOnDark)
        return
            ([".chart{\(light)}", "@media screen and (prefers-color-scheme:dark){.chart{\(dark)}}"]
            + steps.indices.map { index in
                ".chart .heat-\(index){fill:var(--heat-\(index))}"
                    + ".chart .heat-words-\(index){fill:var(--heat-words-\(index))}"
            }).joined(separator: "\n")
    }()

    static func stepColor(_ step: Int) -> [(String, String)] {
        [("class", "heat-\(step)"), ("fill", steps[min(max(0, step), steps.count - 1)].light)]
    }

    static func wordColor(_ step: Int) -> [(String, String)] {
        let isDark = steps[min(max(0, step), steps.count - 1)].hasDarkWordsOnLight
        return [("class", "heat-words-\(step)"), ("fill", isDark ? darkWords : lightWords)]
    }
}
