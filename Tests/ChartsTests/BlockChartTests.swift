import Testing

@testable import Charts

@Suite("Bar chart") struct BarChartTests {
    private static func bar(_ label: String, _ values: [Double]) -> BarChart.Bar {
        BarChart.Bar(
            label, parts: values.enumerated().map { .init(series: $0, value: $1, title: "\($1) of <\(label)>") },
            figure: "\(values.reduce(0, +))")
    }

    private static func widths(_ text: String) -> [Int] {
        text.matches(of: /width="(\d+)" height="17"/).compactMap { Int($0.1) }
    }

    @Test("is as long as its value says, in parts that add up") func lengths() throws {
        let text = BarChart([Self.bar("a", [50, 30, 20]), Self.bar("b", [25])], series: ["x"])
            .element(title: "t", description: "").text
        #expect(Self.widths(text) == [190, 114, 76, 95])
        #expect(text.contains("<title>50.0 of &lt;a&gt;</title>"))
        #expect(try XMLText.elementCount(of: text) > 8)
    }

    @Test("shows what is small beside the longest, and nothing of what is nothing") func small() {
        let text = BarChart([Self.bar("a", [1e9]), Self.bar("b", [1]), Self.bar("c", [0])], series: ["x"])
            .element(title: "t", description: "").text
        #expect(Self.widths(text) == [380, 1])
        let empty = BarChart([Self.bar("a", [0])], series: ["x"]).element(title: "t", description: "").text
        #expect(Self.widths(empty) == [])
    }

    @Test("has a legend where there are several series") func legend() {
        let bars = [Self.bar("a", [1, 2])]
        #expect(BarChart(bars, series: ["x", "<y>"]).element(title: "t", description: "").text.contains(">&lt;y&gt;<"))
        #expect(!BarChart(bars, series: ["x"]).element(title: "t", description: "").text.contains(">x<"))
    }

    @Test("marks another value in a small bar", arguments: [(0.25, 0.5, 24, 47), (2, 9, 96, 94), (-1, 0, 0, 0)])
    func mark(value: Double, mark: Double, width: Int, left: Int) {
        let text = BarChart.small(value, mark: mark, greatest: 1, title: "t").text
        #expect(text.contains(#"width="\#(width)" height="8""#))
        #expect(text.contains(#"x="\#(left)" y="0" width="2""#))
        #expect(!BarChart.small(value, mark: nil, greatest: 1, title: "t").text.contains(#"width="2""#))
    }
}

@Suite("Tree chart") struct TreeChartTests {
    private static let nodes: [TreeChart.Node] = [
        .init(depth: 0, name: "far", detail: "not here", style: .missing),
        .init(depth: 1, name: "root", detail: "a checkpoint", edge: "base"),
        .init(depth: 2, name: "<b>&\"", detail: "it", edge: "quantize", style: .marked),
        .init(depth: 2, name: "other", detail: "one more", edge: "prune"),
    ]

    @Test("joins each box to what it hangs from") func connectors() {
        let text = TreeChart(Self.nodes).element(title: "t", description: "").text
        let lines = text.matches(of: /d="M(\d+) (\d+)V(\d+)H(\d+)"/).map { [$0.1, $0.2, $0.3, $0.4].map { Int($0) } }
        // Both children of the second box begin at its bottom, 14 from its left.
        #expect(lines == [[14, 44, 91, 30], [42, 112, 159, 58], [42, 112, 227, 58]])
        #expect(text.contains("stroke-dasharray=\"4 3\""))
    }

    @Test("escapes names, cuts long ones, and is well-formed") func names() throws {
        let long = TreeChart.Node(depth: 0, name: String(repeating: "n", count: 90), detail: "")
        let text = TreeChart(Self.nodes + [long]).element(title: "a < b", description: "").text
        #expect(text.contains(">&lt;b&gt;&amp;&quot;</text>"))
        #expect(text.contains(String(repeating: "n", count: 45) + "…</text>"))
        #expect(text.contains("<title>" + long.name + ": </title>"))
        #expect(try XMLText.elementCount(of: text) > 12)
    }

    @Test("draws nothing of nothing") func empty() throws {
        #expect(try XMLText.elementCount(of: TreeChart([]).element(title: "t", description: "").text) == 3)
    }
}
