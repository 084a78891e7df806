import Bytes
import Catalog
import Foundation
import Testing

@testable import Registry

@Suite("Repair") struct RepairTests {
    /// Turns a bit of each blob around that holds a tensor whose name contains `text`.
    private func damage(_ home: TemporaryHome, _ name: String, tensors text: String) async throws -> Set<String> {
        let contents = try BlobContents(registry: home.registry, artifact: home.registry.artifact(named: name).digest)
        var damaged: Set<String> = []
        for path in try home.blobFiles() {
            let hex = URL(fileURLWithPath: path).lastPathComponent
            let digest = try #require(Digest(hex: hex))
            guard contents.places(of: digest).contains(where: { $0.contains(text) }) else { continue }
            try ManyTensors.flip(bit: 12, of: path)
            damaged.insert(hex)
        }
        #expect(!damaged.isEmpty)
        #expect(Set(try await home.registry.verify(nil).damage.map(\.blob)) == damaged)
        return damaged
    }

    private func expectMended(_ report: RepairReport, _ damaged: Set<String>, _ home: TemporaryHome) async throws {
        #expect(Set(report.mended.map(\.blob)) == damaged)
        #expect(report.unmended.isEmpty, "\(report.unmended.map(\.help))")
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try Folder.entries(of: home.registry.home + "/incoming").isEmpty)
    }

    @Test("says when there is nothing to mend") func nothing() async throws {
        let home = try await ConvertTests.homeWithModel()
        let report = try await home.registry.repair(RepairRequest())
        #expect(report.suspectCount == 0)
        #expect(report.mended.isEmpty)
    }

    @Test("rebuilds a variant's blobs from its parent") func variant() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        let damaged = try await damage(home, "m:nf4", tensors: "up_proj")
        let report = try await home.registry.repair(RepairRequest(name: "m:nf4"))
        try await expectMended(report, damaged, home)
        #expect(report.mended.allSatisfy { $0.source == "derived again from m" })
    }

    @Test("mends a blob of small neighbors from tensors that lie elsewhere", arguments: [false, true])
    func patchwork(isGone: Bool) async throws {
        let home = try TemporaryHome()
        try await home.register(
            try ManyTensors.write([1], to: home.path("a.safetensors"), smallCount: 5), as: "a")
        let damaged = try await damage(home, "a", tensors: "small.")
        // The same small tensors behind another large one: in another blob of this home, but for the order.
        try await home.register(
            try ManyTensors.write([2], to: home.path("b.safetensors"), smallCount: 4), as: "b")
        if isGone { for hex in damaged { try Folder.unlink(home.blobFile(hex)) } }
        let report = try await home.registry.repair(RepairRequest())
        // One tensor of the five is nowhere else: its bytes must be right in the damaged file.
        if isGone {
            #expect(report.unmended.count == 1)
        } else {
            try await expectMended(report, damaged, home)
            #expect(report.mended[0].source.hasPrefix("b, b.safetensors"))
        }
    }

    @Test("takes bytes from an exported folder in another layout") func exported() async throws {
        let home = try TemporaryHome()
        try await home.register(try MadeModel.wideLlama().writeSharded(to: home.path("m")), as: "m")
        let damaged = try await damage(home, "m", tensors: "q_proj")
        try FileManager.default.createDirectory(atPath: home.path("one"), withIntermediateDirectories: true)
        try MadeModel.wideLlama().write(to: home.path("one/model"))
        var request = RepairRequest()
        request.sources = [home.path("one")]
        try await expectMended(try await home.registry.repair(request), damaged, home)
    }

    @Test("takes bytes from another home") func otherHome() async throws {
        let home = try await ConvertTests.homeWithModel(), other = try await ConvertTests.homeWithModel()
        let damaged = try await damage(home, "m", tensors: "proj")
        var request = RepairRequest()
        request.sources = [other.registry.home]
        let report = try await home.registry.repair(request)
        try await expectMended(report, damaged, home)
        #expect(report.mended.allSatisfy { $0.source.contains("the home at") })
    }

    @Test("never takes bytes with another digest") func wrongSource() async throws {
        let home = try await ConvertTests.homeWithModel()
        let damaged = try await damage(home, "m", tensors: "up_proj")
        // The same names and lengths, other numbers.
        try MadeModel.llama(seed: 77).write(to: home.path("other"))
        var request = RepairRequest()
        request.sources = [home.path("other")]
        let report = try await home.registry.repair(request)
        #expect(report.mended.isEmpty)
        #expect(Set(report.unmended.map(\.blob)) == damaged)
        #expect(report.unmended[0].places.contains { $0.contains("up_proj") })
        await #expect(throws: RegistryError.self) {
            var request = RepairRequest()
            request.sources = [home.path("nowhere")]
            _ = try await home.registry.repair(request)
        }
    }

    @Test("follows a referenced file that was moved, and copies nothing") func moved() async throws {
        let home = try TemporaryHome()
        let path = try ManyTensors.write([1, 2], to: home.path("here/a.safetensors"))
        var request = RegisterRequest(path: path)
        request.storage = .reference
        _ = try await home.registry.register(request)
        try FileManager.default.createDirectory(atPath: home.path("there"), withIntermediateDirectories: true)
        try Folder.rename(path, to: home.path("there/renamed.bin"))
        #expect(try await home.registry.verify(nil).damage.count == 1)
        var repair = RepairRequest()
        repair.sources = [home.path("there")]
        let report = try await home.registry.repair(repair)
        #expect(report.mended.count == 1)
        #expect(try home.registry.show("a").files[0].referencedPath?.hasSuffix("there/renamed.bin") == true)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try home.blobFiles().isEmpty)
    }

    // MARK: The catalog

    @Test("makes a lost catalog again: every view shows what it showed") func catalog() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "fp4"))
        _ = try await home.registry.evict(EvictRequest(names: ["m:fp4"]))
        var reference = RegisterRequest(path: try ManyTensors.write([1], to: home.path("ref/r.safetensors")))
        reference.storage = .reference
        _ = try await home.registry.register(reference)
        _ = try home.registry.addResults([NewResult(metric: "loss", value: 2.5)], to: "m:nf4")
        _ = try home.registry.tag("m:nf4", as: "prod")
        _ = try await home.export("m", to: "npz", .npz)
        try home.registry.setMaxBytes(1 << 40)
        let before = try home.views()
        let path = home.registry.home + "/catalog.sqlite"
        for suffix in ["", "-wal", "-shm"] { try Folder.removeTree(path + suffix) }
        // Nobody may begin anew over the blobs and manifests of a lost catalog.
        for access in [ModelRegistry.Access.readWrite, .readOnly] {
            #expect { try ModelRegistry(home: home.registry.home, access: access) } throws: {
                "\($0)".contains("repair --catalog")
            }
        }
        let report = try ModelRegistry.repairCatalog(home: home.registry.home)
        #expect(report.damagedManifests.isEmpty)
        #expect(report.missingBlobs.isEmpty)
        #expect(report.artifactCount == 4)
        let again = try home.reopened()
        let after = try again.views()
        for (view, rows) in before { #expect(after[view] == rows, "\(view)") }
        #expect(try again.registry.homeReport().maxBytes == 1 << 40)
        #expect(try await again.registry.verify(nil).damage.isEmpty)
        _ = try await again.export("m:fp4", to: "fp4", nil)
    }

    @Test("puts a damaged catalog aside, and leaves a sound one alone") func sound() async throws {
        let home = try await ConvertTests.homeWithModel()
        let folder = home.registry.home
        #expect(throws: RegistryError.self) { try ModelRegistry.repairCatalog(home: folder) }
        let forced = try ModelRegistry.repairCatalog(home: folder, sound: .replace)
        #expect(forced.oldCatalog.map { Folder.exists($0) } == true)
        let path = folder + "/catalog.sqlite"
        try Data([UInt8](repeating: 7, count: 8192)).write(to: URL(fileURLWithPath: path))
        for suffix in ["-wal", "-shm"] { try Folder.removeTree(path + suffix) }
        let report = try ModelRegistry.repairCatalog(home: folder)
        #expect(report.artifactCount == 1)
        #expect(try home.reopened().registry.list().map(\.name) == ["m"])
        #expect(throws: RegistryError.self) { try ModelRegistry.repairCatalog(home: home.path("nothing")) }
    }
}

extension TemporaryHome {
    /// The same home, opened anew.
    func reopened() throws -> Reopened {
        Reopened(home: self, registry: try ModelRegistry(home: registry.home, access: .readWrite))
    }

    /// A home that was opened anew.
    struct Reopened {
        let home: TemporaryHome
        let registry: ModelRegistry

        func views() throws -> [String: [String]] { try home.views(of: registry) }

        @discardableResult
        func export(_ name: String, to path: String, _ format: ExportFormat?) async throws -> ExportReport {
            var request = ExportRequest(name: name, destination: home.path(path))
            request.format = format
            return try await registry.export(request)
        }
    }
}
