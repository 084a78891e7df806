import Bytes
import Numbers
import Testing

@testable import Transforms

@Suite("Merge recipes") struct MergeSettingsTests {
    private static func settings(_ yaml: String) throws -> MergeSettings {
        try MergeSettings(parsing: Array(yaml.utf8), file: "mix.yaml")
    }

    @Test("of mergekit are read, with gradients and filters") func read() throws {
        let settings = try Self.settings(
            """
            merge_method: slerp
            base_model: a
            slices:
              - sources:
                  - {model: a, layer_range: [0, 32]}
                  - {model: b/c:tag, layer_range: [0, 32]}
            parameters:
              t:
                - {filter: self_attn, value: [0, 0.5, 1]}
                - value: 0.25
            dtype: bfloat16
            """)
        #expect(settings.method == .slerp && settings.isStacked)
        #expect(settings.models == ["a", "b/c:tag"] && settings.mainModel == "a")
        #expect(settings.dtype == .BF16)
        let slice = settings.slices[0]
        let values = [("model.layers.8.self_attn.q_proj.weight", 0.25), ("model.layers.8.mlp.up_proj.weight", 0.25)]
        for (tensor, place) in values {
            let value = settings.value("t", of: nil, in: slice, tensor: tensor, place: place)
            #expect(value == (tensor.contains("self_attn") ? 0.25 : 0.25))
        }
        let last = settings.value("t", of: nil, in: slice, tensor: "x.self_attn.y", place: 1)
        #expect(last == 1)
        #expect(settings.value("t", of: nil, in: slice, tensor: "x.self_attn.y", place: 0.75) == 0.75)
    }

    @Test("prefer what is said nearest: model, slice, whole") func precedence() throws {
        let settings = try Self.settings(
            """
            merge_method: linear
            slices:
              - sources:
                  - {model: a, layer_range: [0, 1], parameters: {weight: 3}}
                  - {model: b, layer_range: [0, 1]}
                parameters: {weight: 2}
              - sources: [{model: a, layer_range: [0, 1]}]
            parameters: {weight: 1}
            """)
        let weights = settings.slices.flatMap { slice in
            slice.sources.map { settings.value("weight", of: $0, in: slice, tensor: "t", place: 0) }
        }
        #expect(weights == [3, 2, 1])
    }

    @Test("keep their meaning in the canonical text") func canonical() throws {
        let settings = try Self.settings(
            """
            merge_method: dare_ties
            base_model: "@aa"
            models:
              - {model: "@bb", parameters: {weight: 0.5, density: [0.2, 1]}}
              - {model: "@cc", parameters: {weight: [{filter: mlp, value: 1}, {value: 0}]}}
            parameters: {normalize: true}
            seed: 18446744073709551615
            tokenizer_source: base
            """)
        let recipe = Recipe(steps: [.merge(settings)])
        let again = try RecipeFile(parsing: Array(recipe.text.utf8), file: "again")
        #expect(again.steps == [.merge(settings)])
        #expect(again.recipe.digest == recipe.digest)
        #expect(recipe.text.contains(#""seed":18446744073709551615"#))
    }

    @Test(
        "that are unsound are refused, with line, key and remedy",
        arguments: [
            ("models: []\n", "it has no 'merge_method'", "docs/transforms.md"),
            ("merge_method: karcher\nmodels: []\n", "line 1, 'merge_method': 'karcher' is not known", "slerp"),
            ("merge_method: linear\nmodles: []\n", "line 2, 'modles': there is no such key", "models"),
            ("merge_method: linear\nmodels: []\n", "no models are named", "docs"),
            (
                "merge_method: linear\nmodels: [{model: a, parameters: {wieght: 1}}]\n",
                "'models[0].parameters.wieght': there is no such key", "weight"
            ),
            ("merge_method: ties\nmodels: [{model: a}]\n", "there is no 'base_model'", "Name the model"),
            (
                "merge_method: linear\nmodels: [{model: a}]\nslices: [{sources: [{model: a, layer_range: [0, 1]}]}]\n",
                "it has 'models' too", "Leave one"
            ),
            (
                "merge_method: linear\nslices: [{sources: [{model: a, layer_range: [4, 2]}]}]\n",
                "no range of layers", "[0, 16]"
            ),
            (
                "merge_method: linear\nslices: [{sources: [{model: a, layer_range: [0, 2]}, "
                    + "{model: b, layer_range: [0, 3]}]}]\n", "different numbers of layers", "same number"
            ),
            (
                "merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: [0, 2]}, "
                    + "{model: b, layer_range: [0, 2]}]}]\n", "a slice names 2 models", "one source"
            ),
            ("merge_method: slerp\nmodels: [{model: a}, {model: b}]\n", "one of which is base_model", "base_model"),
            ("merge_method: linear\nmodels: [{model: a+lora}]\n", "adds an adapter", "ingot merge BASE --adapter"),
            (
                "merge_method: linear\nmodels: [{model: a}]\ntokenizer_source: union\n",
                "'tokenizer_source': vocabularies are not joined", "base"
            ),
            (
                "merge_method: linear\nmodels: [{model: a}]\nchat_template: x\n", "does not know this key",
                "Leave it out"
            ),
            ("merge_method: linear\nmodels: [{model: a}]\ndtype: int8\n", "'int8' is no dtype", "bfloat16"),
            (
                "merge_method: linear\nmodels: [{model: a, parameters: {weight: .nan}}]\n", "no finite number", "docs"
            ),
            ("merge_method: linear\nmodels: [{model: a, parameters: {weight: []}}]\n", "an empty list", "docs"),
        ])
    func refused(yaml: String, problem: String, remedy: String) throws {
        let error = try #require(throws: FormatError.self) { try Self.settings(yaml) }
        #expect(error.file == "mix.yaml")
        #expect(error.problem.contains(problem), "\(error)")
        #expect(error.remedy.contains(remedy), "\(error)")
    }
}
