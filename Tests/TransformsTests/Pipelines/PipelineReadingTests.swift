import Bytes
import Testing

@testable import Transforms

@Suite("Recipes of several steps") struct PipelineReadingTests {
    private static func steps(_ yaml: String) throws(FormatError) -> [PipelineStep] {
        try RecipeFile(parsing: Array(yaml.utf8), file: "p.yaml").pipeline
    }

    private static func step(_ scheme: String, _ more: String = "") -> String {
        "- transform: quantize\n  parameters: {scheme: \(scheme)}\n" + (more.isEmpty ? "" : "  \(more)\n")
    }

    @Test("are done one after the other unless they say otherwise") func chain() throws {
        let yaml = "steps:\n" + Self.step("nf4") + Self.step("q4_0", "id: small") + Self.step("q8_0", "from: source")
        let steps = try Self.steps(yaml)
        #expect(steps.map(\.id) == ["step-1", "small", "step-3"])
        #expect(steps.map(\.input) == [nil, "step-1", nil])
        #expect(steps.allSatisfy { $0.gates.isEmpty && !$0.isReplacement && $0.tag == nil })
    }

    @Test("a replacement has the input of what it comes for, and those behind wait for both") func replacement() throws
    {
        let parts = [
            "steps:\n", Self.step("nf4", "id: first"), Self.step("q4_0", "id: x"),
            "  gates: {max_rel_rmse: 0.1}\n  otherwise: y\n", Self.step("q8_0", "from: x"), Self.step("q5_0", "id: y"),
            "  gates: {min_saving: 0.5}\n  otherwise: z\n", Self.step("q6_k", "id: z"),
        ]
        let steps = try Self.steps(parts.joined())
        #expect(steps.map(\.id) == ["first", "x", "y", "z", "step-3"])
        let inputs = Dictionary(uniqueKeysWithValues: steps.map { ($0.id, $0.input) })
        #expect(inputs == ["first": nil, "x": "first", "y": "first", "z": "first", "step-3": "x"])
        #expect(steps.filter(\.isReplacement).map(\.id) == ["y", "z"])
        #expect(steps[1].gates == PipelineStep.Gates(maxRelRmse: 0.1))
        #expect(steps[2].gates == PipelineStep.Gates(minSaving: 0.5))
    }

    @Test("ties between steps leave each step's own digest alone") func digests() throws {
        let plain = try RecipeFile(parsing: Array(("steps:\n" + Self.step("nf4")).utf8), file: "a")
        let tied = try Self.steps("steps:\n" + Self.step("nf4", "id: a") + "  tag: b\n  gates: {min_saving: 0.1}\n")
        #expect(Recipe(steps: [tied[0].step]).digest == plain.recipe.digest)
        #expect(plain.onlyStep != nil)
        let gated = try RecipeFile(
            parsing: Array(("steps:\n" + Self.step("nf4") + "  gates: {min_saving: 0.1}\n").utf8), file: "b")
        #expect(gated.onlyStep == nil && gated.quantization == nil)
    }

    private static let gate = "  gates: {min_saving: 0.1}\n"

    private static let bad: [(steps: [String], problem: String)] = [
        ([step("nf4", "id: a"), step("nf4", "id: a")], "the id 'a' is taken"),
        ([step("nf4", "id: source")], "'source' cannot be the name of a step"),
        ([step("nf4", "id: 4bit")], "'4bit' cannot be the name of a step"),
        ([step("nf4", "id: a/b")], "'a/b' cannot be the name of a step"),
        ([step("nf4", "from: b")], "there is no step 'b'"),
        ([step("nf4", "otherwise: b")], "it has no gate that could refuse it"),
        ([step("nf4"), gate, "  otherwise: b\n"], "there is no step 'b'"),
        ([step("nf4", "gates: {}")], "it has no gate"),
        (
            [
                step("nf4", "id: a"), gate, "  otherwise: c\n", step("q4_0", "id: b"), gate, "  otherwise: c\n",
                step("q8_0", "id: c"),
            ], "'c' comes in the place of 'a' already"
        ),
        ([step("nf4", "gates: {max_rel_rmse: -1}")], "an error is 0 or more"),
        ([step("nf4", "gates: {min_saving: 1}")], "a share of the bytes lies below 1"),
        ([step("nf4", "gates: {max_error: 1}")], "there is no such key"),
        ([step("nf4", "when: x")], "there is no such key"),
        ([step("nf4", "id: a"), "  from: b\n", step("q4_0", "id: b"), "  from: a\n"], "a, b wait for each other"),
        ([step("nf4", "id: a"), "  from: a\n"], "a wait for each other"),
        (
            [
                step("nf4", "id: a"), gate, "  otherwise: b\n", step("q4_0", "id: b"), gate, "  otherwise: a\n",
            ], "wait for each other"
        ),
        (
            [step("nf4", "id: a"), gate, "  otherwise: b\n", step("q4_0", "id: b"), "  from: a\n"],
            "it comes in the place of 'a'"
        ),
        (
            [
                step("nf4", "id: a"), gate, "  otherwise: b\n", step("q4_0", "id: b"), "  from: c\n",
                step("q8_0", "id: c"), "  from: a\n",
            ], "wait for each other"
        ),
    ]

    @Test("that cannot be tied are refused, with the step and what is wrong", arguments: 0..<bad.count)
    func refusals(number: Int) throws {
        let (steps, problem) = Self.bad[number]
        let error = try #require(throws: FormatError.self) { try Self.steps("steps:\n" + steps.joined()) }
        #expect(error.problem.contains(problem), "\(error.problem)")
        #expect(error.file == "p.yaml" && !error.remedy.isEmpty)
    }
}
