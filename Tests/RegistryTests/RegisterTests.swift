import Bytes
import Foundation
import Registry
import Testing

@Suite("Register") struct RegisterTests {
    @Test("gives back every file byte for byte", arguments: ["single", "sharded", "reference"])
    func roundTrip(layout: String) async throws {
        let home = try TemporaryHome()
        let model = MadeModel.llama()
        let source = home.path("model")
        _ = layout == "sharded" ? try model.writeSharded(to: source) : try model.write(to: source)
        var request = RegisterRequest(path: source)
        request.name = "m"
        if layout == "reference" { request.storage = .reference }
        let report = try await home.registry.register(request)
        #expect(report.outcome == "registered")
        #expect(report.version == 1)
        #expect(report.referenced.isEmpty == (layout != "reference"))
        let exported = try await home.registry.export(ExportRequest(name: "m", destination: home.path("out")))
        #expect(exported.files.count == report.fileCount)
        for file in exported.files {
            #expect(
                try TemporaryHome.digest(home.path("out/\(file.path)"))
                    == TemporaryHome.digest("\(source)/\(file.path)"))
        }
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try TemporaryHome.files(under: home.registry.home + "/incoming").isEmpty)
    }

    @Test("stores equal tensors once, and counts what one alone holds") func deduplicates() async throws {
        let home = try TemporaryHome()
        var model = MadeModel.llama()
        try model.write(to: home.path("a"))
        model.add("model.layers.0.mlp.gate_proj.weight", [512, 256], seed: 99)
        try model.write(to: home.path("b"))
        let first = try await home.registry.register(RegisterRequest(path: home.path("a")))
        let second = try await home.registry.register(RegisterRequest(path: home.path("b")))
        #expect(second.newBytes < first.newBytes)
        #expect(second.newBytes >= 512 * 256 * 2)
        let rows = try home.registry.list()
        let shared = 300 * 256 * 2 + 256 * 256 * 2 + 512 * 256 * 2
        for row in rows {
            #expect(row.storedBytes == row.logicalBytes)
            let unique = try #require(row.uniqueBytes)
            #expect(row.logicalBytes - unique >= shared)
        }
    }

    @Test("does nothing the second time") func again() async throws {
        let home = try TemporaryHome()
        let request = RegisterRequest(path: try MadeModel.llama().write(to: home.path("m")))
        _ = try await home.registry.register(request)
        let before = try home.storedFiles()
        let report = try await home.registry.register(request)
        #expect(report.outcome == "unchanged")
        #expect(report.newBytes == 0)
        #expect(try home.storedFiles() == before)
        #expect(try home.registry.list().count == 1)
    }

    @Test("refuses other bytes under a taken name, and leaves no trace of them") func takenName() async throws {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try MadeModel.llama(seed: 1).write(to: home.path("one")))
        request.name = "m"
        _ = try await home.registry.register(request)
        let before = try home.storedFiles()
        var other = RegisterRequest(path: try MadeModel.llama(seed: 50).write(to: home.path("two")))
        other.name = "M"
        await #expect { try await home.registry.register(other) } throws: { "\($0)".contains("--update") }
        #expect(try home.storedFiles() == before)
        other.taken = .update
        let report = try await home.registry.register(other)
        #expect(report.version == 2)
        #expect(try home.registry.show("m@v1").artifact.digest != report.digest)
        #expect(try home.registry.show("m").artifact.digest == report.digest)
    }

    @Test("notices a referenced file that changed") func changedReference() async throws {
        let home = try TemporaryHome()
        let source = try MadeModel.llama().write(to: home.path("model"))
        var request = RegisterRequest(path: source)
        request.storage = .reference
        _ = try await home.registry.register(request)
        try Data(try MadeModel.llama(seed: 9).file()).write(to: URL(fileURLWithPath: source + "/model.safetensors"))
        await #expect {
            try await home.registry.export(ExportRequest(name: "model", destination: home.path("out")))
        } throws: { "\($0)".contains("has changed since it was registered") }
        #expect(!Folder.exists(home.path("out")))
        let damage = try await home.registry.verify("model").damage
        #expect(damage.count == 1)
        #expect(damage.first?.problem.hasPrefix("changed") == true)
    }

    @Test("ties a variant made elsewhere to its parent") func parents() async throws {
        let home = try TemporaryHome()
        var teacher = RegisterRequest(path: try MadeModel.llama(seed: 1).write(to: home.path("teacher")))
        teacher.name = "teacher"
        _ = try await home.registry.register(teacher)
        var student = RegisterRequest(path: try MadeModel.llama(seed: 7).write(to: home.path("student")))
        student.kind = "distilled"
        student.parents = [ParentReference(role: "teacher", name: "teacher")]
        let report = try await home.registry.register(student)
        #expect(report.kind == "distilled")
        let edges = try home.registry.lineage(of: "student").edges
        #expect(edges.map(\.parent) == ["teacher"])
        #expect(edges.map(\.role) == ["teacher"])
        student.kind = "shrunk"
        await #expect { try await home.registry.register(student) } throws: { "\($0)".contains("pruned") }
    }

    @Test("two acts at once on the same bytes both succeed") func concurrently() async throws {
        let home = try TemporaryHome()
        let source = try MadeModel.llama().write(to: home.path("m"))
        let other = try ModelRegistry(home: home.registry.home, access: .readWrite)
        async let first = home.registry.register(RegisterRequest(path: source))
        async let second = other.register(RegisterRequest(path: source))
        let outcomes = try await [first.digest, second.digest]
        #expect(outcomes[0] == outcomes[1])
        #expect(try home.registry.list().count == 1)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
    }

    @Test("names a damaged tensor") func damage() async throws {
        let home = try TemporaryHome()
        _ = try await home.registry.register(RegisterRequest(path: try MadeModel.llama().write(to: home.path("m"))))
        let q = try home.registry.tensors(of: "m", matching: "q_proj")[0]
        let path = "\(home.registry.home)/blobs/\(q.digest.prefix(2))/\(q.digest)"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[1000] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let damage = try await home.registry.verify("m").damage
        #expect(damage.map(\.places) == [["tensor 'model.layers.0.self_attn.q_proj.weight'"]])
        await #expect {
            try await home.registry.export(ExportRequest(name: "m", destination: home.path("out")))
        } throws: { "\($0)".contains("damaged") }
        #expect(!Folder.exists(home.path("out")))
    }

    @Test("mends a damaged blob when the same bytes are registered again") func mends() async throws {
        let home = try TemporaryHome()
        let request = RegisterRequest(path: try MadeModel.llama().write(to: home.path("m")))
        _ = try await home.registry.register(request)
        let q = try home.registry.tensors(of: "m", matching: "q_proj")[0]
        let path = "\(home.registry.home)/blobs/\(q.digest.prefix(2))/\(q.digest)"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[7] ^= 0x10
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try await home.registry.verify("m").damage.count == 1)
        _ = try await home.registry.register(request)
        #expect(try await home.registry.verify("m").damage.isEmpty)
    }

    @Test("reads a referenced file that was only touched") func touchedReference() async throws {
        let home = try TemporaryHome()
        let source = try MadeModel.llama().write(to: home.path("model"))
        var request = RegisterRequest(path: source)
        request.storage = .reference
        _ = try await home.registry.register(request)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: source + "/model.safetensors")
        #expect(try await home.registry.verify("model").damage.isEmpty)
        _ = try await home.registry.export(ExportRequest(name: "model", destination: home.path("out")))
    }

    @Test("exports a model whose config.json cannot be read, and does not convert it", arguments: ["not json", ""])
    func unreadableConfig(text: String) async throws {
        let home = try TemporaryHome()
        var model = MadeModel.llama()
        model.config = text
        _ = try await home.registry.register(RegisterRequest(path: try model.write(to: home.path("m"))))
        _ = try await home.registry.export(ExportRequest(name: "m", destination: home.path("out")))
        #expect(try ConvertTests.bytes(home.path("out/config.json")) == Array(text.utf8))
        await #expect {
            try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        } throws: { "\($0)".contains("config.json") }
    }

    @Test("refuses an artifact as its own ancestor") func cycles() async throws {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try MadeModel.llama().write(to: home.path("m")))
        _ = try await home.registry.register(request)
        request.name = "again"
        request.parents = [ParentReference(role: "base", name: "m")]
        await #expect { try await home.registry.register(request) } throws: { "\($0)".contains("cannot be a parent") }
        #expect(try home.registry.lineage(of: "m").edges.isEmpty)
    }
}
