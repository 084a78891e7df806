import Bytes
import Foundation
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("GGUF header") struct GGUFHeaderTests {
    static let goldens = [
        "align128", "all_kv_types", "all_kv_types_big_endian", "split-00001-of-00003", "split-00002-of-00003",
        "split-00003-of-00003",
    ]

    static func read(_ name: String) throws -> (header: GGUFHeader, file: OpenFile) {
        let file = try OpenFile(Fixtures.path("gguf/\(name).gguf"))
        return (try GGUFHeader(reading: file), file)
    }

    @Test("finds every tensor where the reference wrote it, byte for byte", arguments: goldens)
    func tensors(name: String) throws {
        let (header, file) = try Self.read(name)
        let expected = try #require(try Fixtures.json("gguf/\(name).gguf.expected.json")["tensors"]?.objectValue)
        #expect(Set(header.tensors.map(\.name)) == Set(expected.members.map(\.key)))
        for tensor in header.tensors {
            let row = try #require(expected[tensor.name])
            #expect(Digest(of: try file.bytes(tensor.byteRange)).hex == row["sha256"]?.stringValue, "\(tensor.name)")
            #expect(tensor.type.name == row["type"]?.stringValue)
            #expect(tensor.byteRange.count == row["bytes"]?.intValue)
            #expect(tensor.shape.dimensions.reversed() == row["ne"]?.arrayValue?.compactMap(\.intValue))
            #expect(tensor.arrangement.isBigEndian == header.isBigEndian)
        }
        #expect(header.notes == [])
    }

    @Test("keeps every key with its type and value, in order", arguments: goldens)
    func metadata(name: String) throws {
        let header = try Self.read(name).header
        let expected = try #require(try Fixtures.json("gguf/\(name).gguf.expected.json")["kv"]?.objectValue)
        // The reference shows three counts of the file's start as keys.
        #expect(header.metadata.entries.count == expected.members.count - 3)
        for entry in header.metadata.entries {
            let row = try #require(expected[entry.key])
            let types = row["types"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(entry.value.typeNames == types, "\(entry.key)")
            let value = try #require(row["value"])
            #expect(entry.value.expectedForm == value.flattened, "\(entry.key)")
        }
    }

    @Test("tells version, byte order and alignment") func start() throws {
        let plain = try Self.read("all_kv_types").header, big = try Self.read("all_kv_types_big_endian").header
        #expect((plain.version, plain.isBigEndian, plain.alignment) == (3, false, 32))
        #expect((big.version, big.isBigEndian, big.alignment) == (3, true, 32))
        #expect(try Self.read("align128").header.alignment == 128)
        #expect(plain.metadata.architecture == "llama")
        #expect(plain.metadata.entries.first?.key == "general.architecture")
        #expect(plain.metadata["t.i64"]?.integer == -4_611_686_018_427_387_904)
        #expect(plain.metadata["none"] == nil)
    }

    @Test("is the same from either byte order, and so are the tensors") func byteOrders() throws {
        let (plain, plainFile) = try Self.read("all_kv_types")
        let (big, bigFile) = try Self.read("all_kv_types_big_endian")
        #expect(plain.metadata == big.metadata)
        #expect(big.tensors.count == 8)
        for tensor in big.tensors {
            let twin = try #require(plain.tensors.first { $0.name == tensor.name })
            #expect(tensor.shape == twin.shape)
            #expect(try TensorReader(bigFile).content(of: tensor) == TensorReader(plainFile).content(of: twin))
        }
    }

    @Test("is found by its first bytes") func recognition() throws {
        let file = try Self.read("align128").file
        let start = try file.bytes(0..<CheckpointFormats.startByteCount)
        let recognized = CheckpointFormats.recognize(start.span)
        #expect(recognized?.name == "gguf")
        let layout = try GGUF.layout(of: Self.read("all_kv_types").file)
        #expect(layout.format == "gguf")
        #expect(layout.tensors.count == 11)
        #expect(layout.metadata.first == MetadataEntry(key: "general.architecture", value: "llama"))
    }

    @Test("of version 2 is read as well") func version2() throws {
        let header = try RawGGUF(version: [2, 0, 0, 0], tensors: [RawGGUF.tensor("a")], data: [0, 0, 0, 0]).read()
        #expect(header.version == 2)
        #expect(header.tensors.map(\.name) == ["a"])
    }

    @Test("without tensors may end where the table does") func vocabularyOnly() throws {
        let file = RawGGUF(keys: [RawGGUF.key("a", 4, [1, 0, 0, 0])])
        let header = try GGUFHeader(reading: MemorySource(file.header))
        #expect(header.tensors.isEmpty)
        #expect(header.metadata["a"] == .uint32(1))
    }

    @Test("may hold scalars and tensors without elements") func small() throws {
        let header = try RawGGUF(
            tensors: [
                RawGGUF.tensor("scalar", []), RawGGUF.tensor("none", [4, 0], offset: 32),
                RawGGUF.tensor("last", [2], offset: 32),
            ], data: [UInt8](repeating: 0, count: 40)
        ).read()
        #expect(header.tensors.map(\.shape.dimensions) == [[], [0, 4], [2]])
        #expect(header.tensors.map(\.byteRange.count) == [4, 0, 8])
    }

    @Test("notes bytes behind the last tensor, and names that ggml refuses") func notes() throws {
        let name = String(repeating: "n", count: 64)
        let header = try RawGGUF(tensors: [RawGGUF.tensor(name)], data: [UInt8](repeating: 0, count: 35)).read()
        #expect(header.notes.count == 2)
        #expect(header.notes.first == "3 bytes follow the last tensor and its padding")
        #expect(header.notes.last?.contains("llama.cpp refuses names of 64 bytes") == true)
    }

    @Test("is read in chunks, wherever a number or string is cut") func chunks() throws {
        // Strings whose ends wander over the borders of the window.
        let strings = (0..<40_000).map { String(repeating: "x", count: $0 % 37) }
        let metadata = GGUFMetadata([
            ("first", .array(GGUFArray(strings: strings))), ("long", .text(String(repeating: "y", count: 700_000))),
            ("floats", .array(GGUFArray(float32: (0..<300_000).map { Float($0) }))), ("last", .uint64(.max)),
        ])
        let layout = try GGUFLayout(metadata: metadata, tensors: [("t", .plain(.F32), [0])])
        let header = try GGUFHeader(reading: MemorySource(layout.headerBytes))
        #expect(header.metadata == metadata)
        #expect(header.metadata["first"]?.array?.strings == strings)
        #expect(header.tensors.map(\.name) == ["t"])
    }
}

extension GGUFValue {
    /// As the reference reader names types: of arrays the elements' too.
    var typeNames: [String] {
        let name = "\(type)".uppercased()
        guard case .array(let array) = self else { return [name] }
        return [name] + (array.values.first.map(\.typeNames) ?? ["\(array.elementType)".uppercased()])
    }

    /// As the expected files hold values: numbers with a fraction as text, arrays of arrays as one list.
    var expectedForm: [String] {
        switch self {
        case .float32(let value): [Double(value).description]
        case .float64(let value): [value.description]
        case .uint64(let value): [value.description]
        case .bool(let value): [value.description]
        case .string(let string): [string.text]
        case .array(let array): array.values.flatMap(\.expectedForm)
        default: [integer.map(String.init) ?? "?"]
        }
    }
}

extension JSONValue {
    /// The leaves of a list, or the value itself, as text.
    var flattened: [String] {
        if let list = arrayValue { return list.flatMap(\.flattened) }
        return [stringValue ?? text()]
    }
}
