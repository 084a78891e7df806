import Bytes
import Testing

@testable import Formats

@Suite("GGUF metadata") struct GGUFValueTests {
    @Test("keeps the order of keys, and a changed key's place") func order() {
        var metadata = GGUFMetadata([("a", .uint8(1)), ("b", .bool(true)), ("c", .text("x"))])
        metadata["b"] = .uint32(7)
        metadata["d"] = .float32(1.5)
        metadata["a"] = nil
        metadata["none"] = nil
        #expect(metadata.entries.map(\.key) == ["b", "c", "d"])
        #expect(metadata["b"] == .uint32(7))
    }

    @Test("gives integers of every width") func integers() {
        let values: [GGUFValue] = [
            .uint8(200), .int8(-100), .uint16(60_000), .int16(-30_000), .uint32(4_000_000_000), .int32(-2), .uint64(9),
            .int64(-9),
        ]
        #expect(values.map(\.integer) == [200, -100, 60_000, -30_000, 4_000_000_000, -2, 9, -9])
        #expect(values.map(\.number) == [200, -100, 60_000, -30_000, 4_000_000_000, -2, 9, -9])
        #expect(GGUFValue.uint64(.max).integer == nil)
        #expect(GGUFValue.uint64(.max).number == 0x1p64)
        #expect(GGUFValue.float32(1).integer == nil)
        #expect(GGUFValue.bool(true).integer == nil)
        #expect(GGUFValue.text("1").number == nil)
    }

    @Test("gives an array's elements as what they are") func arrays() {
        let strings = GGUFArray(strings: ["a", "", "ü"])
        #expect(strings.strings == ["a", "", "ü"])
        #expect(strings.integers == nil && strings.numbers == nil && strings.booleans == nil)
        #expect(GGUFArray(int32: [1, -2]).integers == [1, -2])
        #expect(GGUFArray(uint32: [.max]).integers == [4_294_967_295])
        #expect(GGUFArray(uint8: [0, 255]).integers == [0, 255])
        #expect(GGUFArray(float32: [0.5, -1]).numbers == [0.5, -1])
        #expect(GGUFArray(float32: [0.5]).integers == nil)
        #expect(GGUFArray(booleans: [true, false]).booleans == [true, false])
        #expect(GGUFArray(booleans: [true]).strings == nil)
        #expect(GGUFArray(strings: ["a", "b", "c"]).prefix(2) == [.text("a"), .text("b")])
    }

    @Test("keeps strings that are not UTF-8") func notText() throws {
        let token: [UInt8] = [0xFF, 0x00, 0x61]
        let metadata = GGUFMetadata([
            ("tokens", .array(GGUFArray(byteStrings: [token, []]))), ("one", .string(GGUFString(bytes: token))),
        ])
        let layout = try GGUFLayout(metadata: metadata, tensors: [])
        let header = try GGUFHeader(reading: MemorySource(layout.headerBytes))
        #expect(header.metadata == metadata)
        #expect(header.metadata["tokens"]?.array?.byteStrings == [token, []])
        #expect(header.metadata["one"]?.text == "\u{FFFD}\0a")
        #expect(GGUFString(bytes: token).exactText == nil)
        #expect(GGUFString("ü").exactText == "ü")
    }

    @Test(
        "is shown for people: short arrays whole, long ones by their count",
        arguments: [
            (GGUFValue.text("llama"), "llama"), (.uint32(7), "7"), (.uint64(.max), "18446744073709551615"),
            (.bool(true), "true"), (.float32(0.1), "0.1"), (.array(GGUFArray(int32: [1, -2])), "[1, -2]"),
            (.array(GGUFArray(strings: ["a", "\"\n"])), #"["a", "\"\n"]"#),
            (.array(GGUFArray(strings: (0..<151_936).map { "\($0)" })), "[151,936 strings]"),
            (.array(GGUFArray(float32: [Float](repeating: 0, count: 1000))), "[1,000 numbers]"),
            (.array(GGUFArray(booleans: [Bool](repeating: true, count: 9))), "[9 booleans]"),
            (.array(GGUFArray(strings: [])), "[]"),
        ])
    func shown(value: GGUFValue, text: String) {
        #expect(value.shownText == text)
    }

    @Test("cuts a string that is too long to show") func longString() {
        let text = GGUFValue.text(String(repeating: "z", count: 40_000)).shownText
        #expect(text.utf8.count < 33_000)
        #expect(text.hasSuffix("z… (40,000 bytes)"))
    }

    @Test("shows arrays in arrays, but no deeper than two") func nested() throws {
        // Two arrays of one array of one byte.
        let inner = RawGGUF.word(UInt32(0)) + RawGGUF.word(UInt64(1)) + [5]
        let middle = RawGGUF.word(UInt32(9)) + RawGGUF.word(UInt64(1)) + inner
        let value = RawGGUF.word(UInt32(9)) + RawGGUF.word(UInt64(2)) + middle + middle
        let header = try RawGGUF(keys: [RawGGUF.key("deep", 9, value)]).read()
        let array = try #require(header.metadata["deep"]?.array)
        #expect(array.count == 2)
        #expect(array.values.first?.array?.values.first?.array?.integers == [5])
        #expect(header.metadata["deep"]?.shownText == "[[[1 integers]], [[1 integers]]]")
    }
}
