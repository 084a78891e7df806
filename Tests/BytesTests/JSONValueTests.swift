import Testing

@testable import Bytes

@Suite("JSON value") struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test("is laid out as Python lays it out")
    func layouts() throws {
        let value = try parse(#"{ "b" : [1, {"x":[]}], "a":{}, "é":"\u001f\u007f😀/" , "t":true,"n":null}"#)
        #expect(
            value.text(.compact)
                == "{\"b\":[1,{\"x\":[]}],\"a\":{},\"é\":\"\\u001f\u{7F}😀/\",\"t\":true,\"n\":null}")
        #expect(
            value.text(.python)
                == #"{"b": [1, {"x": []}], "a": {}, "\u00e9": "\u001f\u007f\ud83d\ude00/", "t": true, "n": null}"#)
        #expect(
            value.text(.indented) == #"""
                {
                  "b": [
                    1,
                    {
                      "x": []
                    }
                  ],
                  "a": {},
                  "\u00e9": "\u001f\u007f\ud83d\ude00/",
                  "t": true,
                  "n": null
                }
                """#)
    }

    /// Expected texts: `json.dumps` of Python 3.11.
    @Test(
        "writes doubles as Python writes them",
        arguments: [
            (0.0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-2.5, "-2.5"), (0.1, "0.1"), (100, "100.0"), (6, "6.0"),
            (1e-05, "1e-05"), (0.0001, "0.0001"), (0.00012345, "0.00012345"), (9.999e-05, "9.999e-05"),
            (1e15, "1000000000000000.0"), (1e16, "1e+16"), (1.2345e16, "1.2345e+16"), (1e22, "1e+22"),
            (9007199254740992, "9007199254740992.0"), (123456.789, "123456.789"), (1e100, "1e+100"),
            (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"), (1e-300, "1e-300"),
            (Double(Float(0.05198097229003906)), "0.05198097229003906"), (Double(Float(1e-5)), "9.999999747378752e-06"),
            (.infinity, "Infinity"), (-.infinity, "-Infinity"), (.nan, "NaN"),
        ])
    func doubles(value: Double, text: String) {
        #expect(JSONValue.pythonNumber(value) == .number(text))
    }

    @Test("gives the same double back from its text", arguments: 0..<UInt64(4))
    func doubleRoundTrip(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(JSONValue.pythonNumber(value).doubleValue?.bitPattern == value.bitPattern, "\(value), seed \(seed)")
        }
    }

    @Test("keeps its members' order when one is changed, added or removed")
    func members() {
        var object = JSONObject([("b", 1), ("a", 2), ("c", 3)].map { ($0, JSONValue.number($1)) })
        object["a"] = .null
        object["d"] = .bool(true)
        object["b"] = nil
        #expect(object.members.map(\.key) == ["a", "c", "d"])
        #expect(object["c"] == .number(3))
        #expect(object["b"] == nil)
        object["b"] = .string("again")
        #expect(object.members.map(\.key) == ["a", "c", "d", "b"])
        #expect(object.sorted().members.map(\.key) == ["a", "b", "c", "d"])
    }

    @Test("inserts at the sorted place, or at the end of what is not sorted")
    func insertion() {
        var sorted = JSONObject([("_a", .null), ("b", .null), ("d", .null)])
        sorted.insertSorted("c", .number(1))
        sorted.insertSorted("B", .number(2))
        sorted.insertSorted("z", .number(3))
        sorted.insertSorted("d", .number(4))
        #expect(sorted.members.map(\.key) == ["B", "_a", "b", "c", "d", "z"])
        #expect(sorted["d"] == .number(4))
        #expect(sorted["z"] == .number(3))
        var mixed = JSONObject([("b", .null), ("a", .null)])
        mixed.insertSorted("aa", .null)
        #expect(mixed.members.map(\.key) == ["b", "a", "aa"])
    }

    @Test("gives numbers only where they are exact")
    func numbers() throws {
        #expect(try parse("12").intValue == 12)
        #expect(try parse("1.0").intValue == nil)
        #expect(try parse("9223372036854775808").intValue == nil)
        #expect(try parse("1.5e3").doubleValue == 1500)
        #expect(try parse("\"1\"").intValue == nil)
        #expect(try parse("{\"a\":[true]}")["a"]?.arrayValue?.first?.boolValue == true)
    }
}
