import Bytes
import Catalog
import Foundation
import Testing

@testable import Registry

@Suite("Keeping what is compressed") struct CodedKeepingTests {
    /// A model, one near it stored as differences, and a variant; all compressed.
    private static func home() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        let model = MadeModel.wideLlama()
        try await home.register(try model.write(to: home.path("m")), as: "m")
        var near = model
        for index in near.tensors.indices {
            for place in stride(from: 0, to: near.tensors[index].bytes.count, by: 97) {
                near.tensors[index].bytes[place] ^= 1
            }
        }
        try await home.register(try near.write(to: home.path("n")), as: "n")
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        for (name, base) in [("m", nil), ("n", "m"), ("m:nf4", nil)] as [(String, String?)] {
            var request = CompressRequest(name: name)
            request.effort = .max
            request.base = base
            let report = try await home.registry.compress(request)
            #expect(report.outcome == "compressed", "\(name)")
            if base != nil { #expect(report.differences > 0) }
        }
        return home
    }

    private func codedFiles(_ home: TemporaryHome) throws -> [String] {
        try home.blobFiles().filter { $0.hasSuffix(".z") }
    }

    private static func digest(_ path: String) throws -> Digest {
        try #require(Digest(hex: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent))
    }

    @Test("finds each bit turned around in a coded blob, and repair mends it from the source") func repair()
        async throws
    {
        let home = try await Self.home()
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        var numbers = SeededNumbers(seed: 11)
        var damaged: Set<String> = []
        for path in try codedFiles(home) {
            let byteCount = Int(FileIdentity(path: path)?.byteCount ?? 0)
            try ManyTensors.flip(bit: numbers.next(below: byteCount * 8), of: path)
            damaged.insert(URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
        }
        // What is a difference from a damaged blob is damaged too.
        #expect(Set(try await home.registry.verify(nil).damage.map(\.blob)) == damaged)
        var request = RepairRequest()
        request.sources = [home.path("m"), home.path("n")]
        let report = try await home.registry.repair(request)
        #expect(report.unmended.isEmpty, "\(report.unmended.map(\.help))")
        #expect(Set(report.mended.map(\.blob)) == damaged)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try home.registry.collect(CollectRequest()).items.isEmpty)
        for name in ["m", "n"] {
            _ = try await home.export(name, to: "out-" + name, nil)
            #expect(
                try TemporaryHome.digest(home.path("out-\(name)/model.safetensors"))
                    == TemporaryHome.digest(home.path("\(name)/model.safetensors")))
        }
    }

    @Test("what is a difference from a damaged blob stays one when that is mended") func mendedBase() async throws {
        let home = try await Self.home()
        let before = Set(try home.blobFiles())
        let path = try #require(
            try codedFiles(home).first { try home.registry.catalog.differences(from: Self.digest($0)).count == 1 })
        try ManyTensors.flip(bit: 12_345, of: path)
        let found = Set(try await home.registry.verify(nil).damage.map(\.blob))
        #expect(found.count == 2)
        var request = RepairRequest()
        request.sources = [home.path("m"), home.path("n")]
        let report = try await home.registry.repair(request)
        #expect(Set(report.mended.map(\.blob)) == found)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(before.symmetricDifference(try home.blobFiles()) == [path, path.replacing(".z", with: "")])
    }

    @Test("a damaged coded blob that is registered again is stored as it is, and its coded form goes")
    func registeredAgain() async throws {
        let home = try await Self.home()
        let path = try #require(
            try codedFiles(home).first { path in
                try home.registry.catalog.users(of: Self.digest(path)).contains { $0.label == "m" }
            })
        try ManyTensors.flip(bit: 12_345, of: path)
        try await home.register(home.path("m"), as: "again")
        #expect(!Folder.exists(path) && Folder.exists(path.replacing(".z", with: "")))
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try home.registry.collect(CollectRequest()).items.isEmpty)
        #expect(try home.registry.catalog.blob(Self.digest(path))?.storage == .raw)
    }

    @Test("proves, evicts and brings back a variant of a compressed parent") func evict() async throws {
        let home = try await Self.home()
        #expect(try await home.registry.rederive("m:nf4").outcome == "proven")
        let unique = try #require(try home.registry.list().first { $0.tag == "nf4" }?.uniqueBytes)
        let report = try await home.registry.evict(EvictRequest(names: ["m:nf4"]))
        #expect(report.freedBytes == unique)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        _ = try await home.export("m:nf4", to: "out", nil)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try home.registry.collect(CollectRequest()).items.isEmpty)
    }

    @Test("collects to the byte, and keeps what differences are from") func collect() async throws {
        let home = try await Self.home()
        func byteCount() throws -> Int {
            try home.storedFiles().reduce(0) { $0 + Int(FileIdentity(path: $1)?.byteCount ?? 0) }
        }
        var request = CollectRequest()
        for condition in ["name = 'm'", "name = 'n'"] {
            request.retention = .dropWhere(condition)
            request.effect = .report
            let plan = try home.registry.collect(request)
            let before = try byteCount()
            request.effect = .remove
            let done = try home.registry.collect(request)
            #expect(plan.freedBytes == done.freedBytes)
            #expect(before - (try byteCount()) == done.freedBytes)
            #expect(try await home.registry.verify(nil).damage.isEmpty)
        }
        #expect(try home.storedFiles().isEmpty)
    }

    @Test("makes the catalog again as it was, differences included") func catalog() async throws {
        let home = try await Self.home()
        let before = try home.views()
        let path = home.registry.home + "/catalog.sqlite"
        for suffix in ["", "-wal", "-shm"] { try Folder.removeTree(path + suffix) }
        let report = try ModelRegistry.repairCatalog(home: home.registry.home)
        #expect(report.missingBlobs.isEmpty)
        let again = try home.reopened()
        let after = try again.views()
        for (view, rows) in before { #expect(after[view] == rows, "\(view)") }
        #expect(try await again.registry.verify(nil).damage.isEmpty)
    }
}
