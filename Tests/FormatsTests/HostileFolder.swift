import Bytes
import Foundation
import Testing

@testable import Formats

/// A folder of files that must be refused; `expectations.json` says what each error must say.
enum HostileFolder {
    /// One file: the error's code, a part of its message, and the byte that it blames.
    struct Case: Sendable, CustomTestStringConvertible {
        let file: String
        let path: String
        let code: String
        let problem: String
        let byteOffset: Int?

        var testDescription: String { file }
    }

    static func cases(_ folder: String) -> [Case] {
        guard let object = try? Fixtures.json("hostile/expectations.json").objectValue else { return [] }
        return object.members.filter { $0.key.hasPrefix(folder + "/") }.map { path, value in
            Case(
                file: String(path.dropFirst(folder.count + 1)), path: Fixtures.path("hostile/" + path),
                code: value["code"]?.stringValue ?? "", problem: value["says"]?.stringValue ?? "",
                byteOffset: value["at"]?.intValue)
        }
    }

    /// Whether the list has every file of the folder.
    static func isComplete(_ folder: String) throws -> Bool {
        let files = try FileManager.default.contentsOfDirectory(atPath: Fixtures.path("hostile/" + folder))
        return !files.isEmpty && Set(files) == Set(cases(folder).map(\.file))
    }

    /// Reads a file, which must fail as the list says.
    static func expectRefusal(_ test: Case, _ read: (any ByteSource) throws -> Void) throws {
        let source = try OpenFile(test.path)
        let error = #expect(throws: FormatError.self) { try read(source) }
        #expect(error?.code.rawValue == test.code)
        #expect(error?.problem.contains(test.problem) == true, "\(error?.problem ?? "")")
        #expect(error?.byteOffset == test.byteOffset)
        #expect(error?.file != nil)
    }

    /// Reads changed copies of a file; whatever the bytes are, it is read or refused.
    static func expectNoCrash(_ path: String, seed: UInt64, _ read: (any ByteSource) throws -> Void) throws {
        var generator = SeededGenerator(seed: seed)
        let source = try OpenFile(path)
        let content = try source.bytes(0..<source.byteCount)
        guard !content.isEmpty else { return }
        for _ in 0..<20 {
            var bytes = content
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            }
            do {
                try read(MemorySource(bytes, path: path))
            } catch is FormatError {
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }
}

/// Which formats take a file for theirs by its first bytes.
enum Recognition {
    static func names(of source: any ByteSource) throws -> [String] {
        let start = try source.bytes(0..<min(CheckpointFormats.startByteCount, source.byteCount))
        let formats: [any CheckpointFormat.Type] = [
            Safetensors.self, GGUF.self, PyTorch.self, NPZ.self, NumPy.self, ONNX.self,
        ]
        return formats.filter { $0.recognizes(start.span) }.map { $0.name }
    }
}
