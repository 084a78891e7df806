import Bytes
import Testing

@testable import Tokenizers

@Suite("The tokenizer of a GGUF file") struct FieldTests {
    private func fields(_ model: String = "gpt2", _ more: [(String, TokenizerField)] = []) -> TokenizerFields {
        var fields = TokenizerFields()
        fields[TokenizerKey.model] = .string(model)
        fields[TokenizerKey.tokens] = .strings(["a", "b", "ab"].map { Array($0.utf8) })
        if model == "gpt2" { fields[TokenizerKey.merges] = .strings([Array("a b".utf8)]) }
        for (key, value) in more { fields[key] = value }
        return fields
    }

    @Test("is read, with llama.cpp's defaults where it says nothing") func plain() throws {
        let description = try TokenizerDescription(fields: fields())
        #expect(description.kind == .byteLevelBPE)
        #expect(description.preTokenizer == "default")
        #expect(description.merges == [TokenMerge(left: 0, right: 1)])
        #expect(description.tokens.allSatisfy { $0.type == .normal })
        let undefined = try TokenizerDescription(fields: fields("gpt2", [(TokenizerKey.types, .int32s([0, 1, 4]))]))
        #expect(undefined.tokens.map(\.type) == [.normal, .normal, .userDefined])
        let far = try TokenizerDescription(fields: fields("gpt2", [(TokenizerKey.id(of: .end), .uint32(.max))]))
        #expect(far.specialTokens == [:])
    }

    @Test(
        "is refused when it is unsound",
        arguments: [
            (TokenizerKey.model, .string("rwkv"), "'rwkv'"),
            (TokenizerKey.model, .uint32(1), "is a number, not a string"),
            (TokenizerKey.model, nil, "is missing"), (TokenizerKey.tokens, nil, "is missing or empty"),
            (TokenizerKey.tokens, .strings([]), "is missing or empty"), (TokenizerKey.merges, nil, "is missing"),
            (TokenizerKey.merges, .strings([Array("ab".utf8)]), "no space"),
            (TokenizerKey.merges, .strings([Array("a c".utf8)]), "merge 0 names 'c'"),
            (TokenizerKey.merges, .strings([Array("b a".utf8)]), "merge 0 names 'ba'"),
            (TokenizerKey.merges, .strings([[]]), "no space"),
            (TokenizerKey.types, .int32s([1]), "has 1 entries for 3 tokens"),
            (TokenizerKey.types, .int32s([1, 1, 7]), "says 7 of token 2"),
            (TokenizerKey.types, .int32s([1, 1, -1]), "says -1 of token 2"),
            (TokenizerKey.scores, .floats([0]), "has 1 entries"),
            (TokenizerKey.scores, .floats([0, .nan, 0]), "token 1"),
            (TokenizerKey.pre, .string([0xFF]), "is not UTF-8"),
            (TokenizerKey.chatTemplate, .string([0xFF]), "is not UTF-8"),
            (TokenizerKey.chatTemplates, .strings([[0xFF]]), "is not UTF-8"),
            (TokenizerKey.addsBeginning, .uint32(1), "is a number, not a Boolean"),
            (TokenizerKey.characterMap, .string("x"), "not an array of bytes"),
        ] as [(String, TokenizerField?, String)])
    func unsound(key: String, value: TokenizerField?, problem: String) throws {
        var fields = fields()
        fields[key] = value
        let error = try #require(try fault { _ = try TokenizerDescription(fields: fields) })
        #expect(error.problem.contains(problem), "\(error)")
    }

    @Test("writes a space within a merge as U+0120") func spaces() throws {
        var description = TokenizerDescription(
            kind: .byteLevelBPE, tokens: ["a ", "b", "a b"].map { Token(Array($0.utf8)) }, preTokenizer: "gpt-2")
        description.merges = [TokenMerge(left: 0, right: 1)]
        #expect(description.fields[TokenizerKey.merges] == .strings([Array("aĠ b".utf8)]))
    }

    @Test("spells word pieces with U+2581, and takes the brackets of old files for words") func wordPieces() throws {
        let texts = ["[PAD]", "[unused0]", "▁the", "ing", "▁[PAD4]"].map { Array($0.utf8) }
        let more: [(String, TokenizerField)] = [
            (TokenizerKey.tokens, .strings(texts)), (TokenizerKey.types, .int32s([3, 1, 1, 1, 5])),
        ]
        let description = try TokenizerDescription(fields: fields("bert", more))
        #expect(description.tokens.map(\.name) == ["[PAD]", "[unused0]", "the", "##ing", "[PAD4]"])
        #expect(description.tokens[4].isPadding(4))
        let again = description.fields[TokenizerKey.tokens]
        #expect(again == .strings(["[PAD]", "▁[unused0]", "▁the", "ing", "▁[PAD4]"].map { Array($0.utf8) }))
    }

    @Test("keeps bytes that are no text") func bytes() throws {
        let texts: [[UInt8]] = [Array("<unk>".utf8), [0xFF], Array("a".utf8)]
        let description = try TokenizerDescription(fields: fields("llama", [(TokenizerKey.tokens, .strings(texts))]))
        #expect(description.fields[TokenizerKey.tokens] == .strings(texts))
    }

    @Test("keeps named chat templates") func chatTemplates() throws {
        let more: [(String, TokenizerField)] = [
            (TokenizerKey.chatTemplate(named: "rag"), .string("r")), (TokenizerKey.chatTemplate, .string("d")),
            (TokenizerKey.chatTemplates, .strings([Array("rag".utf8), Array("lost".utf8)])),
        ]
        let description = try TokenizerDescription(fields: fields("gpt2", more))
        #expect(description.chatTemplates.map(\.name) == ["default", "rag"])
        #expect(description.fields[TokenizerKey.chatTemplates] == .strings([Array("rag".utf8)]))
    }

    @Test("is taken apart in time when a token is very long") func longToken() throws {
        let long = Array(repeating: UInt8(ascii: "a"), count: 1_000_000)
        let texts = [Array("<unk>".utf8), Array("a".utf8), Array("aa".utf8), long]
        let more: [(String, TokenizerField)] = [
            (TokenizerKey.tokens, .strings(texts)), (TokenizerKey.types, .int32s([2, 1, 1, 1])),
        ]
        let folder = try TokenizerFolder(try TokenizerDescription(fields: fields("llama", more)))
        let json = try TokenizerJSON(parsing: folder.files[0].bytes)
        #expect(json.merges.map { [$0.left, $0.right] } == [["a", "a"]])
    }
}

@Suite("Base64") struct Base64Tests {
    @Test(
        "goes both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ])
    func vectors(plain: String, coded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == coded)
        #expect(Base64.decode(coded) == Array(plain.utf8))
    }

    @Test("of other characters or lengths is nil", arguments: ["Zg", "Zg=", "Z===", "Zm 9", "====", "Zm9\u{E9}"])
    func unsound(text: String) { #expect(Base64.decode(text) == nil) }
}
