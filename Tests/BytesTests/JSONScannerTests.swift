import Testing

@testable import Bytes

@Suite("JSON scanner") struct JSONScannerTests {
    private func parse(_ text: String, _ dialect: JSONScanner.Dialect = .standard) throws(FormatError) -> JSONValue {
        try JSONValue(parsing: Array(text.utf8), dialect: dialect)
    }

    @Test(
        "resolves every escape of the standard",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u4E2d""#, "Aé中"),
            (#""\ud83d\uDE00""#, "😀"), (#""\udbff\udfff""#, "\u{10FFFF}"), (#""\u0000""#, "\0"), (#""é😀""#, "é😀"),
            (#""\u007f""#, "\u{7F}"), (#""""#, ""),
        ])
    func escapes(literal: String, text: String) throws {
        #expect(try parse(literal) == .string(text))
    }

    @Test(
        "keeps a number as it is written",
        arguments: ["0", "-0", "10", "-1.5", "1e5", "1E+05", "1.0e-07", "123456789012345678901234567890"])
    func numbers(literal: String) throws {
        #expect(try parse(literal) == .number(literal))
    }

    @Test(
        "refuses what is not JSON, and says where",
        arguments: [
            ("", 0), (" ", 1), ("nul", 3), ("nulL", 3), ("True", 0), ("01", 1), ("+1", 0), (".5", 0), ("1.", 2),
            ("1e", 2), ("-", 1), ("0x10", 1), ("NaN", 0), ("-Infinity", 1), ("'a'", 0), ("[1,]", 3), ("[1 2]", 3),
            ("[,1]", 1), ("{\"a\":1,}", 7), ("{\"a\" 1}", 5), ("{a:1}", 1), ("{\"a\":}", 5), ("{}}", 2), ("[}", 1),
            ("\"a", 2), (#""\"#, 2), (#""\""#, 3), (#""\x""#, 2), (#""\u12""#, 3), (#""\u12g4""#, 5),
            (#""\ud800""#, 7), (#""\ud800a""#, 7), (#""\ud800\u0041""#, 13), (#""\udc00""#, 7), ("\"\n\"", 1),
            ("\"\u{1F}\"", 1), ("\u{FEFF}1", 0), ("1 // one", 2), ("\u{A0}1", 0),
        ])
    func refused(text: String, offset: Int) {
        let error = #expect(throws: FormatError.self) { try parse(text) }
        #expect(error?.byteOffset == offset, "\(text)")
        #expect(error?.code == .corrupt)
    }

    @Test(
        "refuses bytes that are not UTF-8",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE4, 0xB8]] as [[UInt8]])
    func utf8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: FormatError.self) { try JSONValue(parsing: [quote] + bytes + [quote]) }
        #expect(throws: FormatError.self) {
            try JSONValue(parsing: [quote] + bytes + Array(#"\n"#.utf8) + [quote])
        }
        #expect(throws: FormatError.self) { try JSONValue(parsing: bytes) }
    }

    @Test("refuses a key that appears twice, also behind escapes and among many", arguments: [2, 7, 8, 9, 10, 1000])
    func duplicates(count: Int) {
        let members = (0..<count - 1).map { "\"k\($0)\":\($0)" } + [#""\u006b0":0"#]
        let error = #expect(throws: FormatError.self) { try parse("{" + members.joined(separator: ",") + "}") }
        #expect(error?.problem.contains("'k0' appears twice") == true)
    }

    @Test("tells keys apart by their bytes, as a vocabulary needs", arguments: [0, 20])
    func normalization(others: Int) throws {
        let members = (0..<others).map { "\"k\($0)\":0" } + ["\"\u{E9}\":1", "\"e\u{301}\":2"]
        let object = try #require(try parse("{" + members.joined(separator: ",") + "}").objectValue)
        #expect(object.members.count == others + 2)
        #expect(object["\u{E9}"] == .number(1))
        #expect(object["e\u{301}"] == .number(2))
    }

    @Test("nests to a depth of 64 and no deeper", arguments: ["[]", "{}"])
    func depth(brackets: String) throws {
        func nested(_ levels: Int) -> String {
            let open = brackets == "[]" ? "[" : "{\"a\":"
            let close = brackets == "[]" ? "]" : "}"
            return String(repeating: open, count: levels - 1) + brackets
                + String(repeating: close, count: levels - 1)
        }
        #expect(throws: Never.self) { try parse(nested(64)) }
        #expect(throws: FormatError.self) { try parse(nested(65)) }
        #expect(throws: FormatError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
    }

    @Test("takes whole numbers and nothing else for counts", arguments: ["-1", "1.0", "1e3", "-0", "\"1\"", "x", ""])
    func counts(text: String) throws {
        var scanner = JSONScanner(Array(text.utf8))
        #expect(throws: FormatError.self) { try scanner.takeCount() }
        var good = JSONScanner(Array(" 9223372036854775807 ".utf8))
        #expect(try good.takeCount() == .max)
        var large = JSONScanner(Array("9223372036854775808".utf8))
        #expect(throws: FormatError.self) { try large.takeCount() }
    }

    @Test("reads the numbers that only Python writes, when told")
    func python() throws {
        let value = try parse("[NaN,Infinity,-Infinity,-1]", .python)
        #expect(value.arrayValue?.compactMap(\.doubleValue).map(\.isFinite) == [false, false, false, true])
        #expect(value.text() == "[NaN,Infinity,-Infinity,-1]")
        #expect(throws: FormatError.self) { try parse("-NaN", .python) }
        #expect(throws: FormatError.self) { try parse("Inf", .python) }
    }

    @Test("counts offsets from the file's start") func base() {
        var scanner = JSONScanner(Array("{!".utf8), baseOffset: 8)
        let error = #expect(throws: FormatError.self) { try scanner.skipValue() }
        #expect(error?.byteOffset == 9)
    }

    static let document = #"""
         {"a\n":[1,-2.5e+10,true,false,null,"\ud83d\ude00é",{}],"b":{"c":[[],[0]],"\\":"\"","d":"中\u4e2d"},"e":NaN}
        """#

    @Test("never reads past the end, wherever a document is cut") func truncation() {
        let bytes = Array(Self.document.utf8)
        #expect(throws: Never.self) { try JSONValue(parsing: bytes, dialect: .python) }
        for count in bytes.indices {
            #expect(throws: FormatError.self, "cut at \(count)") {
                try JSONValue(parsing: Array(bytes[..<count]), dialect: .python)
            }
        }
    }

    @Test("skips exactly what it would take, on mutated documents", arguments: 0..<UInt64(20))
    func mutations(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let original = Array(Self.document.utf8)
        for round in 0..<300 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = .random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(original.randomElement(using: &generator) ?? 0, at: place)
                }
            }
            let taken = Result { () throws(FormatError) in try JSONValue(parsing: bytes, dialect: .python) }
            let skipped = Result { () throws(FormatError) in
                var scanner = JSONScanner(bytes, dialect: .python)
                try scanner.skipValue()
                try scanner.finish()
            }
            switch (taken, skipped) {
            case (.success(let value), .success):
                let again = Result { () throws(FormatError) in
                    try JSONValue(parsing: Array(value.text(.indented).utf8), dialect: .python)
                }
                #expect(again == .success(value), "seed \(seed), round \(round)")
            case (.failure(let left), .failure(let right)): #expect(left == right, "seed \(seed), round \(round)")
            default: Issue.record("taken and skipped disagree: seed \(seed), round \(round)")
            }
        }
    }
}
