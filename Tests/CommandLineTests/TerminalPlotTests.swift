import Testing

@testable import CommandLine
@testable import Registry

@Suite("Terminal plot") struct TerminalPlotTests {
    @Test("puts dots where a line goes, in Braille") func braille() {
        var canvas = PlotCanvas(columns: 2, rows: 1, hasDots: true)
        canvas.draw([(0, 0), (1, 1)], hue: 0)
        // Four dots across and four up: the diagonal takes two of each cell.
        #expect(canvas.cell(0, 0).dots == 0x40 | 0x20)
        #expect(canvas.cell(1, 0).dots == 0x02 | 0x08)
    }

    @Test("draws one dot for one place, a sign where it is told, and never outside") func edges() {
        var canvas = PlotCanvas(columns: 3, rows: 2, hasDots: false)
        canvas.draw([(0.5, 0)], hue: 4)
        #expect(canvas.cell(1, 1).dots == 1 && canvas.cell(1, 1).hue == 4)
        canvas.draw([(-9, 5), (.nan, .infinity)], hue: 1)
        canvas.mark("A", x: 7, y: -7, hue: 2)
        #expect(canvas.cell(2, 1).letter == "A")
        canvas.draw([], hue: 0)
    }

    private static let panel = ParetoReport(
        x: .init(name: "stored_bytes", better: "lower", isLogarithmic: false),
        y: .init(name: "rel_rmse", better: "lower", isLogarithmic: true),
        points: [
            .init(name: "m:a", digest: "1", scheme: "gguf-a", x: 4e6, y: 0.2, isOnFront: true, beatenBy: nil),
            .init(name: "m:b", digest: "2", scheme: "gguf-b", x: 9e6, y: 0.004, isOnFront: true, beatenBy: nil),
            .init(name: "m:c", digest: "3", scheme: "bnb-c", x: 9e6, y: 0.1, isOnFront: false, beatenBy: "m:b"),
        ], front: ["m:a", "m:b"], leftOut: [.init(name: "m", reason: "it has no error against a parent")], path: nil)

    @Test("shows a front as letters, with a table that says who beats whom", arguments: [false, true])
    func front(hasEighths: Bool) throws {
        let bars = BarStyle(hasEighths: hasEighths, lineCells: 60)
        let lines = try Self.panel.summary(.plain, bars, titled: "m")
        let edges = Set("┤│|")
        let plot = lines.filter { $0.contains { edges.contains($0) } }.map { line in
            line.drop { !edges.contains($0) }.dropFirst()
        }
        #expect(lines.first == "not drawn: m, it has no error against a parent")
        #expect(plot.count == 14)
        // A is left and high, B right and low, C right and between.
        #expect(plot.firstIndex { $0.contains("A") } ?? 99 < plot.firstIndex { $0.contains("C") } ?? -1)
        #expect(plot.firstIndex { $0.contains("C") } ?? 99 < plot.firstIndex { $0.contains("B") } ?? -1)
        #expect(lines.contains { $0.hasPrefix("C  m:c") && $0.hasSuffix("beaten by m:b") })
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test("writes the labels of its axes beside them, none over another") func axes() throws {
        let bars = BarStyle(hasEighths: false, lineCells: 60)
        let foot = try #require(try Self.panel.summary(.plain, bars, titled: "m").first { $0.contains("6 MB") })
        #expect(foot.contains("4 MB") && foot.contains("8 MB"))
    }
}

@Suite("Pareto argument") struct ParetoArgumentTests {
    @Test("names two axes, and what is better where the name does not tell") func axes() throws {
        let request = try ParetoArgument(parsing: "x=stored_bytes,y=hellaswag/acc,none:max").request
        #expect(request == ParetoRequest(x: .init("stored_bytes"), y: .init("hellaswag/acc,none", better: .higher)))
        #expect(try ParetoArgument(parsing: "x=a:min,y=b").request.x.better == .lower)
    }

    @Test(
        "is refused when it names none, or one twice",
        arguments: ["", "stored_bytes", "x=a", "y=a,x=b", "x=,y=b", "x=a,y=:max", "x=a,y=A"])
    func refused(text: String) { #expect(throws: (any Error).self) { try ParetoArgument(parsing: text) } }
}
