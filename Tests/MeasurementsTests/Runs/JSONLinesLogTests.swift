import Bytes
import Testing

@testable import Measurements

@Suite("Logs of one JSON object a line") struct JSONLinesLogTests {
    private func read(_ text: String) throws -> RunValues {
        try RunValues.reading(Array(text.utf8), with: JSONLinesLog()).values
    }

    @Test("of a real training are read value by value", arguments: [("tiny-gpt2", 483), ("tiny-llama-kjv", 121)])
    func real(name: String, count: Int) throws {
        let bytes = try LogFixture.bytes("\(LogFixture.folder)/\(name).jsonl")
        #expect(RunLogKind.recognized(bytes.span) == .jsonLines)
        let values = try RunValues.reading(bytes, with: JSONLinesLog()).values
        #expect(values.count == count)
        let lines = try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
            try JSONValue(parsing: Array(line.utf8))
        }
        for line in lines {
            guard case .object(let record) = line, case .number(let step)? = record["step"] else { continue }
            for (name, value) in record.members where name != "step" {
                guard case .number(let literal) = value else { continue }
                let point = values[name].first { String($0.step) == step }
                #expect(point?.value == Double(literal), "\(name) at \(step)")
            }
        }
    }

    @Test(
        "count among other files when they tell their steps",
        arguments: [
            (#"{"step": 1, "a": 2}"# + "\n", true), ("\n \n" + #"{"epoch": 1, "a": 2}"# + "\n{", true),
            (#"{"a": 2}"# + "\n", false), (#"{"step": 1, "a": "x"}"# + "\n", false), (#"{"step": 1, "a": 2}"#, false),
            ("{no\n", false), ("[1]\n", false), ("", false),
        ])
    func telling(text: String, isLog: Bool) throws {
        #expect(try RunLogKind.tellingSteps(Array(text.utf8).span) == (isLog ? .jsonLines : nil))
    }

    @Test("with damage behind the first record are no other file") func damaged() throws {
        let text = #"{"step": 1, "a": 2}"# + "\n{no\n"
        let error = #expect(throws: FormatError.self) { try RunLogKind.tellingSteps(Array(text.utf8).span) }
        #expect(error?.byteOffset == 21)
    }

    @Test("may be cut off at any byte: whole lines count, and a last object that is whole") func cutOff() throws {
        let bytes =
            Array(#"{"step": 1, "a": 2.5e-1}"#.utf8) + [0x0A]
            + Array(#"{"step": 2, "a": NaN, "b": [1, {"c": 2}]}"#.utf8)
        for end in 0...bytes.count {
            let (values, rest) = try RunValues.reading(Array(bytes[..<end]), with: JSONLinesLog())
            let expected = end == bytes.count ? 2 : end >= 24 ? 1 : 0
            #expect(values.count == expected, "at \(end)")
            #expect(rest == 0 || values.count < 2)
        }
    }

    @Test("may begin with the mark that some editors write", arguments: [1, 4, 1000])
    func mark(pieceByteCount: Int) throws {
        let bytes = Array(("\u{FEFF}" + #"{"step": 5, "x": 2}"# + "\n" + #"{"step": 6, "x": 3}"#).utf8)
        #expect(RunLogKind.recognized(bytes.span) == .jsonLines)
        #expect(try RunLogKind.tellingSteps(bytes.span) == .jsonLines)
        let read = try RunValues.reading(bytes, with: JSONLinesLog(), pieceByteCount: pieceByteCount)
        #expect(read.values.pairs == ["x": [.init(5, 2), .init(6, 3)]])
        #expect(throws: FormatError.self) { _ = try self.read("{\"x\": 1}\n\u{FEFF}{\"x\": 1}\n") }
    }

    @Test("tell seconds since the run began") func elapsed() throws {
        let values = try read(#"{"step": 1, "time_s": 1.012, "x": 1}"#)
        #expect(values["x"].map(\.elapsed) == [1012] && values["time_s"].map(\.value) == [1.012])
    }

    @Test("keep NaN and infinities, as words or texts") func nonfinite() throws {
        let values = try read(
            #"{"step": 1, "loss": NaN, "a": Infinity, "b": "-inf"}"# + "\n" + #"{"step": 2, "loss": 1, "a": "nan"}"#)
        #expect(values.pairs["loss"] == [.init(1, .nan), .init(2, 1)])
        #expect(values.pairs["a"] == [.init(1, .infinity), .init(2, .nan)])
        #expect(values.pairs["b"] == [.init(1, -.infinity)])
    }

    @Test("take the step from its usual names, from whole epochs, or by counting") func steps() throws {
        #expect(try read(#"{"global_step": 7, "x": 1}"# + "\n").pairs["x"] == [.init(7, 1)])
        #expect(try read(#"{"x": 1, "epoch": 3}"# + "\n").pairs["x"] == [.init(3, 1)])
        #expect(try read(#"{"x": 1}"# + "\n" + #"{"x": 2}"# + "\n").pairs["x"] == [.init(0, 1), .init(1, 2)])
    }

    @Test("keep steps that were logged again") func resume() throws {
        let text = [1, 2, 3, 2, 3].enumerated().map { #"{"step": \#($1), "x": \#($0)}"# }.joined(separator: "\n")
        #expect(try read(text).points.first?.map(\.step) == [1, 2, 3, 2, 3])
    }

    @Test("name members of objects inside by their path; texts, Booleans, nulls and arrays are passed over")
    func nested() throws {
        let values = try read(#"{"step": 1, "a": {"b": {"c": 4}}, "t": "x", "n": null, "l": [1, 2], "y": true}"#)
        #expect(values.metrics == ["a/b/c"])
    }

    @Test("know moments in seconds, milliseconds and ISO 8601") func times() throws {
        let values = try read(
            [
                #"{"step": 1, "x": 1, "timestamp": 1750000000.5}"#, #"{"step": 2, "x": 1, "ts": 1750000000500}"#,
                #"{"step": 3, "x": 1, "time": "2025-06-15T15:06:40.500Z"}"#, #"{"step": 4, "x": 1, "time": 12}"#,
            ].joined(separator: "\n"))
        #expect(
            values["x"].map(\.time) == [1_750_000_000_500, 1_750_000_000_500, 1_750_000_000_500, RunValues.noTime])
    }

    @Test(
        "are refused where a line is no object",
        arguments: [
            "{\"a\": 1}\n[1]\n", "{\"a\": 1} x\n", "{\"a\": 1,}\n", "{\"a\" 1}\n", "{\"a\": 1x}\n",
            "{\"step\": 1.5, \"a\": 1}\n",
            "{\"a\": tru}\n", "{\"a\": 1\n", "{\"a\\u12\": 1}\n",
        ])
    func hostile(text: String) throws {
        let error = #expect(throws: FormatError.self) { _ = try read(text) }
        #expect(error?.byteOffset != nil)
    }

    @Test("are refused when they are too deep, or have a name too long") func caps() {
        let deep = String(repeating: #"{"a":"#, count: 40) + "1" + String(repeating: "}", count: 40) + "\n"
        #expect(throws: FormatError.self) { _ = try read(deep) }
        let long = #"{"\#(String(repeating: "x", count: 2000))": 1}"# + "\n"
        #expect(throws: FormatError.self) { _ = try read(long) }
    }

    @Test("survive a million random mutations' worth of bytes without a trap", arguments: 0..<UInt64(8))
    func mutations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let bytes = Array(try LogFixture.bytes("\(LogFixture.folder)/tiny-gpt2.jsonl").prefix(600))
        for _ in 0..<400 {
            var copy = bytes
            for _ in 0..<3 {
                copy[Int.random(in: 0..<copy.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            let outcome = Result { try RunValues.reading(copy, with: JSONLinesLog()) }
            if case .success(let read) = outcome { #expect(read.values.count <= 60, "seed \(seed)") }
        }
    }
}
