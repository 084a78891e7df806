import Testing

@testable import CommandLine
@testable import Registry

@Suite("Lineage tree") struct LineageTreeTests {
    private func lines(_ name: String, _ edges: [LineageReport.Edge]) -> [String] {
        LineageTree(LineageReport(name: name, digest: name, edges: edges)).lines()
    }

    @Test("marks the artifact that was asked for") func mark() {
        let edges = [Samples.edge("a", "b"), Samples.edge("b", "c"), Samples.edge("a", "d")]
        #expect(
            lines("c", edges) == [
                "a  a",
                "├── b  b  base, quantize bnb-nf4, ingot 0.1.0, desk, 2026-05-01 09:30",
                "│   └── * c  c  base, quantize bnb-nf4, ingot 0.1.0, desk, 2026-05-01 09:30",
                "└── d  d  base, quantize bnb-nf4, ingot 0.1.0, desk, 2026-05-01 09:30",
            ])
    }

    @Test("draws an artifact without relatives alone") func alone() {
        #expect(lines("a", []) == ["* a  a"])
    }

    @Test("draws one with two parents below each, its descendants once") func twoParents() {
        let edges = [
            Samples.edge("a", "c"), Samples.edge("b", "c", role: "teacher"), Samples.edge("c", "d"),
        ]
        #expect(
            lines("d", edges) == [
                "a  a",
                "└── c  c  base, quantize bnb-nf4, ingot 0.1.0, desk, 2026-05-01 09:30",
                "    └── * d  d  base, quantize bnb-nf4, ingot 0.1.0, desk, 2026-05-01 09:30",
                "b  b",
                "└── c  c  teacher, quantize bnb-nf4, ingot 0.1.0, desk, 2026-05-01 09:30, see above",
            ])
    }

    @Test("names what is not here") func stub() {
        var report = LineageReport(name: "c", digest: "c", edges: [Samples.edge("a", "c")])
        report.stubs = [.init(name: "org/far", child: "a", childDigest: "a")]
        #expect(LineageTree(report).lines().last == "org/far is named as the base of a, and is not in the store")
    }

    @Test("escapes names") func escaping() {
        #expect(lines("x", [Samples.edge("a\u{1B}", "b")])[0].hasPrefix("a\\u{1b}  "))
    }

    @Test(
        "gives recipes in a few words",
        arguments: [
            (Samples.recipe, "quantize bnb-nf4"),
            (
                #"{"steps":[{"transform":"prune"},{"transform":"cast","parameters":{"dtype":"F16"}}]}"#,
                "prune + cast F16"
            ),
            ("nonsense", "nonsense"),
        ])
    func recipes(recipe: String, expected: String) {
        #expect(RecipeText.summary(recipe) == expected)
    }
}
