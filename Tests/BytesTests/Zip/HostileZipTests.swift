import Bytes
import Foundation
import Testing

@Suite("Hostile zip archives") struct HostileZipTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../fixtures/hostile/zip").standardizedFileURL.path()

    /// The files, each with the code and a part of the message of the error that it must give.
    private static let cases: [(file: String, code: String, problem: String)] = {
        guard let file = try? OpenFile(folder + "/expected.json"), let text = try? file.bytes(0..<file.byteCount),
            let object = try? JSONValue(parsing: text).objectValue
        else { return [] }
        return object.members.map { name, value in
            let words = value.arrayValue?.compactMap(\.stringValue) ?? []
            return (name, words.first ?? "", words.last ?? "")
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
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { $0 != "expected.json" }
        #expect(files.count > 50)
        #expect(Set(files) == Set(Self.cases.map(\.file)))
    }

    @Test("are refused, each for its own reason, with the byte", arguments: cases)
    func refused(file: String, code: String, problem: String) throws {
        let source = try OpenFile(Self.folder + "/" + file)
        let error = #expect(throws: FormatError.self) { try Self.readAll(source) }
        #expect(error?.code.rawValue == code)
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.byteOffset.map { (0...source.byteCount).contains($0) } == true)
        #expect(error?.file == source.path)
    }

    @Test("are refused or read without harm when any byte of them changes", arguments: 0..<UInt64(40))
    func changed(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for (file, _, _) in Self.cases where file.hasSuffix(".zip") {
            let source = try OpenFile(Self.folder + "/" + file)
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
