import Bytes
import Foundation
import Testing

@testable import Formats

@Suite("File names") struct FileNameTests {
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        return folder
    }

    @Test("that a list of lines could not hold are refused, in a folder and alone", arguments: ["\t", "\n", "\u{85}"])
    func control(character: String) throws {
        let folder = try folder()
        let name = "a\(character)b.safetensors"
        try folder.write(name, try SmallCheckpoint.bytes(("b", 3)))
        for path in ["", name] {
            let error = #expect(throws: FormatError.self) { try folder.scan(path) }
            #expect(error?.problem.contains(PlainName.quoted(name)) == true)
            #expect(error?.problem.contains("control character") == true)
            #expect(error?.file == folder.path)
        }
    }

    @Test("that differ only in composition are refused", arguments: ["\u{E9}.txt", "\u{E9}.safetensors", "\u{E9}/a"])
    func composition(name: String) throws {
        let folder = try folder()
        try folder.write(name, "x")
        try folder.write(name.replacing("\u{E9}", with: "e\u{301}"), "x")
        let error = #expect(throws: FormatError.self) { try folder.scan() }
        #expect(error?.problem.contains("how Unicode composes") == true)
        #expect(error?.problem.contains(#"\u00e9"#) == true)
    }

    @Test("that are no UTF-8 are left out with that reason, and U+FFFD is a character like others")
    func encoding() throws {
        let folder = try folder()
        let name = Array(folder.path.utf8CString.dropLast()) + [0x2F, 0x61, -1, 0]
        let descriptor = unsafe open(name, O_CREAT | O_WRONLY, 0o600)
        try #require(descriptor >= 0)
        close(descriptor)
        try folder.write("b\u{FFFD}.txt", "x")
        try folder.link("c\u{FFFD}", to: "nowhere")
        let source = try folder.scan()
        #expect(source.files.map(\.path) == ["b\u{FFFD}.txt", "model.safetensors"])
        #expect(
            source.leftOut.map { "\($0.path): \($0.reason)" } == [
                "a\u{FFFD}: its name is no UTF-8; rename it to take it along", "c\u{FFFD}: a link to nothing",
            ])
        try Folder.removeTree(folder.path)
        #expect(!Folder.exists(folder.path))
        try Folder.make(folder.path)
    }

    @Test("of a store beside the model stay out, and those of a folder that is half like one do not")
    func store() throws {
        let folder = try folder()
        try folder.write("store/catalog.sqlite", "x")
        try folder.write("store/blobs/00/model.safetensors", try SmallCheckpoint.bytes(("a", 3)))
        try folder.write("other/catalog.sqlite", "x")
        let source = try folder.scan()
        #expect(source.files.map(\.path) == ["model.safetensors", "other/catalog.sqlite"])
        #expect(source.leftOut.map { "\($0.path): \($0.reason)" } == ["store/: a store of Ingot"])
    }
}
