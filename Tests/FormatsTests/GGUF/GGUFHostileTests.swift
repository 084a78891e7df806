import Bytes
import Foundation
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("Hostile GGUF") struct GGUFHostileTests {
    static func expectRefusal(
        _ bytes: [UInt8], _ code: FormatError.Code, _ problem: String, at offset: Int?, tensor: String? = nil
    ) {
        let error = #expect(throws: FormatError.self) {
            try GGUFHeader(reading: MemorySource(bytes, path: "hostile.gguf"))
        }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.code == code)
        #expect(error?.byteOffset == offset, "\(error?.description ?? "")")
        #expect(error?.tensor == tensor)
        #expect(error?.file == "hostile.gguf")
    }

    @Test(
        "files of others are refused, each for its own reason and at its byte",
        arguments: [
            ("array_depth_bomb", .unsupported, "more than 8 deep", 133),
            ("bad_magic", .corrupt, "does not begin with 'GGUF'", 0), ("empty", .truncated, "does not begin", 0),
            ("kv_count_huge", .truncated, "1152921504606846976 metadata keys are announced", 16),
            ("string_len_huge", .truncated, "has 2305843009213693952 bytes", 24),
            ("tensor_count_huge", .truncated, "1152921504606846976 tensors are announced", 8),
            ("truncated_data", .truncated, "40 bytes before the padding of its last tensor", 472),
            ("truncated_header", .truncated, "2 tensors are announced, but the file has room", 8),
            ("v1_magic_only", .unsupported, "GGUF version 1", 4), ("version_99", .unsupported, "GGUF version 99", 4),
        ] as [(String, FormatError.Code, String, Int)])
    func golden(name: String, code: FormatError.Code, problem: String, offset: Int) throws {
        let bytes = try Fixtures.bytes("hostile/gguf_\(name).gguf")
        let error = #expect(throws: FormatError.self) { try GGUFHeader(reading: MemorySource(bytes)) }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.code == code)
        #expect(error?.byteOffset == offset, "\(error?.description ?? "")")
    }

    @Test(
        "starts are refused",
        arguments: [
            (RawGGUF(version: [0, 0, 0, 0]), .unsupported, "version 0", 4),
            (RawGGUF(version: [0, 0, 0, 1]), .unsupported, "version 1;", 4),
            (RawGGUF(version: [0, 0, 1, 0]), .unsupported, "version 256", 4),
            (RawGGUF(tensorCount: 1 << 63), .corrupt, "9223372036854775808 tensors", 8),
            (RawGGUF(tensorCount: 1), .truncated, "1 tensors are announced, but the file has room for 0", 8),
            (RawGGUF(keyCount: 1 << 60), .truncated, "metadata keys are announced", 16),
            (
                RawGGUF(tensorCount: UInt64(GGUF.mostTensors + 1), data: [UInt8](repeating: 0, count: 26 << 17)),
                .unsupported, "131072 are read", 8
            ),
            (
                RawGGUF(keyCount: UInt64(GGUF.mostKeys + 1), data: [UInt8](repeating: 0, count: 15 << 16)),
                .unsupported, "65536 are read", 16
            ),
        ] as [(RawGGUF, FormatError.Code, String, Int)])
    func start(file: RawGGUF, code: FormatError.Code, problem: String, offset: Int) {
        Self.expectRefusal(file.bytes, code, problem, at: offset)
    }

    static let huge = RawGGUF.word(UInt64(1) << 60)

    @Test(
        "metadata is refused",
        arguments: [
            (RawGGUF.key("a", 13, [0]), .corrupt, "'a' has type 13", 33),
            (RawGGUF.key("a", 7, [2]), .corrupt, "Boolean of 'a' is 2", 37),
            (
                RawGGUF.key("a", 9, RawGGUF.word(UInt32(7)) + RawGGUF.word(UInt64(3)) + [1, 0, 9]), .corrupt,
                "Boolean of 'a' is 9", 51
            ),
            (RawGGUF.key("", 0, [0]), .corrupt, "has 0 bytes; 1 to 65535", 24),
            (
                RawGGUF.key(String(repeating: "k", count: 65_536), 0, [0]), .corrupt, "has 65536 bytes; 1 to 65535", 24
            ),
            (RawGGUF.key("a\0b", 0, [0]), .unsupported, "control character", 32),
            ([2, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFE, 0, 0, 0, 0, 0], .corrupt, "key 0 is not UTF-8", 32),
            (huge + [UInt8](repeating: 0, count: 20), .truncated, "metadata key 0 has 1152921504606846976 bytes", 24),
            (RawGGUF.key("a", 8, huge), .truncated, "the value of 'a' has 1152921504606846976 bytes", 37),
            (
                RawGGUF.key("a", 9, RawGGUF.word(UInt32(0)) + huge), .truncated,
                "array 'a' has 1152921504606846976 elements", 41
            ),
            (
                RawGGUF.key("a", 9, RawGGUF.word(UInt32(10)) + RawGGUF.word(UInt64.max)), .truncated,
                "18446744073709551615 elements", 41
            ),
            (
                RawGGUF.key("a", 9, RawGGUF.word(UInt32(8)) + RawGGUF.word(UInt64(1)) + huge), .truncated,
                "a string of 'a' has 1152921504606846976 bytes", 49
            ),
            (RawGGUF.key("a", 9, RawGGUF.word(UInt32(99)) + RawGGUF.word(UInt64(0))), .corrupt, "type 99", 37),
            (
                RawGGUF.key(GGUF.alignmentKey, 4, RawGGUF.word(UInt32(0))), .corrupt,
                "general.alignment is 0; it must be a power of two", 24
            ),
            (RawGGUF.key(GGUF.alignmentKey, 4, RawGGUF.word(UInt32(48))), .corrupt, "is 48; it must", 24),
            (RawGGUF.key(GGUF.alignmentKey, 4, RawGGUF.word(UInt32(1) << 21)), .unsupported, "up to 1048576", 24),
            (RawGGUF.key(GGUF.alignmentKey, 10, RawGGUF.word(UInt64(32))), .corrupt, "uint32 is allowed", 24),
        ] as [([UInt8], FormatError.Code, String, Int)])
    func metadata(key: [UInt8], code: FormatError.Code, problem: String, offset: Int) {
        Self.expectRefusal(RawGGUF(keys: [key]).bytes, code, problem, at: offset)
    }

    @Test("metadata with one key twice is refused") func duplicateKey() {
        let key = RawGGUF.key("a", 0, [0])
        Self.expectRefusal(RawGGUF(keys: [key, key]).bytes, .corrupt, "the metadata key 'a' appears twice", at: 38)
    }

    @Test("values that the file ends in are refused, of every type", arguments: 0..<13)
    func cutValue(type: Int) {
        let file = RawGGUF(keys: [RawGGUF.key("abcdefgh", UInt32(type), [])])
        let error = #expect(throws: FormatError.self) { try GGUFHeader(reading: MemorySource(file.header)) }
        #expect(error?.code == .truncated)
        #expect(error?.byteOffset == 44 || error?.byteOffset == 16, "\(error?.description ?? "")")
    }

    @Test("arrays in arrays are read up to eight deep", arguments: [8, 9])
    func depth(depth: Int) {
        let header = RawGGUF.word(UInt32(9)) + RawGGUF.word(UInt64(1))
        let value = [[UInt8]](repeating: header, count: depth - 1).joined() + RawGGUF.word(UInt32(0))
        let file = RawGGUF(keys: [RawGGUF.key("a", 9, value + RawGGUF.word(UInt64(1)) + [7])])
        if depth > 8 {
            Self.expectRefusal(file.bytes, .unsupported, "more than 8 deep", at: 37 + 12 * 8)
        } else {
            #expect(throws: Never.self) { try file.read() }
        }
    }

    @Test(
        "tensors are refused",
        arguments: [
            (RawGGUF.tensor(""), .unsupported, "empty name", 32, nil),
            (RawGGUF.tensor("a\0b"), .unsupported, "control character", 32, nil),
            (
                RawGGUF.tensor(String(repeating: "n", count: 1025)), .unsupported, "has 1025 bytes, 1024 are read", 24,
                nil
            ),
            ([1, 0, 0, 0, 0, 0, 0, 0, 0xFF] + [UInt8](repeating: 0, count: 40), .corrupt, "not UTF-8", 32, nil),
            (huge + [UInt8](repeating: 0, count: 40), .truncated, "1152921504606846976 bytes", 24, nil),
            (RawGGUF.tensor("a", [1, 1, 1, 1, 1]), .corrupt, "5 dimensions", 33, "a"),
            (RawGGUF.tensor("a", [1 << 63]), .corrupt, "a dimension is -9223372036854775808", 37, "a"),
            (RawGGUF.tensor("a", [1 << 32, 1 << 32]), .corrupt, "more bytes than a machine can count", 53, "a"),
            (RawGGUF.tensor("a", [1 << 62]), .corrupt, "more bytes than a machine can count", 45, "a"),
            (RawGGUF.tensor("a", [1 << 61 - 1]), .corrupt, "more bytes than a machine can count", 49, "a"),
            (RawGGUF.tensor("a", [33], type: 2), .corrupt, "rows have 33 elements; Q4_0 needs", 45, "a"),
            (RawGGUF.tensor("a", [], type: 14), .corrupt, "rows have 1 elements; Q6_K needs", 37, "a"),
            (RawGGUF.tensor("a", type: 4), .unsupported, "number 4: Q4_2, which ggml no longer reads", 45, "a"),
            (RawGGUF.tensor("a", type: 31), .unsupported, "Q4_0_4_4, which", 45, "a"),
            (RawGGUF.tensor("a", type: 36), .unsupported, "I2_S of ik_llama.cpp", 45, "a"),
            (RawGGUF.tensor("a", type: 139), .unsupported, "IQ4_K of ik_llama.cpp", 45, "a"),
            (RawGGUF.tensor("a", type: 212), .unsupported, "row-interleaved type of ik_llama.cpp", 45, "a"),
            (RawGGUF.tensor("a", type: 43), .unsupported, "number 43, which is unknown", 45, "a"),
            (RawGGUF.tensor("a", type: .max), .unsupported, "row-interleaved", 45, "a"),
            (RawGGUF.tensor("a", offset: 32), .corrupt, "leaves a hole before it of 32 bytes", 49, "a"),
            (RawGGUF.tensor("a", offset: 1), .corrupt, "offset is 1, 0 is expected", 49, "a"),
            (RawGGUF.tensor("a", offset: .max), .corrupt, "a hole before it of 18446744073709551615", 49, "a"),
            (RawGGUF.tensor("a", [1 << 40]), .truncated, "it ends at byte 4398046511168, the file at", 64, "a"),
        ] as [([UInt8], FormatError.Code, String, Int, String?)])
    func tensors(entry: [UInt8], code: FormatError.Code, problem: String, offset: Int, tensor: String?) {
        let file = RawGGUF(tensors: [entry], data: [UInt8](repeating: 0, count: 64))
        Self.expectRefusal(file.bytes, code, problem, at: offset, tensor: tensor)
    }

    @Test("tensors that share bytes, leave a hole or have one name are refused") func neighbors() {
        let data = [UInt8](repeating: 0, count: 256), first = RawGGUF.tensor("a", [16])
        func refuse(_ second: [UInt8], _ problem: String, at offset: Int, _ tensor: String) {
            let file = RawGGUF(tensors: [first, second], data: data)
            Self.expectRefusal(file.bytes, .corrupt, problem, at: offset, tensor: tensor)
        }
        refuse(RawGGUF.tensor("b", offset: 32), "overlaps the tensor before it by 32 bytes", at: 82, "b")
        refuse(RawGGUF.tensor("b", offset: 96), "leaves a hole before it of 32 bytes", at: 82, "b")
        refuse(RawGGUF.tensor("a", offset: 64), "another tensor has this name", at: 57, "a")
    }

    @Test("alignments are obeyed, so a larger one moves the tensors out of the file") func alignment() {
        let key = RawGGUF.key(GGUF.alignmentKey, 4, RawGGUF.word(UInt32(1) << 20))
        let file = RawGGUF(keys: [key], tensors: [RawGGUF.tensor("a")], data: [UInt8](repeating: 0, count: 64))
        let bytes = file.bytes
        Self.expectRefusal(bytes, .truncated, "it ends at byte 1048580", at: bytes.count, tensor: "a")
    }

    @Test("cut anywhere, a file is refused and nothing crashes") func everyLength() throws {
        let bytes = try Fixtures.bytes("gguf/all_kv_types.gguf")
        let whole = try GGUFHeader(reading: MemorySource(bytes))
        let end = try #require(whole.tensors.last?.byteRange.upperBound)
        for count in 0..<bytes.count where count != end {
            let part = MemorySource(Array(bytes.prefix(count)))
            #expect(throws: FormatError.self, "\(count)") { try GGUFHeader(reading: part) }
        }
        #expect(throws: Never.self) { try GGUFHeader(reading: MemorySource(Array(bytes.prefix(end)))) }
    }

    @Test(
        "with changed bytes, a file is read or refused, and what is read lies in it",
        arguments: ["all_kv_types", "all_kv_types_big_endian", "split-00001-of-00003"])
    func mutations(name: String) throws {
        let bytes = try Fixtures.bytes("gguf/\(name).gguf")
        let headerEnd = try GGUFHeader(reading: MemorySource(bytes)).dataStart
        var random = SeededGenerator(seed: 20_260_101)
        for round in 0..<3000 {
            var changed = bytes
            for _ in 0...round % 4 {
                changed[Int.random(in: 0..<headerEnd, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let header = try? GGUFHeader(reading: MemorySource(changed)) else { continue }
            for tensor in header.tensors {
                #expect(tensor.byteRange.upperBound <= changed.count)
                #expect(tensor.type.byteCount(elements: tensor.shape.elementCount) == tensor.byteRange.count)
            }
            for entry in header.metadata.entries { #expect(entry.value.shownText.utf8.count < 100_000) }
            #expect(GGUFScheme.name(metadata: header.metadata, tensors: header.tensors) != "")
        }
    }
}
