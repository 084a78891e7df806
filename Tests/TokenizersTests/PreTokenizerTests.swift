import Bytes
import Testing

@testable import Tokenizers

@Suite("A pre-tokenizer") struct PreTokenizerTests {
    private func structure(
        _ preTokenizer: String, normalizer: String = "null", ignoresMerges: Bool = false
    ) throws -> PreTokenizerStructure {
        PreTokenizerStructure(
            normalizer: try JSONValue(parsing: Array(normalizer.utf8)),
            preTokenizer: try JSONValue(parsing: Array(preTokenizer.utf8)), ignoresMerges: ignoresMerges)
    }

    private func split(_ expression: String, _ more: String = #""behavior":"Isolated","invert":false"#) -> String {
        let pattern = JSONValue.string(expression).text()
        let bytes = #"{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}"#
        return
            #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":\#(pattern)},\#(more)},"#
            + "\(bytes)]}"
    }

    private static let qwen =
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
        + #"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let byteLevel =
        #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}"#

    @Test("of the table is found again by its own forms, and ids and aliases are there once") func table() throws {
        #expect(PreTokenizer.all.count == 61)
        let ids = PreTokenizer.all.flatMap { [$0.id] + $0.aliases }
        #expect(Set(ids).count == ids.count)
        for known in PreTokenizer.all where known.obstacle == nil {
            for structure in known.structures {
                let match = try PreTokenizerMatch(of: structure, hint: known.id)
                #expect(match.id == known.id)
                let unhinted = try PreTokenizerMatch(of: structure)
                #expect(unhinted.id == known.id || unhinted.equivalents.contains(known.id))
            }
        }
    }

    @Test("that names differ for is chosen by normalizer, model type or a hint") func choice() throws {
        let plain = try structure(Self.byteLevel)
        #expect(try PreTokenizerMatch(of: plain).id == "gpt-2")
        #expect(try PreTokenizerMatch(of: plain, modelType: "mpt").id == "mpt")
        #expect(try PreTokenizerMatch(of: plain, hint: "phi-2").id == "phi-2")
        #expect(try PreTokenizerMatch(of: plain, hint: "llama-bpe").id == "gpt-2")
        let composed = try structure(Self.byteLevel, normalizer: #"{"type":"NFC"}"#)
        let match = try PreTokenizerMatch(of: composed)
        #expect(match.id == "mpt")
        #expect(match.notes.contains { $0.contains("NFC") })
        #expect(match.equivalents.contains("gpt-2"))
        let digits =
            #"{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},\#(Self.byteLevel)]}"#
        #expect(try PreTokenizerMatch(of: structure(digits)).id == "smollm")
        #expect(try PreTokenizerMatch(of: structure(digits), modelType: "starcoder2").id == "starcoder")
    }

    @Test(
        "is the same however it is spelled",
        arguments: [
            qwen,
            qwen.replacing(
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)", with: "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"),
            qwen.replacing(#"\r\n"#, with: "\r\n"),
        ])
    func spellings(expression: String) throws {
        #expect(try PreTokenizerMatch(of: structure(split(expression))).id == "qwen2")
        let removed = split(expression, #""behavior":"Removed","invert":true"#)
        #expect(try PreTokenizerMatch(of: structure(removed)).id == "qwen2")
        let nested = #"{"type":"Sequence","pretokenizers":[\#(split(expression))]}"#
        #expect(
            try PreTokenizerMatch(of: structure(nested, normalizer: #"{"type":"Sequence","normalizers":[]}"#)).id
                == "qwen2")
    }

    @Test("depends on whether whole tokens are left alone") func ignoredMerges() throws {
        let llama = Self.qwen.replacing(#"\p{N}|"#, with: #"\p{N}{1,3}|"#)
        #expect(try PreTokenizerMatch(of: structure(split(llama), ignoresMerges: true)).id == "llama-bpe")
        #expect(try PreTokenizerMatch(of: structure(split(llama), ignoresMerges: false)).id == "dbrx")
    }

    @Test(
        "that is unknown is told apart from the nearest",
        arguments: [
            (#"\p{N}|"#, #"\p{N}{1,4}|"#, "dbrx", #"\p{N}{1,4}| ?"#),
            (#"?\p{L}+"#, #"?\p{Lu}+"#, "qwen2", #"?\p{Lu}+"#),
        ])
    func difference(old: String, new: String, nearest: String, shown: String) throws {
        let structure = try structure(split(Self.qwen.replacing(old, with: new)))
        let error = try #require(try fault { _ = try PreTokenizerMatch(of: structure) })
        #expect(error.code == .unsupported)
        #expect(error.problem.contains("nearest is '\(nearest)'"))
        #expect(error.problem.contains("step 1"))
        #expect(error.problem.contains(shown))
        #expect(error.problem.utf8.count < 400)
    }

    @Test("that has a step, a normalizer or a flag of its own is refused with it") func oddities() throws {
        func problem(_ structure: PreTokenizerStructure) throws -> String {
            try fault { _ = try PreTokenizerMatch(of: structure) }?.problem ?? ""
        }
        let spaced = Self.byteLevel.replacing(#""add_prefix_space":false"#, with: #""add_prefix_space":true"#)
        #expect(try problem(structure(spaced)).contains("one more step, 'a space in front'"))
        #expect(try problem(structure(Self.byteLevel, normalizer: #"{"type":"NFKC"}"#)).contains("normalizes by NFKC"))
        #expect(
            try problem(structure(Self.byteLevel, ignoresMerges: true)).contains("ignore_merges is true in the file"))
        #expect(try problem(structure("null")).contains("the file lacks"))
    }

    @Test("of more steps than any has is not compared") func manySteps() throws {
        let steps = Array(repeating: #"{"type":"Whitespace"}"#, count: 10_000).joined(separator: ",")
        let structure = try structure(#"{"type":"Sequence","pretokenizers":[\#(steps)]}"#)
        #expect(try fault { _ = try PreTokenizerMatch(of: structure) }?.problem.contains("10000 steps") == true)
    }

    @Test("can be forced, which is recorded") func override() throws {
        var folder = try TokenizerFixture(named: "byte-level")
        folder["tokenizer.json"] = folder["tokenizer.json"].replacing(
            #""use_regex": true"#, with: #""use_regex": false"#)
        #expect(try fault { _ = try folder.reading() }?.file == "tokenizer.json")
        let reading = try folder.reading(preTokenizer: "gpt-2")
        #expect(reading.preTokenizer.isOverride)
        #expect(reading.description.preTokenizer == "gpt-2")
        #expect(reading.notes == [])
        #expect(try folder.reading(preTokenizer: "no-such").notes.contains { $0.contains("no-such") })
    }

    @Test("of WordPiece or SentencePiece must be the only one that llama.cpp has") func otherKinds() throws {
        var words = try TokenizerFixture(named: "wordpiece")
        words["tokenizer.json"] = words["tokenizer.json"].replacing("BertPreTokenizer", with: "Whitespace")
        #expect(try fault { _ = try words.reading() }?.problem.contains("Whitespace") == true)
        var pieces = try TokenizerFixture(named: "merged-pieces")
        pieces["tokenizer.json"] = pieces["tokenizer.json"].replacing(
            #""normalizer": null"#, with: #""normalizer": {"type": "NFKC"}"#)
        let error = try #require(try fault { _ = try pieces.reading() })
        #expect(error.problem.contains("NFKC"))
        #expect(try pieces.reading(preTokenizer: "default").preTokenizer.isOverride)
    }
}
