import Architectures
import Bytes
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("What becomes of tensors") struct RecipeSelectionTests {
    private static let attention = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"]
    private static let mlp = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]

    /// Which layers bitsandbytes takes was seen in what transformers 5.23.0 saves with it.
    @Test(
        "in bitsandbytes' schemes are the linear layers, but no head, router or expert",
        arguments: [
            ("llama", attention + mlp, ["embedding", "norm"]), ("gemma3", attention + mlp, ["embedding", "norm"]),
            (
                "gpt2", ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"],
                ["bias", "embedding", "no matrix", "norm"]
            ),
            ("mixtral", attention, ["embedding", "expert", "norm", "output head", "router"]),
            ("mixtral-fused", attention, ["embedding", "expert", "norm", "output head", "router"]),
            ("qwen3_moe", attention, ["embedding", "expert", "norm", "output head", "router"]),
            (
                "bert",
                [
                    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
                    "intermediate.dense", "output.dense", "pooler.dense",
                ], ["bias", "embedding", "norm"]
            ),
            (
                "phi3", ["self_attn.qkv_proj", "self_attn.o_proj", "mlp.gate_up_proj", "mlp.down_proj"],
                ["embedding", "norm", "output head"]
            ),
        ] as [(String, [String], [String])])
    func bitsAndBytes(model: String, layers: [String], reasons: [String]) throws {
        let (tensors, config) = try SelectionModels.checkpoint(model)
        let selection = try RecipeSelection(
            QuantizeSettings(target: try ConversionTarget(named: "nf4")),
            tensors: SelectionTensor.list(tensors, family: ModelFamily.of(config: config)))
        var found: Set<String> = [], kept: Set<String> = []
        for (tensor, decision) in zip(tensors, selection.decisions) {
            let layer = layers.first { tensor.name.hasSuffix($0 + ".weight") }
            if case .keep(let reason) = decision {
                kept.insert(reason)
                #expect(layer == nil, "\(tensor.name)")
            } else {
                found.formUnion([layer].compactMap(\.self))
                #expect(layer != nil && decision.text == "bnb-nf4", "\(tensor.name)")
            }
        }
        #expect(found == Set(layers))
        #expect(kept == Set(reasons))
    }

    @Test(
        "says which experts transformers does not load",
        arguments: [
            ("ct-int4-asym", "does not load"), ("ct-int8", "does not load"), ("ct-fp8-block128", "does not load"),
            ("ct-mxfp8", "does not load"), ("ct-nvfp4", "wrongly decodes"), ("ct-int4", nil), ("ct-fp8", nil),
            ("ct-mxfp4", nil), ("gptq", nil),
        ] as [(String, String?)])
    func experts(scheme: String, fault: String?) throws {
        let expert = SelectionModels.tensor("model.layers.0.mlp.experts.0.up_proj.weight", .expert, [128, 256])
        let target = try ConversionTarget(named: scheme)
        func notes(_ tensors: [SelectionTensor], _ rules: [TensorRule] = []) throws -> [String] {
            var settings = QuantizeSettings(target: target)
            settings.rules = rules
            return try RecipeSelection(settings, tensors: tensors).notes
        }
        let expected = fault.map {
            ["transformers 5.23 \($0) experts in \(target.id); vLLM and compressed-tensors decode them"]
        }
        #expect(try notes(SelectionModels.small + [expert]) == expected ?? [])
        #expect(try notes(SelectionModels.small) == [])
        let kept = try TensorRule(parsing: "re:experts=keep", family: target.family)
        #expect(try notes(SelectionModels.small + [expert], [kept]) == [])
    }

    @Test(
        "by default depends on the family",
        arguments: [
            ("gptq", ["linear"]), ("awq", ["linear"]), ("ct-fp8", ["linear"]), ("fp8-block128", ["linear"]),
            ("mlx-affine4", ["linear", "embedding", "head"]), ("gguf-q4_k", ["linear", "embedding", "head"]),
        ] as [(String, Set<String>)])
    func families(scheme: String, quantized: Set<String>) throws {
        let selection = try RecipeSelection(
            QuantizeSettings(target: try ConversionTarget(named: scheme)), tensors: SelectionModels.small)
        let kinds: [String: String] = [
            "model.embed_tokens.weight": "embedding", "lm_head.weight": "head",
            "model.layers.0.self_attn.q_proj.weight": "linear", "model.layers.1.self_attn.q_proj.weight": "linear",
            "model.layers.1.mlp.down_proj.weight": "linear",
        ]
        for (tensor, decision) in zip(SelectionModels.small, selection.decisions) {
            let isQuantized = decision.text == (try ConversionTarget(named: scheme)).id
            let isExpected = kinds[tensor.name].map { quantized.contains($0) } ?? false
            #expect(isQuantized == isExpected, "\(tensor.name)")
        }
    }

    @Test("follows the narrowest rule, whatever the order") func narrowest() throws {
        let texts = [
            "re:proj=mlx-affine6-g64", "role:mlp=mlx-affine8-g64", "q_proj=mlx-affine5-g64",
            "model.layers.1.self_attn.q_proj=bf16", "lm_head=keep", "role:mlp,layers:1=mlx-affine3-g64",
        ]
        for texts in [texts, texts.reversed()] {
            let selection = try Self.select("mlx-affine4", texts)
            #expect(selection["model.layers.0.self_attn.q_proj.weight"] == "mlx-affine5-g64")
            #expect(selection["model.layers.1.self_attn.q_proj.weight"] == "bf16")
            // An expression is narrower than a role.
            #expect(selection["model.layers.1.mlp.down_proj.weight"] == "mlx-affine6-g64")
            #expect(selection["lm_head.weight"] == "keep")
            #expect(selection["model.embed_tokens.weight"] == "mlx-affine4-g64")
        }
    }

    @Test("is refused where two rules are equally narrow and disagree") func conflict() throws {
        let error = try #require(throws: FormatError.self) {
            try Self.select("mlx-affine4", ["re:q_proj=mlx-affine6-g64", "re:layers.0=mlx-affine8-g64"])
        }
        #expect(error.tensor == "model.layers.0.self_attn.q_proj.weight")
        #expect(
            error.problem == "two rules speak of it and disagree: 're:q_proj' says mlx-affine6-g64, "
                + "'re:layers.0' says mlx-affine8-g64")
        // Two that agree are none.
        _ = try Self.select("mlx-affine4", ["re:q_proj=mlx-affine6-g64", "re:layers.0=mlx-affine6-g64"])
    }

    @Test(
        "is refused where a rule means nothing",
        arguments: [
            ("gptq", "v_projection=keep", "matches none"), ("gptq", "layers:7=keep", "matches none"),
            ("gptq", "re:embed_tokens=gptq-8-g128", "matches only"), ("gptq", "re:lm_head=gptq-8-g128", "matches only"),
            ("gguf-q4_k", "role:norm=f16", "matches only"), ("mlx-affine4", "norm=mlx-affine8-g64", "matches only"),
        ])
    func idle(scheme: String, rule: String, problem: String) throws {
        let error = try #require(throws: FormatError.self) { try Self.select(scheme, [rule]) }
        #expect(error.problem.contains(problem), "\(error)")
    }

    @Test("includes an output head that a rule names") func named() throws {
        #expect(try Self.select("gptq", ["lm_head=gptq-8-g128"])["lm_head.weight"] == "gptq-8-g128")
        #expect(try Self.select("gptq", ["role:output=gptq-8-g128"])["lm_head.weight"] == "gptq-8-g128")
        #expect(try Self.select("gptq", ["model.norm=f32"])["model.norm.weight"] == "f32")
    }

    @Test("is refused where blocks do not divide rows, all tensors named") func rows() throws {
        var settings = QuantizeSettings(target: try ConversionTarget(named: "gguf-q4_k"))
        let tensors = (0..<7).map { SelectionModels.tensor("blk.\($0).attn_q.weight", .linear, [64, 96]) }
        let error = try #require(throws: FormatError.self) { try RecipeSelection(settings, tensors: tensors) }
        #expect(
            error.problem
                == "the blocks of gguf-q4_k, 256 columns each, do not divide the rows of 7 tensors: "
                + "blk.0.attn_q.weight (96), blk.1.attn_q.weight (96), blk.2.attn_q.weight (96), "
                + "blk.3.attn_q.weight (96), blk.4.attn_q.weight (96) and 2 more")
        settings.fallback = try Fallback(parsing: "q8_0", family: .gguf)
        let selection = try RecipeSelection(settings, tensors: tensors)
        #expect(selection.decisions.allSatisfy { $0.text == "gguf-q8_0" })
        #expect(selection.replacements.count == 7)
        #expect(
            selection.notes
                == ["gguf-q4_k → gguf-q8_0 for 7 tensors whose rows the blocks do not divide (blk.0.attn_q.weight …)"])
        settings.fallback = .llamaCpp
        #expect(try RecipeSelection(settings, tensors: tensors).decisions[0].text == "gguf-q5_0")
        settings.fallback = try Fallback(parsing: "q6_k", family: .gguf)
        #expect(throws: FormatError.self) { try RecipeSelection(settings, tensors: tensors) }
        settings.fallback = .action(.keep)
        #expect(throws: FormatError.self) { try RecipeSelection(settings, tensors: tensors) }
    }

    @Test("keeps or refuses NaN and infinities") func nonfinite() throws {
        let tensors =
            SelectionModels.small + [
                SelectionModels.tensor("model.layers.1.x_proj.weight", .linear, [64, 128], "2 NaN")
            ]
        var settings = QuantizeSettings(target: try ConversionTarget(named: "nf4"))
        let error = try #require(throws: FormatError.self) { try RecipeSelection(settings, tensors: tensors) }
        #expect(error.tensor == "model.layers.1.x_proj.weight")
        settings.keepsNonfinite = true
        #expect(try RecipeSelection(settings, tensors: tensors).decisions.last == .keep(reason: "holds 2 NaN"))
    }

    @Test("is refused where nothing can be quantized") func nothing() throws {
        let norms = SelectionModels.small.filter { $0.role == .norm }
        for name in ["nf4", "mlx-affine4", "gguf-q4_k"] {
            let settings = QuantizeSettings(target: try ConversionTarget(named: name))
            #expect(throws: FormatError.self) { try RecipeSelection(settings, tensors: norms) }
            #expect(throws: FormatError.self) { try RecipeSelection(settings, tensors: []) }
        }
    }

    @Test("in a mixture needs the model's numbers, and lets rules go first") func mixture() throws {
        let golden = try MixtureGolden("llama-16-gqa4.json")
        let tensors = golden.tensors.map { name, shape in
            SelectionModels.tensor(name, shape.count > 1 ? .linear : .norm, shape)
        }
        for (fileType, rules, letters) in golden.overrides {
            var settings = QuantizeSettings(target: try ConversionTarget(named: fileType))
            #expect(throws: FormatError.self) { try RecipeSelection(settings, tensors: tensors) }
            // llama-quantize takes the first rule that finds a name; here the later ones leave out what is decided.
            settings.rules = try rules.enumerated().map { place, rule in
                let others = rules[..<place].map { "(?!.*\($0.pattern))" }.joined()
                return try TensorRule(
                    TensorSelector(pattern: "^\(others).*\(rule.pattern)"),
                    try TensorRule.Action(parsing: rule.type, family: .gguf), isOptional: true)
            }
            let selection = try RecipeSelection(settings, tensors: tensors, model: golden.model)
            for ((tensor, decision), letter) in zip(zip(tensors, selection.decisions), letters) {
                let choice: GGUFMixture.Choice =
                    switch decision {
                    case .quantize(.blocks(let type)): .store(.block(type), wanted: nil)
                    case .cast(let dtype): .store(.plain(dtype), wanted: nil)
                    default: .keep(reason: "")
                    }
                #expect(MixtureGolden.matches(choice, letter), "\(fileType) \(tensor.name) \(decision)")
            }
        }
    }

    /// What becomes of the small model's tensors, by name.
    private static func select(_ scheme: String, _ rules: [String]) throws -> [String: String] {
        var settings = QuantizeSettings(target: try ConversionTarget(named: scheme))
        settings.rules = try rules.map { try TensorRule(parsing: $0, family: settings.target.family) }
        let selection = try RecipeSelection(settings, tensors: SelectionModels.small)
        let pairs = zip(SelectionModels.small, selection.decisions).map { ($0.name, $1.text) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}

/// Models for selections.
enum SelectionModels {
    static func tensor(
        _ name: String, _ role: TensorRole, _ shape: [Int], _ nonfinite: String? = nil
    ) -> SelectionTensor {
        SelectionTensor(
            name: name, role: role, shape: shape, dtype: .BF16, storedAs: "BF16",
            layer: SelectionTensor.layerNumber(in: name), nonfinite: nonfinite)
    }

    static let small: [SelectionTensor] = [
        tensor("model.embed_tokens.weight", .embedding, [64, 256]),
        tensor("model.layers.0.self_attn.q_proj.weight", .linear, [64, 256]),
        tensor("model.layers.0.input_layernorm.weight", .norm, [256]),
        tensor("model.layers.1.self_attn.q_proj.weight", .linear, [64, 256]),
        tensor("model.layers.1.mlp.down_proj.weight", .linear, [256, 512]),
        tensor("model.layers.1.mlp.down_proj.bias", .bias, [256]),
        tensor("model.norm.weight", .norm, [256]), tensor("lm_head.weight", .outputHead, [64, 256]),
    ]

    /// The tensors and configuration of one of the models in `fixtures/architectures`.
    static func checkpoint(_ name: String) throws -> (tensors: [TensorDescription], config: JSONValue) {
        let model = try Fixtures.json("architectures/\(name).json")
        let tensors = try #require(model["tensors"]?.arrayValue).map { item in
            let pair = try #require(item.arrayValue)
            let shape = try #require(Shape((pair[1].arrayValue ?? []).compactMap(\.intValue)))
            return TensorDescription(
                name: try #require(pair[0].stringValue), dtype: .BF16, shape: shape, byteRange: 0..<0)
        }
        return (tensors, try #require(model["config"]))
    }
}
