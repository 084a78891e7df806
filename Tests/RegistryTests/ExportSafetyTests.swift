import Bytes
import Foundation
import Registry
import Synchronization
import Testing

@Suite("Export, what must not happen") struct ExportSafetyTests {
    /// The artifact `q` in a home of its own, so that every blob is its.
    private static func homeWithQuantized() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        let source = try await ConvertTests.homeWithModel()
        _ = try await source.registry.convert(ConvertRequest(name: "m", scheme: "nf4-dq"))
        _ = try await source.registry.export(ExportRequest(name: "m:nf4-dq", destination: home.path("q")))
        _ = try await home.registry.register(RegisterRequest(path: home.path("q")))
        return home
    }

    private static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// Folders that exports write to until all is there.
    private static func leftovers(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.contains(".ingot-") }
    }

    @Test(
        "writes nothing when any blob is damaged",
        arguments: [(nil, .copy), (nil, .link), ("f32", .copy)] as [(String?, ExportRequest.Method)])
    func damage(dequantized: String?, method: ExportRequest.Method) async throws {
        let home = try await Self.homeWithQuantized()
        var damagedCount = 0
        for blob in try home.storedFiles() {
            let bytes = try ConvertTests.bytes(blob)
            // A dense file has a header of its own: the stored one is not read.
            if dequantized != nil, bytes.count > 8, bytes[8] == UInt8(ascii: "{") { continue }
            damagedCount += 1
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: blob)
            try Data(bytes.map { ~$0 }).write(to: URL(fileURLWithPath: blob))
            var request = ExportRequest(name: "q", destination: home.path("out"))
            request.dequantized = dequantized
            request.method = method
            await #expect("\(blob)") {
                try await home.registry.export(request)
            } throws: { "\($0)".contains("is damaged") }
            #expect(!Folder.exists(home.path("out")))
            try Data(bytes).write(to: URL(fileURLWithPath: blob))
        }
        #expect(damagedCount >= 4)
        #expect(try Self.leftovers(in: home.folder).isEmpty)
    }

    @Test("replaces no file that the store only refers to", arguments: ["r1", "link"])
    func references(folder: String) async throws {
        let home = try TemporaryHome()
        var register = RegisterRequest(path: try MadeModel.llama().write(to: home.path("r1")))
        register.storage = .reference
        register.name = "r"
        _ = try await home.registry.register(register)
        _ = try await home.registry.convert(ConvertRequest(name: "r", scheme: "nf4"))
        try FileManager.default.createSymbolicLink(atPath: home.path("link"), withDestinationPath: home.path("r1"))
        let before = try TemporaryHome.digest(home.path("r1/model.safetensors"))
        var request = ExportRequest(name: "r:nf4", destination: home.path(folder))
        request.existing = .replace
        await #expect { try await home.registry.export(request) } throws: { "\($0)".contains("the store refers to") }
        #expect(try TemporaryHome.digest(home.path("r1/model.safetensors")) == before)
        #expect(try Self.leftovers(in: home.folder).isEmpty)
    }

    @Test("replaces all files or none") func folderInTheWay() async throws {
        let home = try await ConvertTests.homeWithModel()
        try Folder.make(home.path("out/model.safetensors"))
        try Self.write("mine", to: home.path("out/config.json"))
        var request = ExportRequest(name: "m", destination: home.path("out"))
        request.existing = .replace
        await #expect { try await home.registry.export(request) } throws: { "\($0)".contains("is a folder") }
        #expect(try ConvertTests.bytes(home.path("out/config.json")) == Array("mine".utf8))
        #expect(try Self.leftovers(in: home.folder).isEmpty)
    }

    @Test("says what to name instead of a file") func fileInTheWay() async throws {
        let home = try await ConvertTests.homeWithModel()
        try Self.write("mine", to: home.path("f.bin"))
        var request = ExportRequest(name: "m", destination: home.path("f.bin"))
        request.existing = .replace
        await #expect { try await home.registry.export(request) } throws: {
            "\($0)".hasSuffix("f.bin is a file, and the artifact goes to a folder. Name a folder.")
        }
    }

    /// It may be a mount point, or a link to another disk, where nothing can be renamed from beside it.
    @Test("writes inside a folder that exists already, beside one that does not", arguments: [true, false])
    func staging(exists: Bool) async throws {
        let home = try await ConvertTests.homeWithModel()
        if exists { try Folder.make(home.path("out")) }
        let seen = Mutex<[String]>([])
        let folder = home.folder
        _ = try await home.registry.export(ExportRequest(name: "m", destination: home.path("out"))) { _ in
            let found = (try? Folder.entries(of: folder + (exists ? "/out" : ""))) ?? []
            seen.withLock { $0 += found.filter { $0.hasPrefix(exists ? ".ingot-" : "out.ingot-") } }
        }
        #expect(seen.withLock { !$0.isEmpty })
        #expect(try Folder.entries(of: home.path("out")) == ["config.json", "model.safetensors"])
        #expect(try Self.leftovers(in: home.folder).isEmpty)
    }

    /// No system gives a process the number 999,999,999.
    @Test("removes what killed exports left, and nothing else") func sweep() async throws {
        let home = try await ConvertTests.homeWithModel()
        let own = "out.ingot-\(ProcessInfo.processInfo.processIdentifier)-7"
        let kept = [own, "out.ingot-notes", "other.ingot-999999999-7"]
        for name in ["out.ingot-999999999-7", "out/.ingot-999999999-8"] + kept {
            try Folder.make(home.path(name))
            try Self.write("half", to: home.path(name + "/half"))
        }
        _ = try await home.registry.export(ExportRequest(name: "m", destination: home.path("out")))
        #expect(try Folder.entries(of: home.path("out")) == ["config.json", "model.safetensors"])
        let left = try Folder.entries(of: home.folder).filter { $0.contains(".ingot-") }
        #expect(left.sorted() == kept.sorted())
    }
}
