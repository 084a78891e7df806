import Bytes
import Catalog
import Foundation
import Testing

@testable import Registry

@Suite("Looking a home over") struct DoctorTests {
    private func homeWithModel() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        return home
    }

    @Test("a home in order has no fault, and looking changes nothing") func inOrder() async throws {
        let home = try await homeWithModel()
        let before = try TemporaryHome.files(under: home.registry.home).sorted()
        let report = try ModelRegistry.examine(home: home.registry.home)
        #expect(report.faults.isEmpty)
        #expect(report.notes.contains { $0.what.contains("not read again") })
        #expect(report.store?.artifactCount == 1)
        #expect(report.catalog?.journalMode == "wal")
        #expect(try TemporaryHome.files(under: home.registry.home).sorted() == before)
        _ = try await home.registry.verify(nil)
        #expect(try ModelRegistry.examine(home: home.registry.home).notes.isEmpty)
    }

    @Test("a home that is not there is no fault, and is not made") func absent() throws {
        let path = NSTemporaryDirectory() + "no-home-" + UUID().uuidString
        let report = try ModelRegistry.examine(home: path)
        #expect(report.faults.isEmpty && report.catalog == nil)
        #expect(report.notes.first?.remedy?.contains("register") == true)
        #expect(!Folder.exists(path))
    }

    @Test("missing, damaged and moved bytes are faults that name who needs them") func bytes() async throws {
        let home = try await homeWithModel()
        let path = home.path("elsewhere.safetensors")
        let model = MadeModel.llama()
        try model.write(to: home.path("ref"))
        var request = RegisterRequest(path: home.path("ref"))
        request.name = "r"
        request.storage = .reference
        _ = try await home.registry.register(request)
        try FileManager.default.moveItem(atPath: home.path("ref/model.safetensors"), toPath: path)
        let blobs = try home.blobFiles().sorted {
            (FileIdentity(path: $0)?.byteCount ?? 0) > (FileIdentity(path: $1)?.byteCount ?? 0)
        }
        try Folder.unlink(blobs[0])
        try ManyTensors.flip(bit: 77, of: blobs[1])
        _ = try await home.registry.verify("m")
        let faults = try ModelRegistry.examine(home: home.registry.home).faults
        #expect(faults.count == 3)
        #expect(faults[0].what.contains("the files of 1 blob are missing"))
        #expect(faults[0].what.hasSuffix("needed by m"))
        #expect(faults[1].what.contains("found damaged, needed by m"))
        #expect(faults[2].what.contains(home.path("ref/model.safetensors")))
        #expect(faults.allSatisfy { $0.remedy?.contains("ingot repair") == true })
    }

    @Test("a limit that is passed is a fault") func limit() async throws {
        let home = try await homeWithModel()
        try home.registry.setMaxBytes(1000)
        let faults = try ModelRegistry.examine(home: home.registry.home).faults
        #expect(faults.count == 1 && faults[0].what.contains("its limit is 1000"))
    }

    @Test("a catalog that is none, or damaged, is a fault instead of an error", arguments: [true, false])
    func catalog(isText: Bool) async throws {
        let home = try await homeWithModel()
        let path = home.registry.home + "/catalog.sqlite"
        let other = home.path("copy")
        try Folder.make(other)
        if isText {
            try Data("nothing of a catalog, and long enough to be looked at as one".utf8).write(
                to: URL(fileURLWithPath: other + "/catalog.sqlite"))
        } else {
            // Pages in the middle of zeros: SQLite opens it, and its check finds them.
            try home.registry.catalog.backUp(to: home.path("backup"))
            var bytes = try Data(contentsOf: URL(fileURLWithPath: home.path("backup")))
            bytes.replaceSubrange(20 * 4096..<40 * 4096, with: Data(count: 20 * 4096))
            try bytes.write(to: URL(fileURLWithPath: other + "/catalog.sqlite"))
        }
        let report = try ModelRegistry.examine(home: other)
        #expect(report.faults.count >= 1)
        #expect(Folder.exists(path))
    }

    @Test("an act that was killed is told, with what its folder holds") func killed() async throws {
        let home = try await homeWithModel()
        let number = try home.registry.catalog.beginJob("convert", subject: "m")
        let report = try ModelRegistry.examine(home: home.registry.home)
        #expect(report.faults.isEmpty)
        #expect(report.notes.contains { $0.what.contains("'convert m'") && $0.what.contains("runs in process") })
        _ = try home.registry.catalog.finishJob(number, as: .failed)
    }
}
