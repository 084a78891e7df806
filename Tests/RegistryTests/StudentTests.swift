import Bytes
import Foundation
import Registry
import Testing

@Suite("Students") struct StudentTests {
    private func request(_ name: String = "m", _ change: (inout StudentRequest) -> Void) -> StudentRequest {
        var request = StudentRequest(teacher: name)
        change(&request)
        return request
    }

    private func home() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m", tokenizer: PrunableModel.tokenizer)
        return home
    }

    @Test("take layers over as they are, under new numbers, with what a trainer must know") func layers() async throws {
        let home = try await home()
        let report = try await home.registry.makeStudent(
            request {
                $0.layers = "0,2"
                $0.temperature = 4
                $0.alpha = 0.25
                $0.newName = "student"
            })
        #expect(report.outcome == "made" && report.name == "student" && report.layers == [0, 2])
        let source = try PruneFiles(home.path("source-m/model.safetensors"))
        let made = try await PruneFiles(of: "student", home)
        #expect(made.names.count == source.names.count - 9)
        for (student, teacher) in [(0, 0), (1, 2)] {
            for module in ["self_attn.q_proj", "mlp.down_proj", "input_layernorm"] {
                let new = try made.matrix("model.layers.\(student).\(module).weight")
                #expect(try new == source.matrix("model.layers.\(teacher).\(module).weight"))
            }
        }
        #expect(try await home.document("student", "config.json")["num_hidden_layers"] == .number(2))
        let map = try await home.document("student", "distill.json")
        let teacher = try home.registry.show("m")
        #expect(map["teacher"]?["digest"]?.stringValue == teacher.artifact.digest)
        #expect(map["temperature"]?.doubleValue == 4 && map["alpha"]?.doubleValue == 0.25)
        #expect(map["layers"]?.arrayValue?.compactMap(\.intValue) == [0, 2])
        let entries = map["tensors"]?.arrayValue ?? []
        #expect(entries.count == made.names.count)
        let entry = entries.first { $0["student"]?.stringValue == "model.layers.1.mlp.up_proj.weight" }
        #expect(entry?["teacher"]?.stringValue == "model.layers.2.mlp.up_proj.weight" && entry?["rows"] == nil)
    }

    @Test("have their teacher in the lineage, take no room for what they share, and are proven") func lineage()
        async throws
    {
        let home = try await home()
        let report = try await home.registry.makeStudent(request { $0.every = 2 })
        #expect(report.name == "m:student-every2" && report.layers == [0, 2])
        let rows = try home.rows("SELECT parent, role, recipe FROM lineage WHERE child = 'm:student-every2'")
        let text = "\(rows)"
        #expect(text.contains("teacher") && text.contains("distill_init") && rows.count == 1)
        #expect(try home.registry.show(report.name).artifact.kind == "distilled")
        #expect(try await home.registry.rederive(report.name).outcome == "proven")
        #expect(try await home.registry.makeStudent(request { $0.every = 2 }).outcome == "unchanged")
    }

    @Test("are narrower by channels and heads that the map names") func width() async throws {
        let home = try await home()
        let report = try await home.registry.makeStudent(
            request {
                $0.width = 0.5
                $0.layers = "1"
            })
        let config = try await home.document(report.name, "config.json")
        let sizes = ["hidden_size": 8, "intermediate_size": 12, "num_attention_heads": 2, "num_key_value_heads": 1]
        for (key, value) in sizes { #expect(config[key] == .number(value), "\(key)") }
        let map = try await home.document(report.name, "distill.json")
        let lists = (map["index_lists"]?.arrayValue ?? []).map { PruneTests.indices($0.stringValue ?? "") }
        let name = "model.layers.0.mlp.up_proj.weight"
        let entry = try #require(map["tensors"]?.arrayValue?.first { $0["student"]?.stringValue == name })
        let places = try (#require(entry["rows"]?.intValue), #require(entry["columns"]?.intValue))
        let rows = lists[places.0], columns = lists[places.1]
        let source = try PruneFiles(home.path("source-m/model.safetensors"))
        let teacher = try source.matrix(try #require(entry["teacher"]?.stringValue))
        let made = try await PruneFiles(of: report.name, home).matrix(name)
        #expect(made == rows.map { row in columns.map { teacher[row][$0] } })
        let norm = map["tensors"]?.arrayValue?.first { $0["student"]?.stringValue == "model.norm.weight" }
        #expect(abs((norm?["factor"]?.doubleValue ?? 0) - 2.0.squareRoot()) < 1e-12)
    }

    /// A BERT of three layers that predicts masked words, with the names of old checkpoints where `isOld`.
    private func bert(isOld: Bool = false) -> MadeModel {
        var model = MadeModel()
        model.config = """
            {"architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_size": 16, "intermediate_size": 32,
            "num_attention_heads": 4, "num_hidden_layers": 3, "vocab_size": 20, "max_position_embeddings": 24,
            "type_vocab_size": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.1,
            "layer_norm_eps": 1e-12, "initializer_range": 0.02, "pad_token_id": 0}
            """
        func norm(_ name: String, seed: UInt64) {
            model.add(name + (isOld ? ".gamma" : ".weight"), [16], seed: seed)
            model.add(name + (isOld ? ".beta" : ".bias"), [16], seed: seed + 1)
        }
        for (place, name) in ["word", "position", "token_type"].enumerated() {
            model.add(
                "bert.embeddings.\(name)_embeddings.weight", [[20, 16], [24, 16], [2, 16]][place], seed: UInt64(place))
        }
        norm("bert.embeddings.LayerNorm", seed: 5)
        for layer in 0..<3 {
            let stem = "bert.encoder.layer.\(layer).", seed = UInt64(100 * (layer + 1))
            let modules: [(String, Int, Int)] = [
                ("attention.self.query", 16, 16), ("attention.self.key", 16, 16), ("attention.self.value", 16, 16),
                ("attention.output.dense", 16, 16), ("intermediate.dense", 32, 16), ("output.dense", 16, 32),
            ]
            for (place, (name, rows, columns)) in modules.enumerated() {
                model.add(stem + name + ".weight", [rows, columns], seed: seed + UInt64(2 * place))
                model.add(stem + name + ".bias", [rows], seed: seed + UInt64(2 * place + 1))
            }
            norm(stem + "attention.output.LayerNorm", seed: seed + 20)
            norm(stem + "output.LayerNorm", seed: seed + 22)
        }
        model.add("bert.pooler.dense.weight", [16, 16], seed: 6)
        model.add("cls.predictions.bias", [20], seed: 7)
        model.add("cls.predictions.transform.dense.weight", [16, 16], seed: 8)
        model.add("cls.predictions.transform.dense.bias", [16], seed: 9)
        norm("cls.predictions.transform.LayerNorm", seed: 10)
        return model
    }

    @Test("of BERT have DistilBERT's names and configuration", arguments: [false, true]) func distilBERT(isOld: Bool)
        async throws
    {
        let home = try TemporaryHome()
        try await home.register(bert(isOld: isOld), as: "b")
        let report = try await home.registry.makeStudent(
            request("b") {
                $0.preset = .distilbert
                $0.layers = "0,2"
            })
        #expect(report.name == "b:distilbert-layers0_2")
        #expect(report.notes.contains { $0.contains("pooler") && $0.contains("token_type") })
        let source = try PruneFiles(home.path("source-b/model.safetensors"))
        let made = try await PruneFiles(of: report.name, home)
        let norm = isOld ? "gamma" : "weight"
        let pairs = [
            ("distilbert.embeddings.word_embeddings.weight", "bert.embeddings.word_embeddings.weight"),
            ("distilbert.embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.\(norm)"),
            (
                "distilbert.transformer.layer.1.attention.q_lin.weight",
                "bert.encoder.layer.2.attention.self.query.weight"
            ),
            (
                "distilbert.transformer.layer.1.attention.out_lin.bias",
                "bert.encoder.layer.2.attention.output.dense.bias"
            ),
            (
                "distilbert.transformer.layer.1.sa_layer_norm.weight",
                "bert.encoder.layer.2.attention.output.LayerNorm.\(norm)"
            ),
            ("distilbert.transformer.layer.0.ffn.lin1.weight", "bert.encoder.layer.0.intermediate.dense.weight"),
            ("distilbert.transformer.layer.0.ffn.lin2.weight", "bert.encoder.layer.0.output.dense.weight"),
            (
                "distilbert.transformer.layer.0.output_layer_norm.weight",
                "bert.encoder.layer.0.output.LayerNorm.\(norm)"
            ),
            ("vocab_projector.bias", "cls.predictions.bias"),
            ("vocab_transform.weight", "cls.predictions.transform.dense.weight"),
            ("vocab_layer_norm.weight", "cls.predictions.transform.LayerNorm.\(norm)"),
        ]
        for (student, teacher) in pairs { #expect(try made.matrix(student) == source.matrix(teacher), "\(student)") }
        let tensorCount: Int = 4 + 2 * 16 + 5
        #expect(made.names.count == tensorCount)
        let config = try await home.document(report.name, "config.json")
        #expect(config["model_type"]?.stringValue == "distilbert" && config["n_layers"] == .number(2))
        #expect(config["dim"] == .number(16) && config["hidden_dim"] == .number(32) && config["n_heads"] == .number(4))
        #expect(config["dropout"]?.doubleValue == 0.2 && config["activation"]?.stringValue == "gelu")
        #expect(config["architectures"]?.arrayValue?.first?.stringValue == "DistilBertForMaskedLM")
    }

    private func expectRefusal(
        _ home: TemporaryHome, _ name: String = "m", saying words: String..., change: (inout StudentRequest) -> Void
    ) async throws {
        let before = try home.storedFiles()
        let prepared = request(name, change)
        let error = await #expect(throws: (any Error).self) { _ = try await home.registry.makeStudent(prepared) }
        let text = error.map { "\($0)" } ?? ""
        for word in words { #expect(text.contains(word), "\(text)") }
        #expect(try home.storedFiles() == before)
    }

    @Test("are refused where nothing would come of them, and leave nothing behind") func refusals() async throws {
        let home = try await home()
        try await home.register(bert(), as: "b")
        try await expectRefusal(home, saying: "nothing says", "preset") { _ in }
        try await expectRefusal(home, saying: "no layer 3", "0 to 2") { $0.layers = "0,3" }
        try await expectRefusal(home, saying: "no list of layers") { $0.layers = "zero" }
        try await expectRefusal(home, saying: "whole width") { $0.layers = "0-2" }
        try await expectRefusal(home, saying: "every 0") { $0.every = 0 }
        try await expectRefusal(home, saying: "Give one of them") {
            $0.layers = "0"
            $0.every = 2
        }
        try await expectRefusal(home, saying: "between 0 and 1") { $0.width = 1.5 }
        try await expectRefusal(home, saying: "temperature") {
            $0.every = 2
            $0.temperature = 0
        }
        try await expectRefusal(home, saying: "alpha") {
            $0.every = 2
            $0.alpha = 2
        }
        try await expectRefusal(home, saying: "'bert'", "'llama'") { $0.preset = .distilbert }
        try await expectRefusal(home, saying: "'gpt2'", "'llama'") { $0.preset = .distilgpt2 }
        try await expectRefusal(home, "b", saying: "0,2,4,7,9,11", "has 3", "--layers") { $0.preset = .distilbert }
        try await expectRefusal(home, "b", saying: "ingot prune") {
            $0.preset = .distilbert
            $0.layers = "0"
            $0.width = 0.5
        }
        var broken = bert()
        broken.tensors.removeAll { $0.name == "bert.encoder.layer.1.output.dense.bias" }
        try await home.register(broken, as: "broken")
        try await expectRefusal(home, "broken", saying: "encoder.layer.1.output.dense.bias", "whole checkpoint") {
            $0.preset = .distilbert
            $0.layers = "1"
        }
    }
}
