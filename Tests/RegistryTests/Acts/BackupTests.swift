import Bytes
import Foundation
import Testing

@testable import Registry

@Suite("Backup") struct BackupTests {
    @Test("brings the whole catalog back, and the blobs from a copy") func roundTrip() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        _ = try home.registry.addResults([NewResult(metric: "loss", value: 2.5)], to: "m:nf4")
        let before = try home.views()
        let file = home.path("backup")
        let written = try home.registry.backUp(to: file, blobFolder: home.path("copy"))
        #expect(written.copiedBlobs == (try home.blobFiles().count))
        #expect(try home.registry.backUp(to: file + "2", blobFolder: home.path("copy")).copiedBlobs == 0)
        let target = home.path("new home")
        let restored = try ModelRegistry.restore(file, to: target)
        #expect(restored.artifactCount == 2)
        #expect(restored.missingBlobs == written.blobCount)
        let registry = try ModelRegistry(home: target, access: .readWrite)
        let after = try home.views(of: registry)
        for (view, rows) in before { #expect(after[view] == rows, "\(view)") }
        var request = RepairRequest()
        request.sources = [home.path("copy")]
        #expect(try await registry.repair(request).unmended.isEmpty)
        #expect(try await registry.verify(nil).damage.isEmpty)
        // Its manifests are the restored catalog's.
        for suffix in ["", "-wal", "-shm"] { try Folder.removeTree(target + "/catalog.sqlite" + suffix) }
        #expect(try ModelRegistry.repairCatalog(home: target).artifactCount == 2)
    }

    @Test("replaces a catalog only when told to, and puts it aside") func existing() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try home.registry.backUp(to: home.path("backup"))
        #expect(throws: RegistryError.self) { try home.registry.backUp(to: home.path("backup")) }
        try await home.register(try MadeModel.llama(seed: 90).write(to: home.path("n")), as: "n")
        #expect(throws: RegistryError.self) { try ModelRegistry.restore(home.path("backup"), to: home.registry.home) }
        let report = try ModelRegistry.restore(home.path("backup"), to: home.registry.home, existing: .replace)
        #expect(report.oldCatalog.map { Folder.exists($0) } == true)
        let again = try ModelRegistry(home: home.registry.home, access: .readWrite)
        #expect(try again.list().map(\.name) == ["m"])
        // The blobs of what the backup does not know are explained by nothing now.
        #expect(try again.collect(CollectRequest()).blobCount > 0)
        #expect(try await again.verify(nil).damage.isEmpty)
    }

    @Test(
        "that was cut off, changed or is none is refused before anything happens", arguments: ["cut", "flip", "none"])
    func damage(kind: String) async throws {
        let home = try await ConvertTests.homeWithModel()
        let file = home.path("backup")
        _ = try home.registry.backUp(to: file)
        switch kind {
        case "flip": try ManyTensors.flip(bit: 40_000, of: file)
        case "cut":
            try Data(try Data(contentsOf: URL(fileURLWithPath: file)).dropLast(10)).write(
                to: URL(fileURLWithPath: file))
        default: try Data("hello\n".utf8).write(to: URL(fileURLWithPath: file))
        }
        #expect(throws: FormatError.self) { try ModelRegistry.restore(file, to: home.path("target")) }
        #expect(!Folder.exists(home.path("target/catalog.sqlite")))
    }
}
