import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("GGUF parts") struct GGUFPartsTests {
    static let names = (1...3).map { "split-0000\($0)-of-00003" }

    static func golden(_ order: [Int] = [0, 1, 2]) throws -> [(path: String, header: GGUFHeader)] {
        try order.map { index in
            (path: names[index] + ".gguf", header: try GGUFHeaderTests.read(names[index]).header)
        }
    }

    @Test("are one model, in whatever order they are given", arguments: [[0, 1, 2], [2, 0, 1]])
    func merged(order: [Int]) throws {
        let parts = try GGUFParts(try Self.golden(order))
        #expect(parts.paths == Self.names.map { $0 + ".gguf" })
        #expect(parts.metadata.entries.map(\.key) == ["general.architecture"])
        #expect(parts.tensors.map(\.description.name) == ["t0", "t1", "t2", "t3", "t4"])
        #expect(parts.tensors.map(\.part) == [0, 0, 1, 1, 2])
    }

    @Test("of one whole file are that file") func single() throws {
        let header = try GGUFHeaderTests.read("align128").header
        let parts = try GGUFParts([("x.gguf", header)])
        #expect(parts.metadata == header.metadata)
        #expect(parts.tensors.map(\.description) == header.tensors)
    }

    @Test("are planned as the reference splits, byte for byte") func planned() throws {
        let parts = try GGUFParts(try Self.golden())
        let layouts = try GGUFLayout.parts(
            metadata: parts.metadata,
            tensors: parts.tensors.map {
                (name: $0.description.name, type: $0.description.type, shape: $0.description.shape.dimensions)
            }, maximumByteCount: 512)
        #expect(layouts.count == 3)
        for (layout, name) in zip(layouts, Self.names) {
            let file = try GGUFHeaderTests.read(name).file
            #expect(layout.byteCount == file.byteCount)
            #expect(layout.headerBytes == (try file.bytes(0..<layout.headerBytes.count)))
        }
    }

    @Test("are no longer than allowed, but for a tensor that is", arguments: [1, 300, 1000, 5000, 1 << 40])
    func sizes(maximum: Int) throws {
        let metadata = GGUFMetadata([("general.architecture", .text("llama")), (GGUF.alignmentKey, .uint32(64))])
        let tensors = (0..<20).map {
            (name: "tensor.\($0)", type: ElementType.plain(.F16), shape: [1 + $0 * 7 % 11, 32])
        }
        let layouts = try GGUFLayout.parts(metadata: metadata, tensors: tensors, maximumByteCount: maximum)
        #expect(layouts.flatMap { $0.tensors.map(\.name) } == tensors.map(\.name))
        #expect(layouts.allSatisfy { $0.byteCount <= maximum || $0.tensors.count == 1 })
        let files = try layouts.enumerated().map { index, layout in
            let bytes = layout.headerBytes + [UInt8](repeating: 0, count: layout.byteCount - layout.headerBytes.count)
            return (
                path: GGUFPartName(prefix: "m", number: index + 1, count: layouts.count).description,
                header: try GGUFHeader(reading: MemorySource(bytes))
            )
        }
        let parts = try GGUFParts(files)
        #expect(parts.metadata == metadata)
        #expect(parts.tensors.count == 20)
        // No part could take the first tensor of the next one.
        for (layout, next) in zip(layouts, layouts.dropFirst()) {
            let first = try #require(next.tensors.first)
            #expect(layout.byteCount + first.byteRange.count > maximum - 64)
        }
    }

    @Test(
        "are refused when one is missing, twice there or of another model",
        arguments: [
            ([0, 2], "these are missing: 2", FormatError.Code.truncated), ([0, 1, 1], "it is part 2, as", .corrupt),
            ([1], "these are missing: 1, 3", .truncated), ([], "of 0 files 0 say", .corrupt),
        ])
    func incomplete(order: [Int], problem: String, code: FormatError.Code) throws {
        let files = try Self.golden(order)
        let error = #expect(throws: FormatError.self) { try GGUFParts(files) }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.code == code)
    }

    static func part(
        _ number: UInt16, of count: UInt16, tensors: Int32, names: [String]
    ) throws -> GGUFHeader {
        let metadata = GGUFMetadata([
            ("split.no", .uint16(number)), ("split.count", .uint16(count)), ("split.tensors.count", .int32(tensors)),
        ])
        let layout = try GGUFLayout(metadata: metadata, tensors: names.map { ($0, .plain(.F32), [0]) })
        return try GGUFHeader(reading: MemorySource(layout.headerBytes))
    }

    @Test(
        "that contradict each other are refused",
        arguments: [
            (2, 5, ["b"], "p-00002-of-00002.gguf", "of 2 parts with 5 tensors"),
            (3, 2, ["b"], "x.gguf", "it is of 3 parts"), (2, 2, ["a"], "x.gguf", "holds a tensor of this name too"),
            (2, 2, ["b", "c"], "x.gguf", "hold 3 tensors, 2 are announced"),
            (2, 2, ["b"], "p-00001-of-00002.gguf", "its name says part 1 of 2, its metadata part 2 of 2"),
        ] as [(UInt16, Int32, [String], String, String)])
    func contradictions(count: UInt16, tensors: Int32, names: [String], path: String, problem: String) throws {
        let files = [
            ("first.gguf", try Self.part(0, of: 2, tensors: 2, names: ["a"])),
            (path, try Self.part(1, of: count, tensors: tensors, names: names)),
        ]
        let error = #expect(throws: FormatError.self) { try GGUFParts(files) }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
    }

    @Test(
        "say which part they are, or nothing at all",
        arguments: [
            ([("split.no", .uint16(2)), ("split.count", .uint16(2)), ("split.tensors.count", .int32(1))], true),
            ([("split.no", .int8(-1)), ("split.count", .uint16(2)), ("split.tensors.count", .int32(1))], true),
            ([("split.no", .uint16(1)), ("split.count", .int8(-2)), ("split.tensors.count", .int32(1))], true),
            ([("split.no", .uint16(0)), ("split.count", .uint16(2)), ("split.tensors.count", .int32(-1))], true),
            ([("split.no", .uint16(0)), ("split.count", .uint16(2))], true), ([("split.no", .text("0"))], true),
            ([("split.no", .uint16(0)), ("split.count", .uint16(1)), ("split.tensors.count", .int32(1))], false),
            ([], false),
        ] as [([(String, GGUFValue)], Bool)])
    func keys(entries: [(String, GGUFValue)], isRefused: Bool) throws {
        let metadata = GGUFMetadata(entries)
        if isRefused {
            #expect(throws: FormatError.self) { try GGUFSplit(metadata) }
        } else {
            #expect(try GGUFSplit(metadata) == nil)
        }
    }

    @Test("have names that count from 1") func partNames() {
        let name = GGUFPartName("dir/my-model-00002-of-00003.gguf")
        #expect(name == GGUFPartName(prefix: "dir/my-model", number: 2, count: 3))
        #expect(name?.description == "dir/my-model-00002-of-00003.gguf")
        #expect(GGUFPartName(prefix: "m", number: 123_456, count: 123_456).description == "m-123456-of-123456.gguf")
        for wrong in [
            "m-00000-of-00003.gguf", "m-00004-of-00003.gguf", "m-1-of-3.gguf", "m-00001-of-00003.bin", "00001-of-00003",
            "m-0000x-of-00003.gguf", "m-00001-to-00003.gguf", "m.gguf", "",
        ] {
            #expect(GGUFPartName(wrong) == nil, "\(wrong)")
        }
    }
}
