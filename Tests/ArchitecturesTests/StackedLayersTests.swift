import Bytes
import Testing

@testable import Architectures

@Suite("Stacked layers") struct StackedLayersTests {
    private func stack(_ members: String, _ layers: [Int]) throws -> JSONObject? {
        let config = try ModelAxesTests.config(members)
        let places = layers.map { LayerPlace(config: config, model: "m", layer: $0) }
        let object = try #require(config.objectValue)
        return try StackedLayers(places).config(object, of: "m")
    }

    private func strings(_ value: JSONValue?) -> [String] {
        (value?.arrayValue ?? []).compactMap(\.stringValue)
    }

    @Test("attend as they did where they come from, also where a period told it") func period() throws {
        let members = "\"model_type\": \"gemma3_text\", \"num_hidden_layers\": 6, \"sliding_window_pattern\": 3"
        let config = try #require(try stack(members, [0, 2, 1, 2]))
        #expect(config["num_hidden_layers"] == .number(4))
        let kinds = strings(config["layer_types"])
        #expect(kinds == ["sliding_attention", "full_attention", "sliding_attention", "full_attention"])
        #expect(config["sliding_window_pattern"] == nil)
        let same = try #require(try stack(members, [0, 1, 2, 3]))
        #expect(same["layer_types"] == nil)
        #expect(same["sliding_window_pattern"] == .number(3))
    }

    @Test("take their items of lists, also in the part for the language model") func lists() throws {
        let kinds = "\"layer_types\": [\"a\", \"b\"], \"no_rope_layers\": [0, 1]"
        let config = try #require(try stack("\"text_config\": {\"num_hidden_layers\": 2, \(kinds)}", [1, 0, 1]))
        let text = config["text_config"]
        #expect(text?["num_hidden_layers"] == .number(3))
        #expect(strings(text?["layer_types"]) == ["b", "a", "b"])
        #expect(text?["no_rope_layers"] == .array([.number(1), .number(0), .number(1)]))
    }

    @Test("list those without experts, and count those with a full window") func numbers() throws {
        let config = try #require(
            try stack(
                """
                "num_hidden_layers": 4, "decoder_sparse_step": 2, "max_window_layers": 2, "use_sliding_window": true
                """, [1, 2, 0, 3]))
        #expect(config["mlp_only_layers"] == .array([.number(1), .number(2)]))
        #expect(config["decoder_sparse_step"] == .number(1))
        #expect(config["max_window_layers"] == .number(1))
        let full = "full_attention", slides = "sliding_attention"
        #expect(strings(config["layer_types"]) == [full, slides, full, slides])
    }

    @Test("are refused where only a number tells what a layer is") func refusals() throws {
        for key in ["full_attention_interval", "moe_layer_freq"] {
            let error = #expect(throws: FormatError.self) {
                _ = try stack("\"num_hidden_layers\": 4, \"\(key)\": 4", [0, 2])
            }
            let text = error?.description ?? ""
            #expect(text.contains(key), "\(text)")
            #expect(text.contains("config.json of m"), "\(text)")
        }
        #expect(throws: FormatError.self) {
            _ = try stack("\"num_hidden_layers\": 4, \"first_k_dense_replace\": 1", [0, 1, 0])
        }
        #expect(try stack("\"hidden_size\": 4", [0]) == nil)
    }
}
