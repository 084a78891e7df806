import Bytes
import Foundation
import Registry
import Testing

@Suite("Stacks, and what config.json says of single layers") struct StackedLayersTests {
    /// The configuration of a stack of layers 0, 1, 1 and 2 of a model of three layers.
    private static func stacked(_ members: String) async throws -> JSONValue {
        let home = try TemporaryHome()
        var model = MergeTests.model(seed: 1, layers: 3)
        model.config = #"{"num_hidden_layers": 3, "hidden_size": 16, "tie_word_embeddings": false, \#(members)}"#
        try await home.register(try model.write(to: home.path("a")), as: "a")
        let yaml = """
            merge_method: passthrough
            slices:
              - sources: [{model: a, layer_range: [0, 2]}]
              - sources: [{model: a, layer_range: [1, 3]}]
            """
        _ = try await MergeTests.merge(yaml, in: home)
        _ = try await home.export("mix", to: "out", nil)
        let config = try Data(contentsOf: URL(fileURLWithPath: home.path("out/config.json")))
        return try JSONValue(parsing: Array(config))
    }

    @Test("keep the kinds that layers had by their model's period") func period() async throws {
        let config = try await Self.stacked(#""model_type": "gemma3_text", "sliding_window_pattern": 2"#)
        let types = (config["layer_types"]?.arrayValue ?? []).compactMap(\.stringValue)
        #expect(types == ["sliding_attention", "full_attention", "full_attention", "sliding_attention"])
        #expect(config["sliding_window_pattern"] == nil)
    }

    @Test("name layers without experts one by one") func dense() async throws {
        let config = try await Self.stacked(
            #""model_type": "qwen3_moe", "decoder_sparse_step": 2, "mlp_only_layers": []"#)
        let dense = (config["mlp_only_layers"]?.arrayValue ?? []).compactMap(\.intValue)
        #expect(dense == [0, 3])
        let step = config["decoder_sparse_step"]?.intValue
        #expect(step == 1)
    }

    @Test("count the layers before the first window") func window() async throws {
        let config = try await Self.stacked(
            #""model_type": "qwen2", "use_sliding_window": true, "max_window_layers": 2"#)
        let first = config["max_window_layers"]?.intValue
        #expect(first == 3)
    }

    @Test(
        "are refused where config.json cannot say it",
        arguments: [
            (#""model_type": "strange", "full_attention_interval": 3"#, "'full_attention_interval' tells layers apart"),
            (#""model_type": "strange", "layer_types": ["a"]"#, "no entry of 'layer_types' for layer 1"),
            (
                #""model_type": "qwen2", "use_sliding_window": true"#,
                "'use_sliding_window' is true, and nothing says for which"
            ),
        ])
    func refused(members: String, problem: String) async throws {
        let error = try await #require(throws: FormatError.self) { try await Self.stacked(members) }
        let text = "\(error)"
        #expect(text.contains(problem), "\(error)")
        #expect(text.contains("config.json"), "\(error)")
    }
}
