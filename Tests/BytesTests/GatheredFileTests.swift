import Foundation
import Testing

@testable import Bytes

@Suite("Gathered files") struct GatheredFileTests {
    /// Pieces below, at and above what is written at a time.
    static let steps = [1_000, 36_864, NewFile.pieceByteCount, NewFile.pieceByteCount * 2 + 4_321]

    @Test("hold what they were given, however it was cut", arguments: steps)
    func anyCut(step: Int) throws {
        let path = NSTemporaryDirectory() + "ingot-gathered-" + UUID().uuidString
        defer { #expect(throws: Never.self) { try Folder.unlink(path) } }
        let bytes = (0..<NewFile.pieceByteCount * 3 + 777).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let file = GatheredFile(try NewFile(path))
        for start in stride(from: 0, to: bytes.count, by: step) {
            try file.append(bytes.span.extracting(start..<min(start + step, bytes.count)))
        }
        #expect(file.byteCount == bytes.count)
        try file.seal(mode: 0o444)
        let found = try OpenFile(path)
        #expect(try found.bytes(0..<found.byteCount) == bytes)
    }

    @Test("reach the system in whole pieces before they are sealed") func wholePieces() throws {
        let path = NSTemporaryDirectory() + "ingot-gathered-" + UUID().uuidString
        defer { #expect(throws: Never.self) { try Folder.unlink(path) } }
        let file = GatheredFile(try NewFile(path))
        let bytes = [UInt8](repeating: 7, count: NewFile.pieceByteCount - 1)
        try file.append(bytes.span)
        #expect(try OpenFile(path).byteCount == 0)
        try file.append(bytes.span)
        #expect(try OpenFile(path).byteCount == NewFile.pieceByteCount)
        try file.seal()
        #expect(try OpenFile(path).byteCount == bytes.count * 2)
    }
}
