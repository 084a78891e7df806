import Bytes
import Catalog
import Foundation
import Testing

@testable import Registry

@Suite("Evict") struct EvictTests {
    private static func homeWithVariants() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        try await home.register(try MadeModel.wideLlama().write(to: home.path("m")), as: "m")
        for scheme in ["nf4", "fp4"] {
            _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        }
        return home
    }

    @Test("frees what only the variant needs, and export brings back every byte") func roundTrip() async throws {
        let home = try await Self.homeWithVariants()
        _ = try await home.export("m:nf4", to: "before", nil)
        let unique = try #require(try home.registry.list().first { $0.tag == "nf4" }?.uniqueBytes)
        let before = try home.registry.homeReport().storedBytes
        let report = try await home.registry.evict(EvictRequest(names: ["m:nf4"]))
        #expect(report.freedBytes == unique)
        #expect(report.variants.map(\.outcome) == ["evicted"])
        #expect(report.variants[0].isProven)
        #expect(try home.registry.homeReport().storedBytes == before - unique)
        #expect(try home.registry.show("m:nf4").artifact.evictedBlobs > 0)
        #expect(try home.registry.show("m:fp4").artifact.evictedBlobs == 0)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        let again = try await home.registry.evict(EvictRequest(names: ["m:nf4"]))
        #expect(again.variants.map(\.outcome) == ["unchanged"])
        // Also through a registry that only reads.
        let reading = try ModelRegistry(home: home.registry.home, access: .readOnly)
        _ = try await reading.export(ExportRequest(name: "m:nf4", destination: home.path("after")))
        for path in try FileManager.default.subpathsOfDirectory(atPath: home.path("before")) {
            #expect(
                try TemporaryHome.digest(home.path("before/" + path))
                    == TemporaryHome.digest(home.path("after/" + path)))
        }
        #expect(try home.registry.homeReport().storedBytes == before)
        #expect(try home.registry.homeReport().evictedBlobs == 0)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
    }

    @Test("is undone on demand") func undo() async throws {
        let home = try await Self.homeWithVariants()
        let before = try home.blobFiles()
        _ = try await home.registry.evict(EvictRequest(names: ["m:nf4", "m:fp4"]))
        #expect(try home.blobFiles().count < before.count)
        let report = try await home.registry.undoEviction(EvictRequest(names: ["m:nf4", "m:fp4"]))
        #expect(report.variants.map(\.outcome) == ["rebuilt", "rebuilt"])
        #expect(try home.blobFiles() == before)
        let nothing = try await home.registry.undoEviction(EvictRequest(names: ["m:nf4"]))
        #expect(nothing.variants.map(\.outcome) == ["unchanged"])
    }

    @Test("of a chain: what was made from an evicted variant comes back through it") func chain() async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/quantized/gptq-w4g128", as: "q")
        _ = try await home.registry.convert(ConvertRequest(name: "q", scheme: "awq-4-g128"))
        var request = ConvertRequest(name: "q:awq-4-g128", scheme: "gptq-4-g128")
        request.newName = "q:back"
        _ = try await home.registry.convert(request)
        _ = try await home.export("q:back", to: "before", nil)
        _ = try await home.registry.evict(EvictRequest(names: ["q:back"]))
        _ = try await home.registry.evict(EvictRequest(names: ["q:awq-4-g128"]))
        _ = try await home.export("q:back", to: "after", nil)
        #expect(
            try TemporaryHome.digest(home.path("before/model.safetensors"))
                == TemporaryHome.digest(home.path("after/model.safetensors")))
    }

    @Test("is refused without a parent whose bytes are there") func refusals() async throws {
        let home = try await Self.homeWithVariants()
        await #expect { try await home.registry.evict(EvictRequest(names: ["m"])) } throws: {
            "\($0)".contains("not made here by a recipe")
        }
        let blob = try #require(
            try home.registry.catalog.blobs(of: home.registry.artifact(named: "m").digest).max {
                $0.byteCount < $1.byteCount
            })
        try Folder.unlink(home.blobFile(blob.digest.hex))
        await #expect { try await home.registry.evict(EvictRequest(names: ["m:nf4"])) } throws: {
            "\($0)".contains("not all there")
        }
        _ = try home.registry.remove(["m"], dependents: .orphan)
        await #expect { try await home.registry.evict(EvictRequest(names: ["m:nf4"])) } throws: {
            "\($0)".contains("not in the catalog any more")
        }
        #expect(try home.registry.homeReport().evictedBlobs == 0)
    }

    @Test("protects the parent, unless it is lost knowingly") func parent() async throws {
        let home = try await Self.homeWithVariants()
        _ = try await home.registry.evict(EvictRequest(names: ["m:nf4"]))
        #expect { try home.registry.remove(["m", "m:fp4"]) } throws: { "\($0)".contains("m:nf4 is evicted") }
        #expect { try home.registry.planConversion(ConvertRequest(name: "m:nf4", scheme: "fp4")) } throws: {
            "\($0)".contains("evict --undo")
        }
        _ = try home.registry.remove(["m"], dependents: .orphan)
        await #expect(throws: RegistryError.self) { try await home.export("m:nf4", to: "out", nil) }
    }

    @Test("survives a kill between rows and files") func killed() async throws {
        let home = try await Self.homeWithVariants()
        let child = try home.registry.artifact(named: "m:nf4"), parent = try home.registry.artifact(named: "m")
        // What `evict` does up to the moment when the process dies.
        _ = try home.registry.catalog.evict(child.digest, from: parent.digest)
        let again = try ModelRegistry(home: home.registry.home, access: .readWrite)
        #expect(try await again.verify(nil).damage.isEmpty)
        var request = CollectRequest()
        request.effect = .report
        #expect(try again.collect(request).freedBytes > 0)
        _ = try await again.export(ExportRequest(name: "m:nf4", destination: home.path("out")))
        #expect(try again.collect(CollectRequest()).items.isEmpty)
        #expect(try await again.verify(nil).damage.isEmpty)
    }
}
