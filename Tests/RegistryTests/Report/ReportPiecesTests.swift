import Bytes
import Charts
import Foundation
import Testing
import Yams

@testable import Catalog
@testable import Registry

@Suite("Pieces of reports") struct ReportPiecesTests {
    @Test("markup escapes text and takes pieces as they are") func markup() {
        let inner: Markup = "<b>\("a<b & \u{202E}'")</b>"
        let outer: Markup = "<p title=\"\("\"x\"")\">\(inner)\([inner, inner])\(7)</p>"
        let text = "<b>a&lt;b &amp; \\u{202e}&#39;</b>"
        #expect(outer.text == "<p title=\"&quot;x&quot;\">\(text)\(text)\(text)7</p>")
        #expect(Markup.lines("a\r\n\tb\u{1B}").text == "a\n    b\\u{1b}")
    }

    @Test(
        "YAML gives back each text",
        arguments: [
            "plain", "no", "Yes", "null", "1e3", "0x10", "- a", "a: b", "#c", "", " x ", "a\nb\tc", "\"q\"", "\\n",
            "\u{1F600}", "\u{85}\u{2028}\u{FEFF}\u{7F}", "\u{202E}x", "{a}", "[b]", "&a", "*a", "!t", "%d", "@x", "`y`",
            "2026-05-01", "~", "'", "---", "a/b_c.d-e",
        ])
    func yaml(text: String) throws {
        let lines = YAMLText.document([
            ("k", .text(text)),
            ("l", .list([.text(text), .mapping([("m", .text(text)), ("n", .list([.integer(3)]))])])),
            ("e", .list([])), ("b", .bool(false)), ("d", .number(0.5)),
        ])
        let loaded = try #require(try Yams.load(yaml: lines.joined(separator: "\n")) as? [String: Any])
        #expect(loaded["k"] as? String == text)
        let list = try #require(loaded["l"] as? [Any])
        #expect(list[0] as? String == text)
        #expect((list[1] as? [String: Any])?["m"] as? String == text)
        #expect((list[1] as? [String: Any])?["n"] as? [Int] == [3])
        #expect((loaded["e"] as? [Any])?.isEmpty == true)
        #expect(loaded["b"] as? Bool == false && loaded["d"] as? Double == 0.5)
    }

    @Test("Markdown's code holds what would end it", arguments: ["a", "a`b", "a|b", "", "``"])
    func code(text: String) {
        let code = MarkdownText.code(text)
        #expect(!code.replacing("\\|", with: "").contains("|"))
        #expect(code == "`\(text)`" || !code.replacing("\\`", with: "").contains("`"))
    }

    @Test("Markdown's fence is longer than what it holds") func fence() {
        #expect(MarkdownText.block(["```", "x"]).first == "````")
        #expect(MarkdownText.block(["x"], language: "json") == ["```json", "x", "```"])
    }

    // MARK: Lineage

    private static func report(
        _ name: String, _ edges: [(String, String, String)], stubs: [LineageReport.Stub] = []
    ) -> LineageReport {
        var report = LineageReport(
            name: name, digest: name,
            edges: edges.map { parent, child, role in
                LineageReport.Edge(
                    child: child, childDigest: child, parent: parent, parentDigest: parent, role: role, recipe: nil,
                    tool: nil, toolVersion: nil, host: nil, createdAt: "2026-05-01T09:30:00Z", seconds: nil,
                    relRmse: nil)
            })
        let names = Set(edges.flatMap { [$0.0, $0.1] } + [name]).sorted()
        report.artifacts = names.filter { $0 != "gone" }.map {
            .init(name: $0, digest: $0, kind: "checkpoint", scheme: "bf16", license: nil, logicalBytes: 1)
        }
        report.stubs = stubs
        return report
    }

    private static func node(
        _ depth: Int, _ name: String, _ edge: String? = nil, _ style: TreeChart.Style = .plain
    ) -> TreeChart.Node {
        .init(
            depth: depth, name: name, detail: style == .missing ? "not in this store" : "checkpoint, bf16, 1 B",
            edge: edge, style: style)
    }

    @Test("lineage is walked from its roots, each artifact once, other parents named") func rows() {
        let report = Self.report(
            "c",
            [
                ("a", "b", "base"), ("t", "b", "teacher"), ("b", "c", "base"), ("a", "d", "base"),
                ("gone", "t", "base"),
            ],
            stubs: [.init(name: "far", child: "a", childDigest: "a")])
        let rows = LineageRows(report)
        #expect(
            rows.nodes == [
                Self.node(0, "far", nil, .missing), Self.node(1, "a", "base, as the card says"),
                Self.node(2, "b", "base, also teacher t"), Self.node(3, "c", "base", .marked),
                Self.node(2, "d", "base"),
                Self.node(0, "gone", nil, .missing), Self.node(1, "t", "base"),
            ])
        #expect(rows.leftOutCount == 0)
    }

    @Test("a circle of parents is drawn, and ends") func circle() {
        let rows = LineageRows(Self.report("a", [("a", "b", "base"), ("b", "a", "base")]))
        #expect(rows.nodes == [Self.node(0, "a", nil, .marked), Self.node(1, "b", "base")])
    }

    @Test("a great family is cut, and counted") func many() {
        let rows = LineageRows(Self.report("a", (0..<200).map { ("a", "v\($0)", "base") }))
        #expect(rows.nodes.count == 80)
        #expect(rows.leftOutCount == 121)
    }

    // MARK: Results

    private static func result(_ value: Double, error: Double? = nil, better: Bool? = nil, extra: String? = nil) throws
        -> ResultRecord
    {
        ResultRecord(
            label: "x",
            result: ResultDraft(
                artifact: Digest(of: "x"), task: "t", metric: "m", value: value, higherIsBetter: better,
                standardError: error, measuredAt: try #require(Timestamp("2026-05-01T09:30:00Z")), extra: extra))
    }

    @Test(
        "a difference is better, worse, or none within what chance explains",
        arguments: [
            (0.5, 0.4, nil, true, "better"), (0.5, 0.4, nil, false, "worse"), (0.5, 0.5, nil, true, "no difference"),
            (0.5, 0.4, 0.2, true, "no difference"), (0.5, 0.4, 0.01, true, "better"), (0.5, 0.4, nil, nil, nil),
            (0.5, .nan, nil, true, nil),
        ] as [(Double, Double, Double?, Bool?, String?)])
    func findings(value: Double, parent: Double, error: Double?, better: Bool?, expected: String?) throws {
        let pair = try #require(
            MeasuredPair.pairs(
                [try Self.result(value, error: error, better: better)],
                beside: [try Self.result(parent, error: error, better: better)]
            ).first)
        #expect(pair.finding == expected)
    }

    @Test("a result measured otherwise is no partner") func partners() throws {
        let pairs = MeasuredPair.pairs(
            [try Self.result(1, extra: #"{"shots":5}"#)], beside: [try Self.result(2, extra: #"{"shots":0}"#)])
        #expect(pairs.count == 1 && pairs[0].parent == nil && pairs[0].difference == nil)
    }
}
