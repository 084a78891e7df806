import Bytes
import Testing

@testable import Tokenizers

@Suite("A damaged tokenizer file is refused") struct HostileFileTests {
    private static let bytes = #""pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}"#

    private func refusal(_ json: String, _ more: [String: String] = [:]) throws -> FormatError? {
        var folder = TokenizerFixture(more)
        folder["tokenizer.json"] = json
        return try fault { _ = try folder.reading() }
    }

    @Test(
        "when its vocabulary or merges are unsound",
        arguments: [
            (#"{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a c"]}"#, "merge 0 names 'c'"),
            (#"{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}"#, "merge 0 names 'ab'"),
            (#"{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}"#, "the id 0 has two tokens, 'a' and 'b'"),
            (#"{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}"#, "appears twice"),
            (#"{"type":"BPE","vocab":{"a":1152921504606846976},"merges":[]}"#, "at most 262146 make sense"),
            (#"{"type":"BPE","vocab":{"a":99999999999999999999},"merges":[]}"#, "above 9223372036854775807"),
            (#"{"type":"BPE","vocab":{"a":4000000},"merges":[]}"#, "at most 262146 make sense"),
            (#"{"type":"BPE","vocab":{"a":-1},"merges":[]}"#, "expected a whole number"),
            (#"{"type":"BPE","vocab":{"a":0.5},"merges":[]}"#, "expected a whole number"),
            (#"{"type":"BPE","vocab":{"a":"0"},"merges":[]}"#, "expected a whole number"),
            (#"{"type":"BPE","vocab":{},"merges":[]}"#, "the vocabulary is empty"),
            (#"{"type":"BPE","vocab":{"a":0},"merges":["a"]}"#, "two tokens with a space"),
            (#"{"type":"BPE","vocab":{"a":0},"merges":["a b c"]}"#, "two tokens with a space"),
            (#"{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}"#, "a merge of 1 tokens"),
            (#"{"type":"BPE","vocab":{"a":0},"merges":[["a","b","c"]]}"#, "more than two"),
            (#"{"type":"BPE","vocab":{"a":0},"merges":[3]}"#, "expected '\"'"),
            (#"{"type":"BPE","vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>"}"#, "end_of_word_suffix"),
            (#"{"type":"Unigram","vocab":[["a"]]}"#, "a piece and its score"),
            (#"{"type":"Unigram","vocab":[["a",1,2]]}"#, "more than a score"),
            (#"{"type":"Unigram","vocab":[[]]}"#, "a piece and its score"),
            (#"{"type":"Unigram","vocab":[["a",NaN]]}"#, "a piece and its score"),
            (#"{"type":"Odd","vocab":{"a":0}}"#, "model is 'Odd'"),
        ])
    func vocabulary(model: String, problem: String) throws {
        let error = try #require(try refusal(#"{\#(Self.bytes),"model":\#(model)}"#))
        #expect(error.problem.contains(problem), "\(error)")
        #expect(error.file == "tokenizer.json")
    }

    @Test(
        "when its added tokens are unsound",
        arguments: [
            (#"{"id":0,"content":"b"}"#, "the id 0 has two tokens"),
            (#"{"id":7,"content":"a"}"#, "has two ids, 0 and 7"),
            (#"{"id":300000,"content":"b"}"#, "has the id 300000"),
            (#"{"id":-1,"content":"b"}"#, "without id or content"),
            (#"{"id":1,"content":""}"#, "without id or content"), (#"{"content":"b"}"#, "without id or content"),
            ("3", "without id"),
        ])
    func addedTokens(entry: String, problem: String) throws {
        let json = #"{\#(Self.bytes),"added_tokens":[\#(entry)],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"#
        #expect(try refusal(json)?.problem.contains(problem) == true)
    }

    @Test(
        "when the files beside it are unsound",
        arguments: [
            ("added_tokens.json", #"{"b":-1}"#), ("added_tokens.json", #"{"b":1152921504606846976}"#),
            ("added_tokens.json", #"{"b":"x"}"#), ("added_tokens.json", #"{"b":0}"#),
            ("tokenizer_config.json", #"{"added_tokens_decoder":{"x":{"content":"b"}}}"#),
            ("tokenizer_config.json", #"{"added_tokens_decoder":{"1":{}}}"#), ("tokenizer_config.json", "{"),
            ("config.json", #"{"vocab_size":1152921504606846976}"#), ("config.json", #"{"vocab_size":99999999}"#),
        ])
    func neighbors(name: String, text: String) throws {
        let json = #"{\#(Self.bytes),"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}"#
        #expect(try refusal(json) == nil)
        let error = try #require(try refusal(json, [name: text]))
        #expect(error.file != nil)
    }

    @Test("when it nests too deep or ends too soon") func nesting() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(try refusal(#"{"normalizer":\#(deep)"#)?.problem.contains("64 levels") == true)
        #expect(try refusal(#"{"model":[]}"#)?.problem.contains("no object") == true)
        let whole = Array(try TokenizerFixture(named: "wordpiece")["tokenizer.json"].utf8)
        for count in stride(from: 0, to: whole.count - 4, by: 97) {
            #expect(try refusal(String(decoding: whole[..<count], as: UTF8.self)) != nil)
        }
    }

    @Test("when lists of text are unsound") func lists() throws {
        let merges = TokenizerFixture(["vocab.json": #"{"a":0}"#, "merges.txt": "#version\na b c\n"])
        #expect(try fault { _ = try merges.reading() }?.description.contains("line 2") == true)
        var words = TokenizerFixture(["vocab.txt": "[UNK]\na\n"])
        #expect(try fault { _ = try words.reading() } == nil)
        words.files["vocab.txt"] = [0xFF, 0x0A]
        #expect(try fault { _ = try words.reading() }?.problem.contains("UTF-8") == true)
        #expect(try fault { _ = try TokenizerFixture([:]).reading() }?.problem == "the folder has no tokenizer")
    }

    @Test("when a word piece has another mark") func continuation() throws {
        var words = try TokenizerFixture(named: "wordpiece")
        words["tokenizer.json"] = words["tokenizer.json"].replacing(
            ###""continuing_subword_prefix": "##""###, with: #""continuing_subword_prefix": "@@""#)
        #expect(try fault { _ = try words.reading() }?.problem.contains("@@") == true)
    }
}

@Suite("A damaged SentencePiece model is refused") struct HostilePieceTests {
    private func refusal(_ bytes: [UInt8]) throws -> FormatError? {
        try fault { _ = try SentencePieceModel(parsing: bytes) }
    }

    @Test("wherever it is cut, unless a field ends there") func cuts() throws {
        let whole = try TokenizerFixture(named: "sentencepiece-bpe").files["tokenizer.model"] ?? []
        var ends: Set<Int> = [whole.count]
        var reader = ProtobufReader(whole)
        while try reader.next() != nil { ends.insert(reader.offset) }
        for count in 1..<whole.count where !ends.contains(count) {
            let error = try #require(try refusal(Array(whole[..<count])))
            #expect(error.byteOffset != nil)
        }
    }

    @Test(
        "with the byte of the fault",
        arguments: [
            ([], 0, "without pieces"), ([0x00], 0, "field number 0"), ([0x0B], 0, "wire type 3"),
            ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], 0, "are left"),
            ([0x0A] + Array(repeating: 0xFF, count: 10) + [0x01], 1, "more than 64 bits"),
            ([0x0A, 0xFF], 1, "ends in a number"), ([0x08, 0x01], 2, "is no message"),
            ([0x0A, 0x02, 0x18, 0x09], 2, "type 9"), ([0x0A, 0x00], 2, "without text"),
            ([0x0A, 0x03, 0x15, 0x00, 0x00], 3, "4 bytes of a number"),
            ([0x0A, 0x08, 0x0A, 0x01, 0x61, 0x15, 0x00, 0x00, 0xC0, 0x7F], 2, "not finite"),
            ([0x12, 0x02, 0x18, 0x05], 2, "model type 5"), ([0x12, 0x03, 0xC0, 0x01, 0x01], 2, "behind words"),
        ] as [([UInt8], Int, String)])
    func faults(bytes: [UInt8], offset: Int, problem: String) throws {
        let error = try #require(try refusal(bytes))
        #expect(error.problem.contains(problem), "\(error)")
        #expect(error.byteOffset == offset)
    }

    @Test("when it is not of a kind that GGUF holds, or names an id twice") func kinds() throws {
        var model = SentencePieceModel()
        model.pieces = [Token(Array("<unk>".utf8), .unknown), Token(Array("a".utf8))]
        model.algorithm = .word
        var folder = TokenizerFixture([:])
        folder.files["tokenizer.model"] = model.document()
        #expect(try fault { _ = try folder.reading() }?.code == .unsupported)
        model.algorithm = .bpe
        folder.files["tokenizer.model"] = model.document()
        #expect(try fault { _ = try folder.reading() } == nil)
        folder["added_tokens.json"] = #"{"b":1152921504606846976}"#
        #expect(try fault { _ = try folder.reading() }?.file == "tokenizer.model")
    }
}
