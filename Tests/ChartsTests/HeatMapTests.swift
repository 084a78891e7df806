import Foundation
import Testing

@testable import Charts

@Suite("Heat map") struct HeatMapTests {
    private static let legend = HeatMap.Legend(name: "error", zero: "none", unmeasured: "same")

    private static func map(_ rows: [[HeatMap.Value]], lead: [String] = []) -> HeatMap {
        let count = (rows.first?.count ?? 0) - lead.count
        return HeatMap(
            lead: lead, columns: (0..<count).map { "\($0)" }, columnTitle: "layer",
            rows: rows.enumerated().map { index, values in
                HeatMap.Row("row \(index)", cells: values.map { HeatMap.Cell($0, figure: "x", title: "<\($0)>") })
            }, legend: legend)
    }

    private static func drawn(_ map: HeatMap) -> String {
        map.element(title: "t", description: "d") { DecimalText.short($0, digits: 3) }.text
    }

    @Test("parts its scale into steps of equal ratio") func steps() {
        let map = Self.map([[.number(1), .number(256)]])
        #expect(map.edges == [1, 2, 4, 8, 16, 32, 64, 128, 256])
        #expect([1, 1.9, 2, 3.9, 127, 128, 256].map(map.step) == [0, 0, 1, 1, 6, 7, 7])
    }

    @Test("gives numbers that are about the same about the same color") func alike() {
        let map = Self.map([[.number(0.0911), .number(0.0934)]])
        #expect(map.step(of: 0.0934) - map.step(of: 0.0911) <= 1)
        let edges = map.edges
        #expect(abs(edges[8] / edges[0] - 1.5) < 1e-9)
        #expect(edges[0] < 0.0911 && 0.0934 < edges[8])
    }

    @Test("takes no step for what is no number above zero") func others() {
        let text = Self.drawn(Self.map([[.zero, .unmeasured, .absent]]))
        #expect(Self.map([[.zero, .unmeasured]]).edges.isEmpty)
        #expect(!text.contains("heat-"))
        #expect(text.contains(">none<") && text.contains(">same<"))
        // Two cells and two entries of the legend; where nothing is, nothing is drawn.
        #expect(text.components(separatedBy: "<rect").count - 1 == 4)
        #expect(!Self.drawn(Self.map([[.number(1)]])).contains(">none<"))
    }

    @Test("escapes titles, and is well-formed") func wellFormed() throws {
        let text = Self.drawn(Self.map([[.number(2), .number(3)], [.zero, .number(1)]], lead: ["–"]))
        #expect(text.contains("<title>&lt;number(2.0)&gt;</title>"))
        #expect(try XMLText.elementCount(of: text) > 20)
        #expect(text == Self.drawn(Self.map([[.number(2), .number(3)], [.zero, .number(1)]], lead: ["–"])))
    }

    @Test("writes only labels that have room", arguments: [(4, 4), (40, 20), (120, 24), (300, 60)])
    func labels(columns: Int, expected: Int) throws {
        let text = Self.drawn(Self.map([Array(repeating: .number(1e-3), count: columns + 1)], lead: ["–"]))
        let labels = (0..<columns).count { text.contains(">\($0)</text>") }
        #expect(labels == expected)
        #expect(text.contains(">–</text>"))
    }

    @Test("writes figures in cells that are wide enough only") func figures() {
        #expect(Self.drawn(Self.map([[.number(1), .number(2)]])).contains(">x</text>"))
        #expect(!Self.drawn(Self.map([Array(repeating: .number(1), count: 40)])).contains(">x</text>"))
    }

    @Test("has words that stand out from each step, by day and by night") func contrast() {
        for (index, step) in HeatMap.steps.enumerated() {
            let pairs = [(step.light, step.hasDarkWordsOnLight), (step.dark, step.hasDarkWordsOnDark)]
            for (color, isDark) in pairs {
                let words = isDark ? HeatMap.darkWords : HeatMap.lightWords
                #expect(Luminance.contrast(color, words) >= 4.5, "step \(index), \(color)")
            }
        }
    }

    @Test("gets darker on paper and brighter on a dark screen") func order() {
        let light = HeatMap.steps.map { Luminance.of($0.light) }
        let dark = HeatMap.steps.map { Luminance.of($0.dark) }
        #expect(zip(light, light.dropFirst()).allSatisfy { $0 > $1 * 1.1 })
        #expect(zip(dark, dark.dropFirst()).allSatisfy { $0 * 1.1 < $1 })
    }
}

/// Relative luminance of sRGB colors (WCAG 2.2).
enum Luminance {
    static func of(_ hex: String) -> Double {
        let shares = (0..<3).map { index -> Double in
            let share = Double(Int(hex.dropFirst(1 + 2 * index).prefix(2), radix: 16) ?? 0) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2]
    }

    static func contrast(_ one: String, _ other: String) -> Double {
        let pair = [of(one), of(other)].sorted()
        return (pair[1] + 0.05) / (pair[0] + 0.05)
    }
}
