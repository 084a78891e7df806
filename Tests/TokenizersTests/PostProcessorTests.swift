import Bytes
import Testing

@testable import Tokenizers

@Suite("A post-processor") struct PostProcessorTests {
    private static let bert: [SpecialToken: String] = [.classification: "C", .separator: "S"]
    private static let llama: [SpecialToken: String] = [.beginning: "B", .end: "E"]

    /// A template in short: `B $A E` for a text, `…` for a pair.
    private func processor(_ single: String, _ pair: String, _ texts: [SpecialToken: String]) -> PostProcessor {
        func parts(_ text: String) -> JSONValue {
            .array(
                text.split(separator: " ").map { part in
                    let isSequence = part.hasPrefix("$")
                    let id = JSONValue.object(
                        JSONObject([("id", .string(String(isSequence ? part.dropFirst() : part)))]))
                    return .object(JSONObject([(isSequence ? "Sequence" : "SpecialToken", id)]))
                })
        }
        let template = JSONObject([
            ("type", .string("TemplateProcessing")), ("single", parts(single)), ("pair", parts(pair)),
        ])
        return PostProcessor(.object(template), texts: texts)
    }

    /// The expectations are what llama.cpp's `SpecialVocab` finds for the same template.
    @Test(
        "tells what is put around a text",
        arguments: [
            ("$A", "$A $B", llama, AddedMarks()),
            ("B $A", "B $A $B", llama, AddedMarks(beginning: true)),
            ("B $A", "B $A B $B", llama, AddedMarks(beginning: true, separator: false)),
            ("B $A E", "B $A E B $B E", llama, AddedMarks(beginning: true, end: true, separator: false)),
            ("$A E", "$A E $B E", llama, AddedMarks(end: true, separator: false)),
            ("B $A", "B $A E $B", llama, AddedMarks(beginning: true, separator: true)),
            ("B $A E", "B $A E E $B E", llama, AddedMarks(beginning: true, end: true, separator: true)),
            // A first token that is no beginning is taken for the classification token.
            ("X $A", "X $A $B", llama, AddedMarks(beginning: true)),
            ("C $A S", "C $A S $B S", bert, AddedMarks(beginning: true, end: true, separator: false)),
        ])
    func templates(single: String, pair: String, texts: [SpecialToken: String], marks: AddedMarks) {
        #expect(processor(single, pair, texts).marks == marks)
    }

    @Test("makes the configured end the end of a turn when another token ends a text") func otherEnd() {
        let texts = processor("$A X", "$A X $B X", Self.llama).texts
        #expect(texts[.end] == "X")
        #expect(texts[.endOfTurn] == "E")
    }

    @Test("lets BERT's tokens serve as beginning and end") func bertTokens() {
        let texts = PostProcessor(nil, texts: Self.bert).texts
        #expect(texts[.beginning] == "C")
        #expect(texts[.end] == "S")
    }

    @Test(
        "of another type tells its own",
        arguments: [
            (#"{"type":"ByteLevel"}"#, AddedMarks(beginning: false, end: false)),
            (
                #"{"type":"RobertaProcessing","cls":["C",0],"sep":["S",2]}"#,
                AddedMarks(beginning: true, end: true, separator: true)
            ),
            (#"{"type":"BertProcessing","cls":["C",0],"sep":["S",2]}"#, AddedMarks()), ("null", AddedMarks()),
            (
                #"{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"RobertaProcessing"}]}"#,
                AddedMarks(beginning: true, end: true, separator: true)
            ),
        ])
    func others(json: String, marks: AddedMarks) throws {
        let value = try JSONValue(parsing: Array(json.utf8))
        #expect(PostProcessor(value, texts: [:]).marks == marks)
    }
}
