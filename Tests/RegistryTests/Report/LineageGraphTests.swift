import Bytes
import Foundation
import Testing

@testable import Registry

@Suite("Lineage for other programs") struct LineageGraphTests {
    /// An edge from `parent` down to `child`; digests are the names.
    private static func edge(_ parent: String, _ child: String, role: String = "base") -> LineageReport.Edge {
        LineageReport.Edge(
            child: child, childDigest: child, parent: parent, parentDigest: parent, role: role,
            recipe: #"{"steps":[{"transform":"quantize","parameters":{"scheme":"bnb-nf4"}}]}"#, tool: "ingot",
            toolVersion: "0.1.0", host: "desk", createdAt: "2026-05-01T09:30:00Z", seconds: 2, relRmse: nil)
    }

    private static let report: LineageReport = {
        var report = LineageReport(
            name: "c", digest: "c",
            edges: [edge("a", "b"), edge("b", "c"), edge("t\"<x>", "c", role: "teacher")])
        report.artifacts = ["a", "b", "c"].map {
            .init(name: $0, digest: $0, kind: "quantized", scheme: "bnb-nf4", license: nil, logicalBytes: 2_000_000)
        }
        report.stubs = [.init(name: "org/far", child: "a", childDigest: "a")]
        return report
    }()

    @Test("Graphviz gets each artifact, each edge with its facts, and stubs") func dot() {
        let lines = LineageGraph(Self.report).dot()
        #expect(lines.first == "digraph lineage {" && lines.last == "}")
        #expect(lines.contains(#"    a0 [label="a\nquantized, bnb-nf4, 2.0 MB\na"];"#))
        #expect(lines.contains(#"    a2 [label="c\nquantized, bnb-nf4, 2.0 MB\nc", style=bold];"#))
        #expect(lines.contains { $0.hasPrefix(#"    a3 [label="t\"<x>\n"#) && $0.contains("removed") })
        #expect(
            lines.contains(
                #"    a0 -> a1 [label="base: quantize bnb-nf4\ningot 0.1.0\ndesk, 2026-05-01 09:30"];"#))
        #expect(lines.contains(#"    s0 [label="org/far\nnot in the store", style=dashed];"#))
        #expect(lines.contains(#"    s0 -> a0 [label="base", style=dashed];"#))
    }

    @Test("Mermaid gets the same, and nothing that it could take for markup") func mermaid() {
        let lines = LineageGraph(Self.report).mermaid()
        #expect(lines.first == "flowchart LR")
        #expect(lines.contains { $0.hasPrefix(##"    a3["t#34;#60;x#62;<br/>"##) })
        #expect(lines.contains(#"    s0 -.->|base| a0"#))
        #expect(lines.contains { $0.hasPrefix(#"    a3 -->|"teacher: quantize bnb-nf4<br/>"#) })
    }

    @Test("OpenLineage gets an event for each derivation, with what its schema requires") func openLineage() throws {
        let lines = LineageGraph(Self.report).openLineage()
        #expect(lines.count == 2)
        for line in lines {
            let event = try JSONValue(parsing: Array(line.utf8))
            for name in ["eventTime", "producer", "schemaURL"] { #expect(event[name]?.stringValue != nil) }
            #expect(UUID(uuidString: try #require(event["run"]?["runId"]?.stringValue)) != nil)
            #expect(event["job"]?["namespace"]?.stringValue == "ingot")
            #expect(event["job"]?["name"]?.stringValue == "quantize bnb-nf4")
            #expect(event["outputs"]?.arrayValue?.count == 1)
        }
        let last = try JSONValue(parsing: Array(lines[1].utf8))
        #expect(last["inputs"]?.arrayValue?.map { $0["name"]?.stringValue } == ["b", "t\"<x>"])
        #expect(lines == LineageGraph(Self.report).openLineage())
    }
}
