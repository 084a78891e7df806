import Bytes
import Foundation
import Testing

@Suite("Hostile zip archives") struct HostileZipTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../fixtures/hostile").standardizedFileURL.path()

    /// The files, each with the code, a part of the message and the byte of the error that it must give.
    private static let cases: [(file: String, code: String, problem: String, offset: Int?)] = {
        guard let file = try? OpenFile(root + "/expectations.json"), let text = try? file.bytes(0..<file.byteCount),
            let object = try? JSONValue(parsing: text).objectValue
        else { return [] }
        return object.members.filter { $0.key.hasPrefix("zip/") }.map { name, value in
            (name, value["code"]?.stringValue ?? "", value["says"]?.stringValue ?? "", value["at"]?.intValue)
        }
    }()

    /// Reads the list of an archive, and then all content, with its checksums.
    private static func readAll(_ source: any ByteSource) throws -> Int {
        var byteCount = 0
        for entry in try ZipArchive(reading: source).entries {
            try entry.forEachPiece(of: source, pieceByteCount: 7) { byteCount += $0.count }
        }
        return byteCount
    }

    @Test("are all there") func count() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.root + "/zip").map { "zip/" + $0 }
        #expect(files.count > 50)
        #expect(Set(files) == Set(Self.cases.map(\.file)))
    }

    @Test("are refused, each for its own reason, with the byte", arguments: cases)
    func refused(file: String, code: String, problem: String, offset: Int?) throws {
        let source = try OpenFile(Self.root + "/" + file)
        let error = #expect(throws: FormatError.self) { try Self.readAll(source) }
        #expect(error?.code.rawValue == code)
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.byteOffset == offset)
        #expect(error?.file == source.path)
    }

    @Test("are refused or read without harm when any byte of them changes", arguments: 0..<UInt64(40))
    func changed(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for (file, _, _, _) in Self.cases where file.hasSuffix(".zip") {
            let source = try OpenFile(Self.root + "/" + file)
            var bytes = try source.bytes(0..<source.byteCount)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            do {
                #expect(try Self.readAll(MemorySource(bytes)) <= 1040 * bytes.count)
            } catch is FormatError {}
        }
    }
}
