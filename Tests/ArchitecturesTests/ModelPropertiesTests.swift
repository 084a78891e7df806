import Bytes
import Foundation
import Testing

@testable import Architectures

@Suite("Model properties") struct ModelPropertiesTests {
    private func properties(_ json: String) throws -> ModelProperties {
        ModelProperties(config: try JSONValue(parsing: Array(json.utf8), dialect: .python))
    }

    @Test("come from a Llama's config.json, as transformers wrote it")
    func llama() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../fixtures/models/tiny-llama/config.json").path()
        let file = try OpenFile(path)
        let found = ModelProperties(config: try JSONValue(parsing: try file.bytes(0..<file.byteCount)))
        var expected = ModelProperties(config: .null)
        expected.architecture = "LlamaForCausalLM"
        expected.modelType = "llama"
        expected.layerCount = 4
        expected.hiddenSize = 256
        expected.headCount = 8
        expected.keyValueHeadCount = 4
        expected.vocabularySize = 2048
        expected.contextLength = 512
        expected.intermediateSize = 768
        expected.dtype = "bfloat16"
        expected.tieWordEmbeddings = true
        #expect(found == expected)
    }

    @Test("come from GPT-2's names, whose inner size is null by default")
    func gpt2() throws {
        let found = try properties(
            #"{"model_type":"gpt2","n_layer":4,"n_embd":256,"n_head":8,"n_positions":512,"n_inner":null,"vocab_size":9}"#
        )
        #expect(found.layerCount == 4)
        #expect(found.hiddenSize == 256)
        #expect(found.headCount == 8)
        #expect(found.keyValueHeadCount == 8)
        #expect(found.contextLength == 512)
        #expect(found.intermediateSize == nil)
        #expect(found.architecture == nil)
    }

    @Test("come from the language part of a model of several parts, unless the top level says them")
    func nested() throws {
        let found = try properties(
            #"""
            {"model_type":"gemma3","torch_dtype":"torch.float16","vision_config":{"num_hidden_layers":99},
             "hidden_size":7,"text_config":{"model_type":"gemma3_text","num_hidden_layers":2,"hidden_size":8,
             "tie_word_embeddings":false,"rope":Infinity}}
            """#)
        #expect(found.modelType == "gemma3")
        #expect(found.layerCount == 2)
        #expect(found.hiddenSize == 7)
        #expect(found.dtype == "float16")
        #expect(found.tieWordEmbeddings == false)
    }

    @Test("leave out what is no sensible value", arguments: ["-1", "0", "1.5", "\"4\"", "true", "null", "[4]", "1e3"])
    func nonsense(value: String) throws {
        let found = try properties(#"{"num_hidden_layers":\#(value),"architectures":\#(value),"dtype":\#(value)}"#)
        #expect(found.layerCount == nil)
        #expect(found.architecture == nil)
        #expect(found.dtype == (value == "\"4\"" ? "4" : nil))
    }

    @Test("say one head of keys and values where the model shares it")
    func multiQuery() throws {
        #expect(try properties(#"{"n_head":71,"multi_query":true}"#).keyValueHeadCount == 1)
        #expect(try properties(#"{"n_head":71,"multi_query":false}"#).keyValueHeadCount == 71)
    }

    @Test("are all nil for a document that is no object", arguments: ["[]", "1", "\"x\"", "null"])
    func empty(json: String) throws {
        #expect(try properties(json) == ModelProperties(config: .null))
    }
}
