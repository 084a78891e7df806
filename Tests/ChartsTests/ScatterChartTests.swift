import Foundation
import Testing

@testable import Charts

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite("Scatter chart") struct ScatterChartTests {
    private func sample(_ points: [ScatterChart.Point]) -> ScatterChart {
        ScatterChart(
            "sizes", description: "d", horizontal: Axis("bytes", unit: .bytes, limits: 0...100),
            vertical: Axis("error", limits: 0...100), betterX: .lower, betterY: .lower, points: points,
            groups: [("a", 0), ("b", 1)])
    }

    @Test("is the same bytes each time, and well-formed with hostile labels") func document() {
        let points = [
            ScatterChart.Point("<b>&\"", detail: "]]>", x: 10, y: 50, isOnFront: true),
            ScatterChart.Point("b", x: 50, y: 60, isOnFront: false, hue: 1),
        ]
        let text = sample(points).document
        #expect(text == sample(points).document)
        #expect(XMLParser(data: Data(text.utf8)).parse())
        #expect(!text.contains("<b>"))
    }

    @Test("has no front without points, and leaves out points that are no numbers") func empty() {
        let text = sample([.init("x", x: .nan, y: 1, isOnFront: true)]).document
        #expect(!text.contains("stroke-dasharray"))
        #expect(!text.lowercased().contains("nan"))
    }

    /// The line must never pass between a point of the front and the good corner.
    @Test("draws the front as steps that go to the edges") func steps() throws {
        let text = sample([
            .init("a", x: 20, y: 80, isOnFront: true), .init("b", x: 60, y: 30, isOnFront: true),
        ]).element.text
        let line = try #require(text.split(separator: "<").first { $0.contains("dasharray=\"5 3\"") })
        let commands = try #require(line.split(separator: "\"").first { $0.hasPrefix("M") })
        let places = commands.dropFirst().split(separator: "L").map { place in
            place.split(separator: " ").compactMap { Double($0) }
        }
        #expect(places.count == 5)
        #expect(places[0][0] == places[1][0] && places[1][1] == places[2][1])
        #expect(places[2][0] == places[3][0] && places[3][1] == places[4][1])
        #expect(places[0][1] < places[1][1] && places[3][1] > places[2][1] && places[4][0] > places[3][0])
    }
}

@Suite("Label placement") struct LabelPlacementTests {
    @Test("puts no label on another or outside, and gives up when there is no room") func free() {
        let area = LabelBox(x: 0, y: 0, width: 400, height: 200)
        var placement = LabelPlacement(in: area)
        var generator = SeededGenerator(seed: 3)
        var boxes: [LabelBox] = []
        for _ in 0..<60 {
            let (x, y) = (Double.random(in: 0...400, using: &generator), Double.random(in: 0...200, using: &generator))
            if let box = placement.place(width: 60, height: 14, atX: x, y: y, from: 8) { boxes.append(box) }
        }
        #expect(boxes.count > 25 && boxes.count < 60)
        #expect(boxes.allSatisfy { area.contains($0) })
        for (index, box) in boxes.enumerated() {
            #expect(!boxes.dropFirst(index + 1).contains { box.overlaps($0) })
        }
    }

    @Test("spreads rows apart, in order and within bounds") func column() {
        let rows = LabelColumn.spread([10, 11, 12, 98], apart: 14, in: 0...100)
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $1 - $0 >= 13.999 })
        #expect(rows.allSatisfy { $0 >= 0 && $0 <= 100 })
        #expect(LabelColumn.spread((0..<20).map { _ in 50 }, apart: 14, in: 0...100).last == 100)
        #expect(LabelColumn.spread([], apart: 14, in: 0...1).isEmpty)
    }
}
