import Bytes
import Foundation
import Numbers
import Testing

@testable import Registry

@Suite("Recipes that are run") struct RunRecipeTests {
    let home: TemporaryHome

    init() async throws {
        home = try TemporaryHome()
        var model = MadeModel(config: #"{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}"#)
        model.add("model.layers.0.mlp.up_proj.weight", [64, 256], seed: 1)
        model.add("model.layers.0.mlp.down_proj.weight", [256, 64], seed: 2)
        try model.write(to: home.path("m"))
        try await home.register(home.path("m"), as: "m")
    }

    private func recipe(_ steps: String, name: String = "compact") throws -> PipelineRequest {
        let path = home.path("\(name).yaml")
        try Data("steps:\n\(steps)".utf8).write(to: URL(fileURLWithPath: path))
        return PipelineRequest(recipePath: path, name: "m")
    }

    private static func step(_ parameters: String, _ transform: String = "quantize", _ more: String...) -> String {
        "- transform: \(transform)\n  parameters: {\(parameters)}\n" + more.map { "  \($0)\n" }.joined()
    }

    private func names() throws -> Set<String> {
        Set(
            try home.registry.list().map { row in
                let name = row.name ?? "", tag = row.tag ?? ""
                return tag == "latest" ? name : "\(name):\(tag)"
            })
    }

    @Test("make an artifact of each step, each from the one before, and nothing twice") func chain() async throws {
        let request = try recipe(
            Self.step("dtype: f32", "cast", "id: wide") + Self.step("scheme: nf4", "quantize", "id: small"))
        let forecast = try home.registry.planRun(request)
        #expect(forecast.outcome == "planned" && forecast.steps.map(\.status) == [.planned, .planned])
        let report = try await home.registry.run(request)
        #expect(report.outcome == "done")
        #expect(report.steps.map(\.status) == [.made, .made])
        #expect(report.steps.map(\.input) == ["source", "wide"])
        #expect(try names() == ["m", "m:compact-wide", "m:compact"])
        let edges = try home.registry.lineage(of: "m:compact").edges.map { [$0.parent, $0.child] }
        #expect(edges == [["m", "m:compact-wide"], ["m:compact-wide", "m:compact"]])
        #expect(try #require(report.steps[1].relRmse) > 0.01)
        #expect(try #require(report.steps[0].saving) < -0.9 && #require(report.steps[1].saving) > 0.7)
        let again = try await home.registry.run(request)
        #expect(again.outcome == "unchanged" && again.steps.map(\.status) == [.unchanged, .unchanged])
        #expect(again.newBytes == 0)
        #expect(try home.registry.planRun(request).steps.map(\.status) == [.unchanged, .unchanged])
        // Another recipe that begins alike takes over what is there.
        let longer = try await home.registry.run(
            try recipe(Self.step("dtype: f32", "cast") + Self.step("scheme: bnb-int8"), name: "other"))
        #expect(longer.steps.map(\.status) == [.unchanged, .made])
    }

    @Test("go another way when a gate refuses, and keep nothing of what was refused") func branch() async throws {
        let request = try recipe(
            Self.step("scheme: fp4", "quantize", "id: four", "gates: {max_rel_rmse: 0.001}", "otherwise: eight")
                + Self.step("scheme: bnb-int8", "quantize", "id: eight")
                + Self.step("dtype: bf16", "cast", "id: back", "from: four"))
        let before = try home.storedFiles()
        let report = try await home.registry.run(request)
        #expect(report.steps.map(\.step) == ["four", "eight", "back"])
        #expect(report.steps.map(\.status) == [.refused, .made, .made])
        #expect(report.steps[0].replacedBy == "eight")
        #expect(report.steps[0].reason?.contains("above max_rel_rmse 0.001") == true)
        #expect(report.outcome == "done")
        #expect(try names() == ["m", "m:compact-eight", "m:compact"])
        let edges = try home.registry.lineage(of: "m:compact").edges.map { [$0.parent, $0.child] }
        #expect(edges == [["m", "m:compact-eight"], ["m:compact-eight", "m:compact"]])
        for name in ["m:compact", "m:compact-eight"] { _ = try home.registry.remove([name]) }
        #expect(try home.storedFiles() == before)
    }

    @Test("do not take a way that is not needed") func notNeeded() async throws {
        let report = try await home.registry.run(
            try recipe(
                Self.step("scheme: nf4", "quantize", "id: four", "gates: {min_saving: 0.5}", "otherwise: eight")
                    + Self.step("scheme: bnb-int8", "quantize", "id: eight")))
        #expect(report.steps.map(\.status) == [.made, .notNeeded])
        #expect(report.outcome == "done")
        #expect(try names() == ["m", "m:compact"])
    }

    @Test("stop where a gate refuses: the rest is skipped, other branches are done") func stop() async throws {
        let request = try recipe(
            Self.step("scheme: bnb-int8", "quantize", "id: eight", "gates: {min_saving: 0.9}")
                + Self.step("dtype: bf16", "cast", "id: back")
                + Self.step("scheme: nf4", "quantize", "id: four", "from: source"))
        let report = try await home.registry.run(request)
        #expect(report.steps.map(\.status) == [.refused, .skipped, .made])
        #expect(report.steps[0].reason?.contains("below min_saving 90.0 %") == true)
        #expect(report.steps[1].reason == "'eight' was not made")
        #expect(report.outcome == "stopped")
        let error = try #require(throws: RegistryError.self) { try report.requireComplete() }
        #expect(error.description.contains("stopped at 'eight'"))
        #expect(try names() == ["m", "m:compact-four"])
    }

    @Test("a step that fails leaves nothing, and its reason") func failure() async throws {
        let before = try home.storedFiles()
        let report = try await home.registry.run(
            try recipe(
                Self.step("scheme: gptq-4-g128, fallback: error", "quantize", "id: odd")
                    + Self.step("dtype: bf16", "cast", "id: back")))
        #expect(report.steps.map(\.status) == [.failed, .skipped])
        #expect(report.steps[0].reason?.contains("down_proj") == true)
        #expect(try names() == ["m"])
        #expect(try home.storedFiles() == before)
    }

    @Test("a gate that needs an error which nobody measured refuses, and says so") func unmeasured() async throws {
        _ = try await home.register(PrunableModel.llama(), as: "llama")
        var request = try recipe(Self.step("layers: \"0\"", "prune", "gates: {max_rel_rmse: 0.5}"))
        request.name = "llama"
        let report = try await home.registry.run(request)
        #expect(report.steps.map(\.status) == [.refused])
        #expect(report.steps[0].reason?.contains("is not known") == true)
        #expect(try !names().contains("llama:compact"))
    }

    @Test("a chain of replacements ends with the one that is let pass") func replacements() async throws {
        let report = try await home.registry.run(
            try recipe(
                Self.step("scheme: fp4", "quantize", "id: a", "gates: {max_rel_rmse: 0.001}", "otherwise: b")
                    + Self.step("scheme: nf4", "quantize", "id: b", "gates: {max_rel_rmse: 0.001}", "otherwise: c")
                    + Self.step("scheme: bnb-int8", "quantize", "id: c")))
        #expect(report.steps.map(\.status) == [.refused, .refused, .made])
        #expect(report.steps.map(\.replacedBy) == ["c", "c", nil])
        #expect(report.outcome == "done")
        #expect(try names() == ["m", "m:compact"])
    }

    @Test("that would give two results one name are refused before anything is done") func equalNames() async throws {
        let request = try recipe(
            Self.step("scheme: fp4", "quantize", "id: a", "tag: small")
                + Self.step("scheme: nf4", "quantize", "id: b", "from: source", "tag: Small"))
        let error = await #expect(throws: RegistryError.self) { try await home.registry.run(request) }
        #expect(error?.description.contains("'a' and 'b'") == true)
        #expect(try names() == ["m"])
    }

    @Test("a widening loses nothing, which a gate can know") func exactWidening() async throws {
        var model = MadeModel(config: #"{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}"#)
        model.add("model.layers.0.mlp.up_proj.weight", [64, 256], seed: 1)
        try model.write(to: home.path("plain"))
        try await home.register(home.path("plain"), as: "plain")
        var request = try recipe(Self.step("dtype: f32", "cast", "gates: {max_rel_rmse: 0}"))
        request.name = "plain"
        let report = try await home.registry.run(request)
        #expect(report.steps.map(\.status) == [.made])
        #expect(report.steps[0].relRmse == 0)
    }

    @Test("are told as Markdown and as a page with every step in it") func documents() async throws {
        // A recipe's name may hold what Markdown and HTML take for their own.
        var request = try recipe(
            Self.step("scheme: fp4", "quantize", "id: four", "gates: {max_rel_rmse: 0.001}", "otherwise: eight")
                + Self.step("scheme: bnb-int8", "quantize", "id: eight"), name: "a|<b>")
        request.newName = "m:small"
        let report = try await home.registry.run(request)
        for format in PipelineReport.Format.allCases {
            let text = report.document(format)
            for step in ["four", "eight", "refused", "made", "source"] { #expect(text.contains(step), "\(step)") }
            #expect(!text.contains("<b>"))
        }
        #expect(report.document(.html).contains("default-src"))
    }
}
