import Foundation
import Testing

@testable import Charts

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("Line chart") struct LineChartTests {
    static func sample(_ name: String = "train", values: [Double] = [3, 2, .nan, 1.5, 1.2]) -> LineChart {
        let points = values.enumerated().map { LineChart.Point(x: Double($0.offset) * 10, y: $0.element) }
        let loss = LineChart.Series(name, points, stroke: LineStroke(hue: 0), marks: .every, endLabel: name)
        let rate = LineChart.Series("lr", points, stroke: LineStroke(hue: 1, dash: .dashed), marks: .sparse)
        return LineChart(
            "a run", description: "two panels", axis: Axis("step"),
            panels: [
                .init(
                    "loss", axis: Axis("loss"), series: [loss],
                    callouts: [.init(.init(x: 40, y: 1.2), label: "best 1.2", hue: 0)]),
                .init("lr", axis: Axis("lr", scale: .logarithmic), series: [rate], reference: 1),
            ], legend: [.init(name, stroke: LineStroke(hue: 0), marks: .sparse)])
    }

    @Test("is the same bytes each time, and well-formed XML with a title and a description") func document() {
        let text = Self.sample().document
        #expect(text == Self.sample().document)
        #expect(XMLParser(data: Data(text.utf8)).parse())
        #expect(text.contains("<title>a run</title><desc>two panels</desc>"))
    }

    @Test("cannot be broken by a name") func names() {
        let text = Self.sample("</text><script>alert('x')</script>&\u{0}\u{1B}").document
        #expect(XMLParser(data: Data(text.utf8)).parse())
        #expect(!text.contains("<script"))
    }

    @Test("holds no coordinate that is no number", arguments: [[], [Double.nan], [1e308, -1e308], [0], [5, 5, 5]])
    func numbers(values: [Double]) {
        let text = Self.sample(values: values).document.lowercased()
        #expect(!text.contains("nan") && !text.contains("inf"))
        #expect(XMLParser(data: Data(text.utf8)).parse())
    }

    @Test("embedded holds no style of its own and no identifiers that could meet those of another") func embedded() {
        let text = Self.sample().element.text
        #expect(text.hasPrefix("<svg "))
        #expect(!text.contains("<style") && !text.contains(" id="))
    }
}

@Suite("Pixel path") struct PixelPathTests {
    private let across = Projection(Axis(""), 0...100, from: 0, to: 100)
    private let up = Projection(Axis(""), 0...10, from: 100, to: 0)

    private func path(_ values: [(Double, Double)]) -> PixelPath {
        PixelPath(values.map { LineChart.Point(x: $0.0, y: $0.1) }, x: across, y: up)
    }

    @Test("parts where a value is no number, and says where") func gaps() {
        let path = path([(0, 1), (1, 2), (2, .nan), (3, 4), (4, .infinity), (4.2, .nan), (5, 1)])
        #expect(path.pieces.map(\.count) == [2, 1, 1])
        #expect(path.missing == [2, 4])
        #expect(path.commands == "M0 90L1 80M3 60h0M5 90h0")
    }

    @Test("keeps the first, the lowest, the highest and the last value of each column") func thinning() {
        var generator = SeededGenerator(seed: 7)
        let values = (0..<50_000).map { index in
            (Double(index) / 500, Double.random(in: 2...8, using: &generator))
        }
        var spiked = values
        spiked[31_234].1 = 9.5
        spiked[31_240].1 = 0.5
        let path = path(spiked)
        let places = path.pieces.flatMap(\.self)
        #expect(places.count <= 4 * 101)
        #expect(places.contains { abs($0.y - 5) < 1e-9 } && places.contains { abs($0.y - 95) < 1e-9 })
        for column in stride(from: 0.0, to: 100, by: 7) {
            let here = spiked.filter { across($0.0)?.rounded(.down) == column }.map(\.1)
            let drawn = places.filter { $0.x >= column && $0.x < column + 1 }.map { 10 - $0.y / 10 }
            #expect(abs((drawn.max() ?? 0) - (here.max() ?? 0)) < 1e-9)
            #expect(abs((drawn.min() ?? 0) - (here.min() ?? 0)) < 1e-9)
            #expect(abs((drawn.last ?? 0) - (here.last ?? 0)) < 1e-9)
        }
    }

    @Test("keeps the order of a run that went back") func resumed() {
        #expect(path([(0, 1), (50, 2), (30, 3), (60, 4)]).commands == "M0 90L50 80L30 70L60 60")
    }
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
