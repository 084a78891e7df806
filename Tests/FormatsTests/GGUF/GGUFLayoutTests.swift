import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("GGUF layout") struct GGUFLayoutTests {
    /// The whole file, with the tensors' bytes from another one.
    static func file(_ layout: GGUFLayout, _ content: (TensorDescription) throws -> [UInt8]) rethrows -> [UInt8] {
        var bytes = layout.headerBytes
        for (index, tensor) in layout.tensors.enumerated() {
            bytes += try content(tensor)
            bytes += [UInt8](repeating: 0, count: layout.paddingByteCount(after: index))
        }
        return bytes
    }

    @Test("of what was read is the same file, byte for byte", arguments: GGUFHeaderTests.goldens)
    func roundTrip(name: String) throws {
        let (header, file) = try GGUFHeaderTests.read(name)
        let layout = try GGUFLayout(of: header)
        #expect(layout.tensors == header.tensors)
        #expect(layout.byteCount == file.byteCount)
        let bytes = try Self.file(layout) { try file.bytes($0.byteRange) }
        #expect(bytes == (try file.bytes(0..<file.byteCount)))
    }

    @Test("is the file that the format's description shows") func example() throws {
        let layout = try GGUFLayout(
            metadata: GGUFMetadata([
                ("general.architecture", .text("llama")), ("llama.block_count", .uint32(1)),
                ("a", .array(GGUFArray(int32: [1, 2]))), ("b", .bool(true)), ("c", .text("hi")),
            ]), tensors: [("t.weight", .plain(.F32), [3, 2]), ("u", .plain(.F16), [3])])
        #expect(layout.headerBytes.count == 256)
        #expect(layout.byteCount == 320)
        #expect(layout.tensors.map(\.byteRange) == [256..<280, 288..<294])
        let hex = layout.headerBytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex.hasPrefix("4747554603000000020000000000000005000000000000001400000000000000"))
        #expect(
            hex.contains(
                "0800000000000000742e776569676874020000000200000000000000030000000000000000000000000000000000000001000000"
                    + "0000000075010000000300000000000000010000002000000000000000"))
    }

    @Test("of the other byte order holds the same metadata and weights") func otherOrder() throws {
        let (header, file) = try GGUFHeaderTests.read("all_kv_types")
        let tensors = header.tensors.map { (name: $0.name, type: $0.type, shape: $0.shape.dimensions) }
        let layout = try GGUFLayout(metadata: header.metadata, tensors: tensors, byteOrder: .bigEndian)
        let reader = TensorReader(file)
        let bytes = try Self.file(layout) { tensor in
            let source = try #require(header.tensors.first { $0.name == tensor.name })
            var content = try reader.content(of: source)
            var span = content.mutableSpan
            tensor.type.reverseByteOrder(of: &span)
            return content
        }
        let source = MemorySource(bytes)
        let back = try GGUFHeader(reading: source)
        #expect(back.isBigEndian)
        #expect(back.metadata == header.metadata)
        for (tensor, original) in zip(back.tensors, header.tensors) {
            #expect(try TensorReader(source).content(of: tensor) == reader.content(of: original), "\(tensor.name)")
        }
        #expect(back.tensors.contains { $0.type == .block(.Q4_0) })
    }

    /// The golden big-endian file was written by the reference; its start is that of ours.
    @Test("of the other byte order is the reference's own") func reference() throws {
        let (header, _) = try GGUFHeaderTests.read("all_kv_types")
        let (big, file) = try GGUFHeaderTests.read("all_kv_types_big_endian")
        let layout = try GGUFLayout(
            metadata: header.metadata,
            tensors: big.tensors.map { (name: $0.name, type: $0.type, shape: $0.shape.dimensions) },
            byteOrder: .bigEndian)
        #expect(layout.headerBytes == (try file.bytes(0..<big.dataStart)))
    }

    @Test("obeys the alignment that the metadata states", arguments: [1, 8, 32, 4096])
    func alignment(alignment: UInt32) throws {
        let layout = try GGUFLayout(
            metadata: GGUFMetadata([(GGUF.alignmentKey, .uint32(alignment))]),
            tensors: [("a", .plain(.F32), [3]), ("b", .block(.Q8_0), [2, 32])])
        #expect(layout.alignment == Int(alignment))
        #expect(layout.tensors.allSatisfy { $0.byteRange.lowerBound % Int(alignment) == 0 })
        #expect(layout.byteCount % Int(alignment) == 0)
        let bytes = Self.file(layout) { [UInt8](repeating: 1, count: $0.byteRange.count) }
        #expect(bytes.count == layout.byteCount)
        #expect(try GGUFHeader(reading: MemorySource(bytes)).tensors == layout.tensors)
    }

    @Test(
        "refuses what ggml would not read",
        arguments: [
            ([("a", .plain(.F32), [1]), ("a", .plain(.F32), [1])], "two tensors of this name"),
            ([(String(repeating: "n", count: 64), .plain(.F32), [1])], "64 bytes; GGUF allows 63"),
            ([("", .plain(.F32), [1])], "empty name"), ([("a\0", .plain(.F32), [1])], "control character"),
            ([("a", .plain(.F32), [1, 1, 1, 1, 1])], "5 dimensions; GGUF holds 4"),
            ([("a", .plain(.U8), [1])], "GGUF has no type for U8"),
            ([("a", .block(.Q4_0), [2, 48])], "rows have 48 elements; Q4_0 needs a multiple of 32"),
            ([("a", .block(.Q4_0), [])], "rows have 1 elements"),
            ([("a", .plain(.F32), [1 << 31, 1 << 31, 4])], "more bytes than a machine can count"),
            ([("a", .plain(.F32), [1 << 30, 1 << 30 + 1])], "too long to count"),
        ] as [([(name: String, type: ElementType, shape: [Int])], String)])
    func refusals(tensors: [(name: String, type: ElementType, shape: [Int])], problem: String) {
        let error = #expect(throws: FormatError.self) {
            try GGUFLayout(metadata: GGUFMetadata(), tensors: tensors)
        }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
    }

    @Test(
        "refuses metadata that no reader would take",
        arguments: [
            ("", GGUFValue.bool(true), "empty, too long"), ("a\n", .bool(true), "control character"),
            (String(repeating: "k", count: 65_536), .bool(true), "too long"),
            (GGUF.alignmentKey, .uint32(48), "power of two"), (GGUF.alignmentKey, .uint32(0), "power of two"),
            (GGUF.alignmentKey, .uint64(32), "uint32 is allowed"),
        ])
    func keys(key: String, value: GGUFValue, problem: String) {
        let error = #expect(throws: FormatError.self) {
            try GGUFLayout(metadata: GGUFMetadata([(key, value)]), tensors: [])
        }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
    }
}
