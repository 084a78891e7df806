import Bytes
import Testing

@testable import Pickles

@Suite("Pickle") struct PickleTests {
    private static func read(_ bytes: [UInt8]) throws -> Pickle {
        try Pickle(reading: MemorySource(bytes), 0..<bytes.count)
    }

    private static func read(_ text: String) throws -> Pickle { try read(text.unicodeScalars.map { UInt8($0.value) }) }

    /// A value in Python's notation, more or less.
    private static func show(_ pickle: Pickle, _ node: Pickle.Node) -> String {
        func list(_ nodes: [Pickle.Node]) -> String { nodes.map { show(pickle, $0) }.joined(separator: ", ") }
        switch pickle.value(node) {
        case .none: return "None"
        case .bool(let value): return value ? "True" : "False"
        case .integer(let value): return String(value)
        case .hugeInteger: return "huge"
        case .float(let value): return String(value)
        case .text(let text): return "'\(text)'"
        case .binaryString: return "binary"
        case .bytes(let range): return "bytes \(range)"
        case .tuple(let nodes): return "(\(list(nodes)))"
        case .list(let nodes): return "[\(list(nodes))]"
        case .set(let nodes): return "{\(list(nodes))}"
        case .dictionary(let pairs):
            return "{\(pairs.map { "\(show(pickle, $0.key)): \(show(pickle, $0.value))" }.joined(separator: ", "))}"
        case .global(let global): return global.description
        case .call(let made): return "\(show(pickle, made.callee))\(show(pickle, made.arguments))" + suffix(made)
        case .object(let made): return "new \(show(pickle, made.callee))\(show(pickle, made.arguments))" + suffix(made)
        case .persistent(let id): return "@\(show(pickle, id))"
        }
        func suffix(_ made: PickleValue.Made) -> String {
            let items = pickle.items(of: made)
            return (items.isEmpty ? "" : "+[\(list(items))]") + (made.state.map { "|" + show(pickle, $0) } ?? "")
        }
    }

    @Test(
        "is what every instruction says",
        arguments: [
            ("N.", "None"), ("\u{88}.", "True"), ("\u{89}.", "False"), ("I01\n.", "True"), ("I00\n.", "False"),
            ("I-12\n.", "-12"), ("L5L\n.", "5"), ("L99999999999999999999L\n.", "huge"), ("F1.5\n.", "1.5"),
            ("J\u{FE}\u{FF}\u{FF}\u{FF}.", "-2"), ("K\u{FF}.", "255"), ("M\u{00}\u{01}.", "256"),
            ("\u{8A}\u{00}.", "0"), ("\u{8A}\u{01}\u{FF}.", "-1"), ("\u{8A}\u{02}\u{FF}\u{00}.", "255"),
            ("\u{8A}\u{08}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{80}.", "-9223372036854775808"),
            ("\u{8A}\u{09}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{80}\u{00}.", "huge"),
            ("\u{8B}\u{01}\u{00}\u{00}\u{00}\u{7F}.", "127"),
            ("G\u{3F}\u{F8}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}.", "1.5"),
            ("S'a\\x62\\n\\'\\101\\q'\n.", "'ab\n'A\\q'"), ("S\"a\"\n.", "'a'"), ("V\\u00e9\\U0001F600x\n.", "'é😀x'"),
            ("T\u{01}\u{00}\u{00}\u{00}a.", "'a'"), ("U\u{01}a.", "'a'"), ("U\u{01}\u{FF}.", "binary"),
            ("X\u{02}\u{00}\u{00}\u{00}\u{C3}\u{A9}.", "'é'"), ("\u{8C}\u{01}a.", "'a'"),
            ("\u{8D}\u{01}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}a.", "'a'"),
            ("B\u{02}\u{00}\u{00}\u{00}ab.", "bytes 5..<7"), ("C\u{02}ab.", "bytes 2..<4"),
            ("\u{8E}\u{01}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}a.", "bytes 9..<10"),
            ("\u{96}\u{01}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}a.", "bytes 9..<10"),
            (").", "()"), ("(K\u{01}K\u{02}t.", "(1, 2)"), ("N\u{85}.", "(None)"), ("NN\u{86}.", "(None, None)"),
            ("K\u{01}K\u{02}K\u{03}\u{87}.", "(1, 2, 3)"), ("].", "[]"), ("(K\u{01}l.", "[1]"),
            ("]K\u{01}aK\u{02}a(K\u{03}K\u{04}e.", "[1, 2, 3, 4]"), ("}.", "{}"), ("(K\u{01}Nd.", "{1: None}"),
            ("}K\u{01}Ns(K\u{02}NK\u{03}Nu.", "{1: None, 2: None, 3: None}"), ("\u{8F}(K\u{01}\u{90}.", "{1}"),
            ("(K\u{01}\u{91}.", "{1}"), ("K\u{07}q\u{05}0h\u{05}.", "7"), ("K\u{07}p12\n0g12\n.", "7"),
            ("K\u{07}r\u{00}\u{00}\u{01}\u{00}0j\u{00}\u{00}\u{01}\u{00}.", "7"),
            ("K\u{07}\u{94}K\u{08}\u{94}00h\u{01}.", "8"), ("K\u{01}(NN1.", "1"), ("K\u{01}(0.", "1"),
            ("K\u{01}2\u{86}.", "(1, 1)"), ("cos\nsystem\n.", "os.system"),
            ("\u{8C}\u{02}os\u{8C}\u{06}system\u{93}.", "os.system"), ("U\u{02}osU\u{06}system\u{93}.", "os.system"),
            ("cos\nsystem\nN\u{85}R.", "os.system(None)"), ("ca\nb\n)\u{81}}b.", "new a.b()|{}"),
            ("ca\nb\n)}\u{92}.", "new a.b()"), ("(K\u{01}ia\nb\n.", "new a.b(1)"), ("(ca\nb\nK\u{01}o.", "new a.b(1)"),
            ("ca\nb\n)RK\u{01}K\u{02}s.", "a.b()+[1, 2]"), ("ca\nb\n)RK\u{01}a.", "a.b()+[1]"), ("K\u{01}Q.", "@1"),
            ("Pid\n.", "@'id'"), ("\u{82}\u{07}.", "copyreg.extension 7"), ("\u{80}\u{04}N.", "None"),
            ("\u{95}\u{02}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}\u{00}N.", "None"),
        ])
    func instruction(text: String, value: String) throws {
        let pickle = try Self.read(text)
        #expect(Self.show(pickle, pickle.root) == value)
        #expect(pickle.end == text.unicodeScalars.count)
    }

    @Test("keeps a value that is in several places once, also in itself") func sharing() throws {
        let pickle = try Self.read("]q\u{00}(h\u{00}h\u{00}h\u{00}e.")
        guard case .list(let items) = pickle.value(pickle.root) else { throw TestFailure() }
        #expect(items == [pickle.root, pickle.root, pickle.root])
        #expect(pickle.size(of: pickle.root) == 3)
    }

    @Test("keeps the order of what is added to containers in turn") func interleaved() throws {
        // Two lists, filled alternately.
        let pickle = try Self.read(
            "]q\u{00}]q\u{01}\u{86}0h\u{00}K\u{01}a0h\u{01}K\u{02}a0h\u{00}K\u{03}a0h\u{01}K\u{04}a0"
                + "h\u{00}h\u{01}\u{86}."
        )
        #expect(Self.show(pickle, pickle.root) == "([1, 3], [2, 4])")
    }

    @Test("says where each value and each global stands, from the source's start") func places() throws {
        let bytes = Array("....cos\nsystem\nX\u{01}\u{00}\u{00}\u{00}aQ.".utf8)
        let pickle = try Pickle(reading: MemorySource(bytes), 4..<bytes.count)
        #expect(pickle.globals == [.init(global: PickleGlobal(module: "os", name: "system"), byteOffset: 4)])
        #expect(pickle.byteOffset(of: pickle.root) == 21)
        #expect(pickle.persistentIDs.map(pickle.byteOffset(of:)) == [15])
    }

    @Test("is read through a window: a text and numbers across its border come whole", arguments: 65_520..<65_540)
    func window(length: Int) throws {
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
        let bytes =
            Array("(X".utf8) + [UInt8(length & 255), UInt8(length >> 8 & 255), UInt8(length >> 16), 0] + text
            + Array("cmodule\nname\nX\u{03}\u{00}\u{00}\u{00}abct.".utf8)
        let pickle = try Self.read(bytes)
        #expect(Self.show(pickle, pickle.root) == "('\(String(decoding: text, as: UTF8.self))', module.name, 'abc')")
    }

    @Test("stops at the caps on values, stack and globals") func caps() {
        let cases: [(bytes: [UInt8], problem: String)] = [
            ([UInt8](repeating: 0x5D, count: 4 << 20), "nests 0 levels and 1048577 values"),
            (
                (0..<900_000).flatMap { _ in [UInt8(ascii: "]"), UInt8(ascii: "0")] }
                    + (0..<2_000_000).flatMap { _ in [UInt8(ascii: "]"), UInt8(ascii: "0")] }, "bytes of memory"
            ),
            ((0..<10_001).flatMap { Array("cm\nn\($0)\n0".utf8) }, "more than 10000 different globals"),
            (
                Array("X".utf8) + [1, 0, 0, 1] + [UInt8](repeating: 0x61, count: (16 << 20) + 1),
                "a text of 16777217 bytes"
            ),
        ]
        for (bytes, problem) in cases {
            let error = #expect(throws: FormatError.self) { try Self.read(bytes) }
            #expect(error?.code == .unsupported)
            #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        }
    }

    @Test("never crashes on bytes that mean nothing", arguments: 0..<UInt64(200))
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let codes = Array("(.012FIJKLMNPQRSTUVXabcd}eghijl]opqrst)uGBC".utf8) + Array(0x80...0x98)
        for _ in 0..<50 {
            let bytes = (0..<Int.random(in: 1...60, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? codes.randomElement(using: &generator) ?? 0 : UInt8.random(in: 0...12, using: &generator)
            }
            do {
                let pickle = try Self.read(bytes)
                #expect(pickle.end <= bytes.count)
                _ = pickle.persistentIDs
            } catch is FormatError {
            } catch {
                Issue.record("\(error)")
            }
        }
    }
}

private struct TestFailure: Error {}
