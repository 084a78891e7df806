import Bytes
import Catalog
import Foundation
import Testing

@testable import Registry

@Suite("Compressing artifacts", .timeLimit(.minutes(20))) struct CompressTests {
    /// Files and digests of an export, by path.
    private func exported(_ home: TemporaryHome, _ name: String, to folder: String) async throws -> [String: String] {
        let report = try await home.registry.export(ExportRequest(name: name, destination: home.path(folder)))
        return Dictionary(uniqueKeysWithValues: report.files.map { ($0.path, $0.digest) })
    }

    private func storedBytes(_ home: TemporaryHome) throws -> Int {
        try TemporaryHome.files(under: home.registry.home + "/blobs").reduce(0) {
            $0 + Int(FileIdentity(path: $1)?.byteCount ?? 0)
        }
    }

    @Test("exports are what they were, the store is smaller, and back again") func roundTrip() async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        let before = try storedBytes(home)
        let files = try await exported(home, "m", to: "one")
        let report = try await home.registry.compress(CompressRequest(name: "m"))
        #expect(report.outcome == "compressed")
        #expect(report.bytesAfter < report.bytesBefore * 72 / 100)
        #expect(try storedBytes(home) - before == report.bytesAfter - report.bytesBefore)
        #expect(try home.registry.list().first?.storedBytes == report.bytesAfter)
        #expect(try await exported(home, "m", to: "two") == files)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try await home.registry.compress(CompressRequest(name: "m")).outcome == "unchanged")
        let back = try await home.registry.decompress("m")
        #expect(back.outcome == "restored")
        #expect(try storedBytes(home) == before)
        #expect(try home.storedFiles().allSatisfy { !$0.hasSuffix(".z") })
        #expect(try await exported(home, "m", to: "three") == files)
        #expect(try await home.registry.decompress("m").outcome == "unchanged")
    }

    @Test("what is compressed converts as before") func converts() async throws {
        let home = try await ConvertTests.homeWithModel()
        let before = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4")).digest
        _ = try home.registry.remove(["m:nf4"])
        _ = try await home.registry.compress(CompressRequest(name: "m"))
        #expect(try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4")).digest == before)
    }

    @Test("the same model registered again stays compressed and takes nothing") func registersAgain() async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        _ = try await home.registry.compress(CompressRequest(name: "m"))
        let before = try home.storedFiles()
        try await home.register(fixtures + "/models/tiny-llama", as: "other")
        #expect(try home.storedFiles() == before)
        #expect(try await home.registry.verify("other").damage.isEmpty)
    }

    /// A model with three large tensors, and one that differs from it by little.
    private func pair(_ home: TemporaryHome) async throws {
        let base = MadeModel.llama()
        var fine = base
        for (index, tensor) in base.tensors.enumerated() where tensor.shape.count == 2 {
            for word in stride(from: 7, to: tensor.bytes.count / 2, by: 20) {
                fine.tensors[index].bytes[2 * word] ^= UInt8(truncatingIfNeeded: word % 251 + 1)
            }
        }
        try base.write(to: home.path("base"))
        try fine.write(to: home.path("fine"))
        try await home.register(home.path("base"), as: "base")
        try await home.register(home.path("fine"), as: "fine")
    }

    @Test("a relative is kept as differences, which read back when the base is compressed or removed")
    func differences() async throws {
        let home = try TemporaryHome()
        try await pair(home)
        let files = try await exported(home, "fine", to: "one")
        var request = CompressRequest(name: "fine")
        request.base = "base"
        let report = try await home.registry.compress(request)
        #expect(report.differences == 3)
        #expect(report.bytesAfter * 8 < report.bytesBefore)
        _ = try await home.registry.compress(CompressRequest(name: "base"))
        #expect(try await exported(home, "fine", to: "two") == files)
        _ = try home.registry.remove(["base"])
        #expect(try await exported(home, "fine", to: "three") == files)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try await home.registry.compress(CompressRequest(name: "fine")).differences == 0)
        _ = try home.registry.remove(["fine"])
        #expect(try home.storedFiles().isEmpty)
    }

    @Test("coded bytes do not depend on the number of threads", arguments: [CompressRequest.Effort.auto, .max])
    func threads(effort: CompressRequest.Effort) async throws {
        var files: [[String: String]] = []
        for threadCount in [1, 2, 5] {
            let home = try TemporaryHome()
            try await pair(home)
            for (name, base) in [("base", nil), ("fine", "base")] as [(String, String?)] {
                var request = CompressRequest(name: name)
                request.effort = effort
                request.base = base
                request.threadCount = threadCount
                #expect(try await home.registry.compress(request).changedBlobs > 0)
            }
            let paths = try TemporaryHome.files(under: home.registry.home + "/blobs")
            files.append(
                try Dictionary(
                    uniqueKeysWithValues: paths.map {
                        (URL(fileURLWithPath: $0).lastPathComponent, try TemporaryHome.digest($0))
                    }))
        }
        #expect(files[0] == files[1] && files[0] == files[2])
    }

    @Test("waits for another process that compresses, and gives up when that takes too long") func waits() async throws
    {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        let registry = try ModelRegistry(
            home: home.registry.home, access: .readWrite, waiting: Waiting(patience: .milliseconds(300)))
        let job = try registry.catalog.beginJob("compress", subject: "other")
        await #expect(throws: RegistryError.self) { _ = try await registry.compress(CompressRequest(name: "m")) }
        #expect(try home.storedFiles().allSatisfy { !$0.hasSuffix(".z") })
        let patient = home.registry
        let waiting = Task { try await patient.compress(CompressRequest(name: "m")) }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try home.storedFiles().allSatisfy { !$0.hasSuffix(".z") })
        _ = try registry.catalog.finishJob(job, as: .done)
        #expect(try await waiting.value.outcome == "compressed")
    }

    @Test("the base that a card names is found, but only the greatest effort takes differences from it")
    func namedBase() async throws {
        for (effort, differences) in [(CompressRequest.Effort.auto, 0), (.max, 3)] {
            let home = try TemporaryHome()
            try await pair(home)
            let card = home.path("fine") + "/README.md"
            try Data("---\nbase_model: someone/base\n---\n".utf8).write(to: URL(fileURLWithPath: card))
            try await home.register(home.path("fine"), as: "carded")
            _ = try home.registry.remove(["fine"])
            var request = CompressRequest(name: "carded")
            request.effort = effort
            let report = try await home.registry.compress(request)
            #expect(report.differences == differences)
            #expect(report.base == (effort == .max ? "base" : nil))
        }
    }

    @Test("a base that is restored, and a difference that is restored, stay readable") func undo() async throws {
        let home = try TemporaryHome()
        try await pair(home)
        let files = try await exported(home, "fine", to: "one")
        _ = try await home.registry.compress(CompressRequest(name: "base"))
        _ = try await home.registry.compress(CompressRequest(name: "fine"))
        // What is compressed already becomes differences too.
        var request = CompressRequest(name: "fine")
        request.base = "base"
        #expect(try await home.registry.compress(request).differences == 3)
        _ = try await home.registry.decompress("base")
        #expect(try await exported(home, "fine", to: "two") == files)
        _ = try await home.registry.decompress("fine")
        #expect(try await exported(home, "fine", to: "three") == files)
    }

    @Test("two models do not become differences from each other") func circle() async throws {
        let home = try TemporaryHome()
        try await pair(home)
        for (name, base) in [("fine", "base"), ("base", "fine")] {
            var request = CompressRequest(name: name)
            request.base = base
            _ = try await home.registry.compress(request)
        }
        #expect(try await home.registry.verify(nil).damage.isEmpty)
    }

    @Test("what a killed act left beside the file that counts goes with the next act", arguments: [true, false])
    func killed(afterCommit: Bool) async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        let raw = try home.storedFiles()
        _ = try await home.registry.compress(CompressRequest(name: "m"))
        let coded = try home.storedFiles()
        if !afterCommit { _ = try await home.registry.decompress("m") }
        // The other file, as a process leaves it that was killed between the two.
        let present = try home.storedFiles()
        let stray =
            afterCommit
            ? try #require(coded.first { $0.hasSuffix(".z") }).replacingOccurrences(of: ".z", with: "")
            : try #require(coded.first { $0.hasSuffix(".z") })
        try Data("left behind".utf8).write(to: URL(fileURLWithPath: stray))
        let catalog = try CatalogDatabase(path: home.registry.home + "/catalog.sqlite", access: .readWrite)
        let gone = ProcessIdentity(number: 1 << 22, started: "before", host: ProcessIdentity.current().host)
        let job = try catalog.beginJob("compress", subject: "m", process: gone)
        let name = try #require(stray.split(separator: "/").last)
        try catalog.pin([try #require(Digest(hex: String(name.prefix(64))))], for: job)
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        #expect(try home.storedFiles() == present)
        #expect(afterCommit || present == raw)
    }
}
