import Bytes
import Testing

@testable import Tokenizers

@Suite("Cut vocabularies") struct VocabularyCutTests {
    private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    private func rewritten(_ cut: VocabularyCut, _ name: String, _ text: String) throws -> String {
        let bytes = try cut.rewritten(name) { Array(text.utf8) }
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    private func numbers(_ value: JSONValue?) -> [Int] { (value?.arrayValue ?? []).compactMap(\.intValue) }

    @Test(
        "refuse ids that no row of the embedding belongs to, with the file and the key",
        arguments: ["4", "-1", "9223372036854775807"])
    func outside(id: String) throws {
        let documents = [
            ("model.vocab", "{\"model\": {\"vocab\": {\"a\": \(id)}}}"),
            ("model.unk_id", "{\"model\": {\"unk_id\": \(id), \"vocab\": [[\"a\", 0]]}}"),
            ("added_tokens", "{\"model\": {\"vocab\": {}}, \"added_tokens\": [{\"id\": \(id), \"content\": \"a\"}]}"),
        ]
        for (key, text) in documents {
            let tree = try json(text)
            let error = #expect(throws: FormatError.self) {
                _ = try VocabularyTexts(tokenizer: tree, named: [], rows: 4)
            }
            let said = error?.description ?? ""
            #expect(said.contains("'\(key)'"), "\(said)")
            #expect(said.contains("tokenizer.json"), "\(said)")
        }
    }

    @Test("refuse ids of configurations beyond the rows, also in the part for the language model") func named() throws {
        let config = try json(
            "{\"text_config\": {\"pad_token_id\": 4}, \"eos_token_id\": [1, 2], \"bos_token_id\": -1}")
        let tokens = NamedToken.needed(by: config, file: "config.json")
        #expect(tokens.map(\.id) == [4, 1, 2])
        let error = #expect(throws: FormatError.self) { _ = try VocabularyTexts(count: 4, named: tokens) }
        let said = error?.description ?? ""
        #expect(said.contains("pad_token_id"), "\(said)")
        #expect(said.contains("config.json"), "\(said)")
    }

    @Test("tell tokens apart that differ in how an accent is composed") func accents() throws {
        let tree = try json(
            "{\"model\": {\"vocab\": {\"e\": 0, \"\u{301}\": 1, \"e\u{301}\": 2, \"\u{E9}\": 3}, "
                + "\"merges\": [[\"e\", \"\u{301}\"]]}}")
        let texts = try VocabularyTexts(tokenizer: tree, named: [], rows: 4)
        #expect(texts.count == 4)
        #expect(texts.id(of: "e\u{301}") == 2)
        #expect(texts.id(of: "\u{E9}") == 3)
        // The composed one has one scalar, so it stays; the other is made of two, and its merge goes with it.
        let cut = VocabularyCut(kept: [0, 1, 3], names: texts)
        let made = try json(try rewritten(cut, "tokenizer.json", tree.text()))
        let merges = made["model"]?["merges"]?.arrayValue ?? []
        #expect(merges.isEmpty)
    }

    @Test("give new ids to all that configurations and tokenizers name") func renumbered() throws {
        let cut = VocabularyCut(kept: [0, 2, 5])
        let text = """
            {"image_token_index": 5, "bad_words_ids": [[2, 5], [3]], "forced_decoder_ids": [[1, 2], [2, null]],
            "sequence_bias": [[[5], 0.5], [[1, 2], 1.0]], "suppress_tokens": [1, 2], "text_config": {"eos_token_id": 2}}
            """
        let made = try json(try rewritten(cut, "config.json", text))
        #expect(made["image_token_index"] == .number(2))
        #expect(made["bad_words_ids"] == .array([.array([.number(1), .number(2)])]))
        let forced = made["forced_decoder_ids"]?.text(.compact) ?? ""
        #expect(forced == "[[1,1],[2,null]]")
        let biases = made["sequence_bias"]?.arrayValue ?? []
        #expect(biases.count == 1)
        #expect(numbers(biases.first?.arrayValue?.first) == [2])
        #expect(numbers(made["suppress_tokens"]) == [1])
        #expect(made["text_config"]?["eos_token_id"] == .number(1))
        let padded = "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 2}}, \"padding\": {\"pad_id\": 5}}"
        let tokenizer = try json(try rewritten(cut, "tokenizer.json", padded))
        #expect(tokenizer["padding"]?["pad_id"] == .number(2))
        let needed = NamedToken.needed(byTokenizer: try json(padded))
        #expect(needed.map(\.id) == [5])
    }

    @Test("refuse tokens that would go, and members in which no ids can be told") func refusals() throws {
        let cut = VocabularyCut(kept: [0])
        for text in ["{\"boi_token_index\": 1}", "{\"eos_token_id\": 0.5}", "{\"bad_words_ids\": {\"a\": 1}}"] {
            let error = #expect(throws: FormatError.self) { _ = try rewritten(cut, "generation_config.json", text) }
            let said = error?.description ?? ""
            #expect(said.contains("generation_config.json"), "\(said)")
        }
    }

    @Test("keep the lines of merges.txt of which all tokens stay") func merges() throws {
        let tree = try json(
            "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2, \"abb\": 3}, \"merges\": [\"a b\", \"ab b\"]}}")
        let texts = try VocabularyTexts(tokenizer: tree, named: [], rows: 4)
        let cut = VocabularyCut(kept: [0, 1, 2], names: texts)
        let made = try rewritten(cut, "merges.txt", "#version: 0.2\na b\nab b\n")
        #expect(made == "#version: 0.2\na b\n")
    }
}
