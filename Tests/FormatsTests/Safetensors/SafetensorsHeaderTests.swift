import Bytes
import Foundation
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("Safetensors header") struct SafetensorsHeaderTests {
    /// A file of `header` and as many zeros.
    static func file(_ header: some Sequence<UInt8>, dataByteCount: Int, stating length: Int? = nil) -> [UInt8] {
        let header = Array(header)
        let length = length ?? header.count
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header
            + [UInt8](repeating: 0, count: dataByteCount)
    }

    static func read(_ bytes: [UInt8]) throws -> SafetensorsHeader {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        return try SafetensorsHeader(reading: try OpenFile(try folder.write("x.safetensors", bytes)))
    }

    static let entry = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#

    @Test("finds every tensor where the reference wrote it")
    func golden() throws {
        let file = try OpenFile(Fixtures.path("safetensors/all_dtypes.safetensors"))
        let header = try SafetensorsHeader(reading: file)
        let expected = try #require(try Fixtures.json("safetensors/all_dtypes.expected.json").objectValue)
        #expect(Set(header.tensors.map(\.name)) == Set(expected.members.map(\.key)))
        for tensor in header.tensors {
            let row = try #require(expected[tensor.name])
            #expect(Digest(of: try file.bytes(tensor.byteRange)).hex == row["sha256"]?.stringValue, "\(tensor.name)")
            var shape = row["shape"]?.arrayValue?.compactMap(\.intValue) ?? []
            // PyTorch counts pairs of 4-bit elements, the file counts elements.
            if tensor.dtype == .F4 { shape[shape.count - 1] *= 2 }
            #expect(tensor.shape.dimensions == shape, "\(tensor.name)")
        }
        #expect(header.metadata == [.init(key: "quote\"key", value: "línea\n2"), .init(key: "format", value: "pt")])
        #expect(header.byteCount == file.byteCount)
        #expect(header.dataStart == 1344)
        #expect(header.namesInHeaderOrder == header.tensors.map(\.name))
    }

    /// Cases that Ingot refuses and the reference reader accepts, and the other way around. A name that is empty or has
    /// a control character would break the lists of lines from which an artifact's digest is made.
    static let stricter: Set<String> = [
        "metadata duplicate key", "entry as list", "nested 100 deep", "names that differ in composition",
        "escaped name", "DEL in name", "NUL escaped in name", "empty name", "zero before an overflow",
    ]
    static let laxer: Set<String> = ["large number in an unknown field"]

    @Test("agrees with the reference reader on 243 headers, but for the named ones")
    func verdicts() throws {
        let cases = try #require(try Fixtures.json("safetensors/header_verdicts.json").arrayValue)
        #expect(cases.count == 243)
        for row in cases {
            let name = try #require(row["case"]?.stringValue)
            let json = try #require(row["header"]?.stringValue.flatMap { Data(base64Encoded: $0) })
            let bytes = Self.file(
                json, dataByteCount: row["data_bytes"]?.intValue ?? 0, stating: row["stated_length"]?.intValue)
            let header = Result { try Self.read(bytes) }
            let isAccepted = row["reference"]?.stringValue == "accepts"
            switch header {
            case .success(let header):
                #expect(isAccepted || Self.laxer.contains(name), "accepted: \(name)")
                guard isAccepted else { continue }
                let names = row["names"]?.arrayValue?.compactMap(\.stringValue) ?? []
                #expect(Set(header.tensors.map(\.name)) == Set(names), "\(name)")
            case .failure(let error):
                #expect(error is FormatError)
                #expect(!isAccepted || Self.stricter.contains(name), "refused: \(name): \(error)")
            }
        }
    }

    @Test(
        "refuses the hostile files, each for its own reason",
        arguments: [
            ("bad_json", .corrupt, "expected a key", 28, "a"), ("begin_after_end", .corrupt, "no range", 9, "a"),
            ("duplicate_key", .corrupt, "'a' appears twice", 62, nil),
            ("end_past_eof", .truncated, "ends at byte 86, the file at byte 78", 70, "a"),
            ("header_len_huge", .corrupt, "100000000 are allowed", 0, nil),
            ("header_len_past_eof", .truncated, "5000 bytes is announced", 0, nil),
            ("hole", .corrupt, "leaves a hole before it of 4 bytes", 69, "a"),
            ("metadata_not_string", .corrupt, "'n' is not a string", 31, nil),
            ("negative_shape", .corrupt, "whole number from 0 on", 37, "a"), ("not_utf8", .corrupt, "UTF-8", 10, nil),
            ("overflow_shape", .corrupt, "more bytes than a machine can count", 9, "a"),
            ("overlap", .corrupt, "overlaps the tensor before it by 4 bytes", 135, "b"),
            ("shape_mismatch", .corrupt, "takes 12 bytes, data_offsets [0, 8] gives 8", 9, "a"),
            ("trailing_bytes", .corrupt, "5 bytes follow the last tensor", 73, nil),
            ("unknown_dtype", .unsupported, "unknown dtype 'F7'; known are BOOL, F4, F6_E2M3", 24, "a"),
        ] as [(String, FormatError.Code, String, Int, String?)])
    func hostile(name: String, code: FormatError.Code, problem: String, offset: Int, tensor: String?) throws {
        let path = Fixtures.path("hostile/st_\(name).safetensors")
        let error = #expect(throws: FormatError.self) { try SafetensorsHeader(reading: try OpenFile(path)) }
        #expect(error?.code == code)
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.byteOffset == offset)
        #expect(error?.tensor == tensor)
        #expect(error?.file == path)
        #expect(error?.remedy.isEmpty == false)
    }

    @Test("knows every hostile file of the folder, and accepts the one that the reference accepts")
    func hostileList() throws {
        let verdicts = try #require(try Fixtures.json("hostile/peer_verdicts.json").objectValue)
        #expect(verdicts.members.count == 16)
        for (file, verdict) in verdicts.members {
            let isAccepted = verdict.stringValue?.hasPrefix("accepted") == true
            let result = Result { try SafetensorsHeader(reading: try OpenFile(Fixtures.path("hostile/" + file))) }
            if isAccepted {
                #expect(try result.get().tensors.map(\.name) == ["a"], "\(file)")
            } else {
                #expect(throws: FormatError.self, "\(file)") { try result.get() }
            }
        }
    }

    @Test(
        "says what a file is that is no safetensors file",
        arguments: [
            ("", "0 bytes cannot hold"), ("short", "5 bytes cannot hold"), ("This is a text file.", "holds text"),
            ("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"), ("<!DOCTYPE html><html>", "web page"),
            ("GGUF\u{3}\0\0\0\u{1}\0\0\0", "are allowed"), ("PK\u{3}\u{4}\u{14}\0\u{8}\0\0\0", "are allowed"),
            ("\0\0\0\0\0\0\0\u{40}{}", "4611686018427387904 bytes is announced"),
        ])
    func otherContent(start: String, problem: String) {
        let error = #expect(throws: FormatError.self) { try Self.read(Array(start.utf8)) }
        #expect(error?.problem.contains(problem) == true, "\(error.map(String.init(describing:)) ?? "")")
    }

    @Test("reads an announced length of 2^63 as too long, not as negative")
    func hugeLength() {
        let error = #expect(throws: FormatError.self) { try Self.read([0, 0, 0, 0, 0, 0, 0, 0x80, 0x7B, 0x7D]) }
        #expect(error?.problem.contains("9223372036854775808") == true)
    }

    @Test("reads no more of the file than its header", arguments: [0, 1, 7])
    func sparse(padding: Int) throws {
        let byteCount = 1 << 40
        let json =
            #"{"a":{"dtype":"U8","shape":[\#(byteCount)],"data_offsets":[0,\#(byteCount)]}}"#
            + String(repeating: " ", count: padding)
        let header = try SafetensorsHeader(
            parsing: Array(json.utf8), fileByteCount: byteCount + 8 + json.utf8.count)
        #expect(header.tensors.first?.byteRange.count == byteCount)
    }

    @Test("keeps the header's order beside the order of bytes")
    func order() throws {
        let json = #"""
            {"z":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"e":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},
            "a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}
            """#
        let header = try Self.read(Self.file(json.utf8, dataByteCount: 3))
        #expect(header.tensors.map(\.name) == ["a", "e", "z"])
        #expect(header.namesInHeaderOrder == ["z", "e", "a"])
    }

    @Test(
        "refuses a name that a list of lines could not hold, and shows it escaped",
        arguments: [
            (#""#, "a tensor has an empty name"), (#"a\tb"#, #"the tensor name "a\tb" has a control character"#),
            (#"a\n"#, #""a\n""#), (#"\u0000"#, #""\u0000""#), ("a\u{7F}", #"the tensor name"#),
            ("\u{85}", #""\u0085""#),
        ])
    func names(name: String, problem: String) {
        let json = #"{"ok":\#(Self.entry),"\#(name)":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#
        let error = #expect(throws: FormatError.self) { try Self.read(Self.file(json.utf8, dataByteCount: 8)) }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.byteOffset == 8 + #"{"ok":,"#.utf8.count + Self.entry.utf8.count)
    }

    @Test("takes a header of 20,000 tensors")
    func large() throws {
        let entries = (0..<20_000).map {
            "\"model.layers.\($0).weight\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[\($0 * 4),\($0 * 4 + 4)]}"
        }
        let json = "{" + entries.joined(separator: ",") + "}"
        let header = try SafetensorsHeader(parsing: Array(json.utf8), fileByteCount: json.utf8.count + 8 + 80_000)
        #expect(header.tensors.count == 20_000)
    }
}
