import Bytes
import Testing

@testable import Tokenizers

@Suite("A rebuilt tokenizer") struct RoundTripTests {
    @Test("gives the same metadata again, and the same files", arguments: fixtureNames)
    func again(name: String) throws {
        let original = try TokenizerFixture(named: name)
        let fields = try original.reading().description.fields
        let rebuilt = try TokenizerFolder(try TokenizerDescription(fields: fields))
        let second = try TokenizerFixture(rebuilt, config: original.files["config.json"]).reading().description
        #expect(second.fields.differences(from: fields) == [])
        let third = try TokenizerFolder(try TokenizerDescription(fields: second.fields))
        let isSame = third.files == rebuilt.files
        #expect(isSame)
        #expect(rebuilt.notes == [])
    }

    @Test("has the vocabulary, merges and added tokens of the first", arguments: ["byte-level", "wordpiece"])
    func sameModel(name: String) throws {
        let original = try TokenizerFixture(named: name)
        let rebuilt = TokenizerFixture(try TokenizerFolder(try original.reading().description), config: nil)
        let first = try TokenizerJSON(parsing: original.files["tokenizer.json"] ?? [])
        let second = try TokenizerJSON(parsing: rebuilt.files["tokenizer.json"] ?? [])
        #expect(first.merges.map { [$0.left, $0.right] } == second.merges.map { [$0.left, $0.right] })
        let spaced = first.vocabulary.map { ($0.text == "▁▁" ? "  " : $0.text, $0.id) }
        #expect(spaced.map(\.0) == second.vocabulary.map(\.text) && spaced.map(\.1) == second.vocabulary.map(\.id))
        #expect(first.addedTokens.map(\.id) == second.addedTokens.map(\.id))
        #expect(first.parts["pre_tokenizer"] == second.parts["pre_tokenizer"])
        #expect(first.parts["normalizer"] == second.parts["normalizer"])
    }

    @Test("has as many merges as SentencePiece's pieces can be made of, in their order") func merges() throws {
        let saved = try TokenizerJSON(
            parsing: try TokenizerFixture(named: "merged-pieces").files["tokenizer.json"] ?? [])
        let original = try TokenizerFixture(named: "sentencepiece-bpe")
        let files = TokenizerFixture(try TokenizerFolder(try original.reading().description), config: nil)
        let rebuilt = try TokenizerJSON(parsing: files.files["tokenizer.json"] ?? [])
        #expect(rebuilt.merges.map { $0.left + $0.right } == saved.merges.map { $0.left + $0.right })
        #expect(Set(rebuilt.merges.map { [$0.left, $0.right] }) == Set(saved.merges.map { [$0.left, $0.right] }))
    }

    @Test(
        "keeps SentencePiece's model but for what it trained with",
        arguments: ["sentencepiece-bpe", "sentencepiece-unigram"])
    func pieces(name: String) throws {
        let original = try TokenizerFixture(named: name)
        let folder = try TokenizerFolder(try original.reading().description)
        let file = try #require(folder.files.first { $0.name == "tokenizer.model" || $0.name == "spiece.model" })
        var first = try SentencePieceModel(parsing: original.files["tokenizer.model"] ?? [])
        let second = try SentencePieceModel(parsing: file.bytes)
        first.hasByteFallback = second.hasByteFallback
        let isSame = first == second
        #expect(isSame)
    }

    @Test("keeps tokens that stand in the place of pieces, and how they were added") func replacements() throws {
        var folder = try TokenizerFixture(named: "sentencepiece-bpe")
        try folder.change("tokenizer_config.json") {
            $0["added_tokens_decoder"] = .object(
                JSONObject([
                    ("0", .object(JSONObject([("content", .string("<unk>")), ("special", .bool(true))]))),
                    ("425", .object(JSONObject([("content", .string("▁▁▁")), ("special", .bool(false))]))),
                ]))
        }
        folder["added_tokens.json"] = #"{"<|im_end|>": 421, "far": 9000}"#
        #expect(try fault { _ = try folder.reading() } == nil)
        folder["added_tokens.json"] = #"{"<|im_end|>": 421}"#
        let first = try folder.reading().description
        #expect(first.tokens[0] == Token(Array("<unk>".utf8), .control, score: -1000))
        #expect(first.tokens[421] == Token(Array("<|im_end|>".utf8), .userDefined, score: -1000))
        #expect(first.tokens[425] == Token(Array("   ".utf8), .userDefined, score: -1000))
        #expect(first.tokens[420].isPadding(420))
        let rebuilt = TokenizerFixture(try TokenizerFolder(first), config: folder.files["config.json"])
        #expect(try rebuilt.reading().description.fields.differences(from: first.fields) == [])
    }

    @Test("obeys what the metadata say of marks and spaces") func marks() throws {
        var description = try TokenizerFixture(named: "sentencepiece-bpe").reading().description
        for (marks, prefix) in [
            (AddedMarks(beginning: false, end: true, separator: nil), false),
            (AddedMarks(beginning: true, end: true, separator: true), true),
            (AddedMarks(beginning: true, end: false, separator: false), nil),
            (AddedMarks(beginning: false, end: false, separator: nil), nil),
        ] as [(AddedMarks, Bool?)] {
            description.added = marks
            description.addsSpacePrefix = prefix
            let folder = TokenizerFixture(
                try TokenizerFolder(description), config: Array(#"{"vocab_size": 432, "model_type": "llama"}"#.utf8))
            let second = try folder.reading().description
            #expect(second.added == marks)
            #expect(second.addsSpacePrefix == prefix)
        }
    }

    @Test("keeps special tokens that transformers has no names for") func unnamedTokens() throws {
        var description = try TokenizerFixture(named: "byte-level").reading().description
        description.specialTokens[.endOfTurn] = 0
        description.specialTokens[.fillPrefix] = 641
        description.preTokenizer = "olmo"
        let folder = TokenizerFixture(try TokenizerFolder(description), config: Array(#"{"vocab_size": 648}"#.utf8))
        let second = try folder.reading().description
        #expect(second.specialTokens == description.specialTokens)
        #expect(second.preTokenizer == "olmo")
    }

    @Test("says which tokens it cannot hold") func lostTokens() throws {
        var fields = try TokenizerFixture(named: "byte-level").reading().description.fields
        guard case .strings(var tokens)? = fields[TokenizerKey.tokens] else {
            Issue.record("no tokens")
            return
        }
        tokens[645] = [0xFF, 0xFE]
        tokens[646] = tokens[5]
        tokens[647] = []
        fields[TokenizerKey.tokens] = .strings(tokens)
        let folder = try TokenizerFolder(try TokenizerDescription(fields: fields))
        #expect(folder.notes.contains { $0.contains("3 tokens are left out") && $0.contains("645, 646, 647") })
    }

    @Test("is refused for a pre-tokenizer that no tokenizer.json can say", arguments: ["kimi-k2", "no-such"])
    func unsayable(id: String) throws {
        var description = try TokenizerFixture(named: "byte-level").reading().description
        description.preTokenizer = id
        let error = try #require(try fault { _ = try TokenizerFolder(description) })
        #expect(error.code == .unsupported)
        #expect(error.problem.contains(id))
    }
}
