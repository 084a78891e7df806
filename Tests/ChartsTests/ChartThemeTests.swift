import Foundation
import Testing

@testable import Charts

/// The hues are compared as readers see them who lack a cone type (Machado, Oliveira and Fernandes 2009, severity 1),
/// by distance in CIELAB: 2.3 is just noticeable, side by side on large areas.
@Suite("Chart theme") struct ChartThemeTests {
    private static let sights: [(name: String, rows: [[Double]])] = [
        ("all cones", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (
            "protanopia",
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
        ),
        (
            "deuteranopia",
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
        ),
        (
            "tritanopia",
            [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
        ),
    ]

    private static func linear(_ hex: String) -> [Double] {
        (0..<3).map { index in
            let digits = hex.dropFirst(1 + 2 * index).prefix(2)
            let share = Double(Int(digits, radix: 16) ?? 0) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
    }

    private static func luminance(_ color: [Double]) -> Double {
        0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]
    }

    private static func lab(_ color: [Double]) -> [Double] {
        func curve(_ share: Double) -> Double { share > 0.008856 ? cbrt(share) : 7.787 * share + 16 / 116 }
        let x = curve((0.4124 * color[0] + 0.3576 * color[1] + 0.1805 * color[2]) / 0.95047)
        let y = curve(luminance(color))
        let z = curve((0.0193 * color[0] + 0.1192 * color[1] + 0.9505 * color[2]) / 1.08883)
        return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
    }

    private static func seen(_ hex: String, _ rows: [[Double]]) -> [Double] {
        let color = linear(hex)
        return lab(rows.map { row in min(1, max(0, zip(row, color).reduce(0) { $0 + $1.0 * $1.1 })) })
    }

    private static func contrast(_ one: String, _ other: String) -> Double {
        let pair = [one, other].map { luminance(linear($0)) }.sorted()
        return (pair[1] + 0.05) / (pair[0] + 0.05)
    }

    private static let themes = [("#FFFFFF", ChartTheme.lightHues), ("#16191D", ChartTheme.darkHues)]

    @Test("keeps its hues apart, also without a cone type", arguments: themes)
    func apart(paper: String, hues: [String]) {
        for sight in Self.sights {
            for (index, hue) in hues.enumerated() {
                for other in hues.dropFirst(index + 1) {
                    let pair = zip(Self.seen(hue, sight.rows), Self.seen(other, sight.rows))
                    let distance = pair.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
                    #expect(distance >= 18, "\(hue) and \(other) with \(sight.name)")
                }
            }
        }
    }

    @Test("keeps its hues apart in grays, and off the paper", arguments: themes)
    func grays(paper: String, hues: [String]) {
        let lightness = hues.map { Self.lab(Self.linear($0))[0] }.sorted()
        #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $1 - $0 >= 6 }, "\(lightness)")
        #expect(hues.allSatisfy { Self.contrast($0, paper) >= 3 }, "graphics need 3:1 (WCAG 2.2, 1.4.11)")
    }

    @Test("has text that stands off the paper") func text() {
        for name in ["ink", "muted"] {
            for tone in ChartTheme.tones where tone.name == name {
                #expect(Self.contrast(tone.light, "#FFFFFF") >= 4.5 && Self.contrast(tone.dark, "#16191D") >= 4.5)
            }
        }
    }

    @Test("has a style rule for each class that elements use") func rules() {
        let colors: [ChartColor] = [.paper, .ink, .muted, .rule, .edge] + (0..<13).map { .hue($0) }
        for name in colors.flatMap({ [$0.fill, $0.stroke] }).map({ $0[0].1 }) {
            #expect(ChartTheme.style.contains(".chart .\(name){"))
        }
        #expect(ChartTheme.style.contains("prefers-color-scheme:dark"))
    }
}
