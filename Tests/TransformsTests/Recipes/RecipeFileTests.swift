import Architectures
import Bytes
import Tensors
import Testing

@testable import Transforms

@Suite("Recipe files") struct RecipeFileTests {
    @Test("in YAML and in JSON are read alike") func reading() throws {
        let yaml = """
            # mine
            name: mine
            description: "fewer bits: more errors"
            steps:
              - transform: quantize
                parameters: {scheme: q4_k_m, encoder: best, fallback: q8_0, scale_rule: ceil, nonfinite: keep,
                  requantize: true, importance: \(String(repeating: "ab", count: 32))}
                rules:
                  - {name: lm_head, action: q6_k}
                  - pattern: 'ffn_(up|gate)\\.'
                    layers: 0-3
                    action: keep
                  - {role: mlp, layers: 5, size: "<1M", action: f16, optional: true}
            """
        let file = try RecipeFile(parsing: Array(yaml.utf8), file: "mine.yaml")
        #expect(file.name == "mine")
        #expect(file.description == "fewer bits: more errors")
        let settings = try #require(file.quantization)
        #expect(settings.target.id == "gguf-q4_k_m")
        #expect(settings.quality == .best)
        #expect(
            settings.rules.map(\.selector.text) == [
                "lm_head", "layers:0-3,re:ffn_(up|gate)\\.", "role:mlp,layers:5,size:<1M",
            ])
        #expect(settings.rules.map(\.action.text) == ["gguf-q6_k", "keep", "f16"])
        #expect(settings.rules.map(\.isOptional) == [false, false, true])
        let recipe = file.recipe
        #expect(
            recipe.text.hasPrefix(
                #"{"steps":[{"parameters":{"encoder":"best-1","fallback":"gguf-q8_0","importance":"abab"#))
        #expect(recipe.text.contains(#"{"action":"keep","layers":"0-3","pattern":"ffn_(up|gate)\\."}"#))
        // What variants keep is a recipe file too, and so is what is shown.
        for text in [recipe.text, file.yaml(comments: ["a", ""])] {
            let again = try RecipeFile(parsing: Array(text.utf8), file: "again")
            #expect(again.steps == file.steps)
            #expect(again.recipe.digest == recipe.digest)
        }
    }

    @Test(
        "that are unsound are refused, with line and key",
        arguments: [
            ("steps: []\n", "line 1, 'steps': 0 steps; a recipe has one"),
            ("nam: x\nsteps: []\n", "line 1, 'nam': there is no such key"),
            (
                "steps:\n- transform: quantize\n  parameters:\n    scheme: nf4\n    block: 64\n",
                "line 5, 'steps[0].parameters.block': there is no such key"
            ),
            ("steps:\n- transform: shrink\n  parameters: {}\n", "line 2, 'steps[0].transform': 'shrink' is no step"),
            (
                "steps:\n- transform: quantize\n  parameters: {scheme: nf5}\n",
                "line 3, 'steps[0].parameters.scheme': there is no scheme 'nf5'"
            ),
            ("steps:\n- transform: quantize\n  parameters: {}\n", "line 3, 'steps[0].parameters': it has no 'scheme'"),
            (
                "steps:\n- transform: quantize\n  parameters: {scheme: nf4}\n  rules:\n  - {action: keep}\n",
                "line 5, 'steps[0].rules[0]': it names no tensors"
            ),
            (
                "steps:\n- transform: quantize\n  parameters: {scheme: nf4}\n  rules:\n  - {name: a}\n",
                "line 5, 'steps[0].rules[0]': it has no 'action'"
            ),
            (
                "steps:\n- transform: quantize\n  parameters: {scheme: nf4}\n  rules:\n  - {pattern: (, action: keep}\n",
                "line 5, 'steps[0].rules[0].pattern': '(' is not a regular expression"
            ),
            (
                "steps:\n- transform: quantize\n  parameters: {scheme: nf4, encoder: best-9}\n",
                "line 3, 'steps[0].parameters.encoder': this version of Ingot has no encoder 'best-9'"
            ),
            (
                "steps:\n- transform: quantize\n  parameters: {scheme: nf4, requantize: 1}\n",
                "line 3, 'steps[0].parameters.requantize': '1' is neither true nor false"
            ),
            ("steps: {a: 1}\n", "line 1, 'steps': it is no list"),
            ("- 1\n", "line 1: it is no mapping with the keys name, description, steps"),
            ("", "the document is empty"), ("a: 1\na: 2\n", "line 1: the key 'a' stands there twice"),
            ("name: [\n", "line 2: did not find expected node content"),
            ("a: &x 1\nb: *x\n", "line 1: anchors ('&name') are not read"),
            ("a: 1\n---\nb: 2\n", "line 2: but found another document"),
        ])
    func refusals(yaml: String, problem: String) throws {
        let error = try #require(throws: FormatError.self) {
            try RecipeFile(parsing: Array(yaml.utf8), file: "mine.yaml")
        }
        #expect(error.problem == problem)
        #expect(error.file == "mine.yaml")
    }

    /// Deep and large documents neither crash nor take long, on the small stacks of concurrent tasks.
    @Test(
        "that are hostile are refused",
        arguments: [
            String(repeating: "[", count: 1 << 19), String(repeating: "- ", count: 1 << 19),
            String(repeating: "? ", count: 1 << 19),
            String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
            String(repeating: "- ", count: 900), String(repeating: "? ", count: 900),
            "steps: " + String(repeating: "{a: ", count: 900),
            String(repeating: "x", count: (1 << 20) + 1), "name: \u{0}", "a: [&a [x], [*a, *a]]", "a: {&b c: *b}",
            "steps: [" + String(repeating: "1,", count: 100_000) + "1]", "%YAML 9.9\n---\nsteps: []",
        ])
    func hostile(yaml: String) async throws {
        await #expect(throws: FormatError.self) {
            try await Task { try RecipeFile(parsing: Array(yaml.utf8), file: "hostile.yaml") }.value
        }
    }

    @Test("that are no UTF-8 are refused") func encoding() {
        #expect(throws: FormatError.self) { try RecipeFile(parsing: [0x61, 0x3A, 0xFF], file: "x") }
    }
}

@Suite("Presets") struct PresetTests {
    @Test("are shown as files that make the same recipe") func shown() throws {
        #expect(Preset.mixtures.count == 29)
        for preset in Preset.mixtures + Preset.schemes {
            let file = try RecipeFile(parsing: Array(preset.yaml.utf8), file: preset.name)
            #expect(file == preset.recipe, "\(preset.name)")
            #expect(file.recipe.digest == preset.settings.recipe.digest)
            #expect(try Preset(named: preset.name).name == preset.name || preset.kind == .scheme, "\(preset.name)")
            #expect(try Preset(named: preset.shortName).name == (try Preset(named: preset.name)).name)
            #expect(!preset.description.isEmpty)
            for line in preset.yaml.split(separator: "\n") { #expect(line.count <= 120, "\(preset.name)") }
        }
    }

    @Test("fit the published schema") func schema() throws {
        let schema = try Fixtures.json("../schemas/recipe.schema.json")
        let kinds = schema["properties"]?["steps"]?["items"]?["oneOf"]?.arrayValue ?? []
        #expect(
            kinds.compactMap { $0["properties"]?["transform"]?["const"]?.stringValue }
                == ["quantize", "cast", "prune", "merge", "merge_adapter", "sparsify", "distill_init"])
        let step = kinds.first?["properties"]
        let parameters = step?["parameters"]?["properties"]?.objectValue?.members.map(\.key)
        let rules = step?["rules"]?["items"]?["properties"]
        let roles = rules?["role"]?["enum"]?.arrayValue?.compactMap(\.stringValue)
        #expect(roles == RulePart.allCases.map(\.rawValue))
        let rounding = step?["parameters"]?["properties"]?["scale_rule"]?["enum"]?.arrayValue?.compactMap(\.stringValue)
        #expect(rounding == E8M0Rule.allCases.map(\.rawValue))
        for preset in Preset.mixtures + Preset.schemes {
            let recipe = try JSONValue(parsing: Array(preset.settings.recipe.text.utf8))
            let written = recipe["steps"]?.arrayValue?[0]["parameters"]?.objectValue?.members.map(\.key) ?? []
            #expect(written.allSatisfy { parameters?.contains($0) == true }, "\(preset.name)")
        }
    }

    @Test(
        "tell about as many bits as the files have",
        arguments: [
            ("q4_k_m", 4.89), ("q8_0", 8.5), ("q4_0", 4.65), ("q6_k", 6.56), ("mlx-affine4", 4.5), ("nf4", 6.0),
        ])
    func bits(name: String, bits: Double) throws {
        let found = try #require(try Preset(named: name).approximateBits)
        #expect(abs(found - bits) < 0.05, "\(name) \(found)")
    }

    @Test(
        "of mlx-lm give each module the bits that mlx-lm gives it",
        arguments: ["mixed_2_6", "mixed_3_4", "mixed_3_6", "mixed_4_6"])
    func mixed(name: String) throws {
        let preset = try Preset(named: name)
        #expect(preset.name == "mlx-" + name)
        let golden = try #require(try Fixtures.json("mlx-mixed/llama-11.json")[name]?.objectValue).members
        #expect(golden.count == 79)
        let llama = try #require(ModelFamily.of(modelType: "llama"))
        let tensors = golden.map { module, _ in
            SelectionModels.tensor(module + ".weight", llama.role(of: module + ".weight"), [64, 64])
        }
        let selection = try RecipeSelection(preset.settings, tensors: tensors)
        for ((module, bits), decision) in zip(golden, selection.decisions) {
            #expect(decision.text == "mlx-affine\(bits.intValue ?? 0)-g64", "\(module)")
        }
    }
}
