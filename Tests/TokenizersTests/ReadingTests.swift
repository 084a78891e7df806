import Bytes
import Testing

@testable import Tokenizers

@Suite("A tokenizer of a Hugging Face folder") struct ReadingTests {
    @Test("gives the metadata that llama.cpp's converter writes", arguments: ["byte-level", "wordpiece"])
    func golden(name: String) throws {
        let folder = try TokenizerFixture(named: name)
        let fields = try folder.reading().description.fields
        let expected = try folder.expectedFields()
        #expect(fields.differences(from: expected) == [])
    }

    /// The converter takes user-defined pieces for normal ones and asks no SentencePiece model for its special tokens.
    /// A user-defined piece must be found whole, so it is one here.
    @Test(
        "of SentencePiece's own file differs in user-defined pieces and special tokens alone",
        arguments: ["sentencepiece-bpe", "sentencepiece-unigram"])
    func goldenPieces(name: String) throws {
        let folder = try TokenizerFixture(named: name)
        let fields = try folder.reading().description.fields
        let expected = try folder.expectedFields()
        let differences = [TokenizerKey.types, TokenizerKey.id(of: .unknown), TokenizerKey.id(of: .padding)]
        #expect(Set(fields.differences(from: expected)) == Set(differences))
        guard case .int32s(var types)? = expected[TokenizerKey.types] else {
            Issue.record("no types")
            return
        }
        #expect(types[4] == 1)
        types[4] = 4
        let isExpected = fields[TokenizerKey.types] == .int32s(types)
        #expect(isExpected)
    }

    @Test("comes out the same from lists of text as from tokenizer.json") func plainLists() throws {
        var words = try TokenizerFixture(named: "wordpiece")
        let pieces = try words.reading().description
        words.files["tokenizer.json"] = nil
        #expect(try words.reading().description.fields.differences(from: pieces.fields) == [])

        var bytes = try TokenizerFixture(named: "byte-level")
        let whole = try bytes.reading().description
        let json = try TokenizerJSON(parsing: bytes.files["tokenizer.json"] ?? [])
        try bytes.change("tokenizer_config.json") {
            $0["tokenizer_class"] = .string("GPT2Tokenizer")
            $0["add_bos_token"] = .bool(true)
            $0["add_sep_token"] = .bool(false)
            $0["additional_special_tokens"] = .array([])
        }
        bytes["vocab.json"] = JSONValue.object(
            JSONObject(json.vocabulary.filter { $0.id < 640 }.map { ($0.text, .number($0.id)) })
        ).text()
        bytes["added_tokens.json"] = #"{"<think>": 640, "<|tool|>": 641, "▁▁": 644}"#
        bytes["merges.txt"] =
            "#version: 0.2\n" + json.merges.map { "\($0.left) \($0.right)\n" }.joined()
        bytes.files["tokenizer.json"] = nil
        #expect(try bytes.reading().description.fields.differences(from: whole.fields) == [])
    }

    @Test("names the file when a slow tokenizer's class tells no way to cut text") func unknownClass() throws {
        let folder = TokenizerFixture([
            "vocab.json": #"{"a": 0}"#, "merges.txt": "",
            "tokenizer_config.json": #"{"tokenizer_class": "OddTokenizer"}"#,
        ])
        let error = try #require(try fault { _ = try folder.reading() })
        #expect(error.code == .unsupported)
        #expect(error.description.contains("OddTokenizer"))
        #expect(try folder.reading(preTokenizer: "gpt-2").preTokenizer.isOverride)
    }

    @Test("takes a chat template from wherever it stands") func chatTemplates() throws {
        let vocabulary =
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"ByteLevel","#
            + #""add_prefix_space":false}}"#
        func templates(_ files: [String: String]) throws -> [ChatTemplate] {
            var folder = TokenizerFixture(files)
            folder["tokenizer.json"] = vocabulary
            return try folder.reading().description.chatTemplates
        }
        let one = [ChatTemplate(name: "default", text: "x")]
        #expect(try templates([:]) == [])
        #expect(try templates(["tokenizer_config.json": #"{"chat_template": "x"}"#]) == one)
        #expect(try templates(["chat_template.jinja": "x"]) == one)
        #expect(try templates(["chat_template.json": #"{"chat_template": "x"}"#]) == one)
        #expect(
            try templates(["chat_template.jinja": "y", "tokenizer_config.json": #"{"chat_template": "x"}"#]) == one)
        let list = #"{"chat_template": [{"name": "tool use", "template": "t"}, {"name": "default", "template": "x"}]}"#
        #expect(try templates(["tokenizer_config.json": list]) == one + [ChatTemplate(name: "tool_use", text: "t")])
        let clash = #"{"chat_template": [{"name": "a-b", "template": "t"}, {"name": "a b", "template": "x"}]}"#
        #expect(try fault { _ = try templates(["tokenizer_config.json": clash]) }?.code == .unsupported)
    }

    @Test("finds the id of a special token where the files tell it") func specialTokens() throws {
        var folder = TokenizerFixture([
            "tokenizer.json": """
            {"added_tokens": [{"id": 2, "content": "<e>", "special": true}],
            "model": {"type": "BPE", "vocab": {"a": 0, "<b>": 1, "<e>": 2, "<p>": 3}, "merges": []},
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}}
            """,
            "tokenizer_config.json": #"{"eos_token": {"content": "<e>"}, "pad_token": "<p>"}"#,
            "config.json": #"{"bos_token_id": 1, "eos_token_id": 0, "vocab_size": 4}"#,
        ])
        let first = try folder.reading().description
        #expect(first.specialTokens == [.end: 2, .beginning: 1, .padding: 3])
        // What a configuration calls special is special, as transformers has it.
        #expect(first.tokens.map(\.type) == [.normal, .normal, .control, .control])
        folder.files["tokenizer_config.json"] = nil
        folder["config.json"] = "{}"
        folder["generation_config.json"] = #"{"eos_token_id": [3, 0], "bos_token_id": 99}"#
        #expect(try folder.reading().description.specialTokens == [.end: 3])
        folder["special_tokens_map.json"] = #"{"eos_token": "<e>"}"#
        #expect(try folder.reading().description.specialTokens == [.end: 2])
    }

    @Test("follows the customs of its model's family") func conventions() throws {
        var folder = try TokenizerFixture(named: "sentencepiece-bpe")
        #expect(try folder.reading().description.addsSpacePrefix == nil)
        try folder.change("tokenizer_config.json") { $0["add_prefix_space"] = .bool(true) }
        #expect(try folder.reading().description.addsSpacePrefix == true)
        try folder.change("config.json") { $0["model_type"] = .string("gemma") }
        let gemma = try folder.reading().description
        #expect(gemma.addsSpacePrefix == false)
        #expect(gemma.specialTokens[.endOfTurn] == 107)
        try folder.change("config.json") {
            $0["model_type"] = .string("llama")
            $0["vocab_size"] = .number(49152)
        }
        #expect(try folder.reading().description.added.beginning == false)
    }

    @Test("notes what GGUF cannot hold") func losses() throws {
        var folder = try TokenizerFixture(named: "byte-level")
        folder["tokenizer.json"] = folder["tokenizer.json"].replacing(#""lstrip": false"#, with: #""lstrip": true"#)
        try folder.change("config.json") { $0["vocab_size"] = .number(600) }
        let notes = try folder.reading().notes
        #expect(notes.contains { $0.contains("lstrip") && $0.contains("<|bos|>") })
        #expect(notes.contains { $0.contains("600") && $0.contains("645") })
    }
}
