import Bytes
import Foundation
import Testing

@testable import Catalog
@testable import Registry

@Suite("Verify") struct VerifyTests {
    /// 150 tensors that are blobs of their own, half of them in a second file that the store only refers to.
    private static func damagedHome(seed: UInt64) async throws -> (TemporaryHome, damaged: Set<String>) {
        let home = try TemporaryHome()
        try await home.register(
            try ManyTensors.write(Array(0..<150), to: home.path("source/a.safetensors"), smallCount: 3), as: "a")
        var reference = RegisterRequest(
            path: try ManyTensors.write(Array((0..<75).reversed()), to: home.path("other/b.safetensors")))
        reference.name = "b"
        reference.storage = .reference
        _ = try await home.registry.register(reference)
        var numbers = SeededNumbers(seed: seed)
        var files = try home.blobFiles()
        var damaged: Set<String> = []
        for _ in 0..<100 {
            let path = files.remove(at: numbers.next(below: files.count))
            let byteCount = Int(FileIdentity(path: path)?.byteCount ?? 0)
            try ManyTensors.flip(bit: numbers.next(below: byteCount * 8), of: path)
            damaged.insert(URL(fileURLWithPath: path).lastPathComponent)
        }
        return (home, damaged)
    }

    @Test("names each of 100 blobs with one bit turned around, and repair mends those with a second source")
    func bits() async throws {
        let seed: UInt64 = 20_261_124
        let (home, damaged) = try await Self.damagedHome(seed: seed)
        let report = try await home.registry.verify(nil)
        #expect(Set(report.damage.map(\.blob)) == damaged, "seed \(seed)")
        #expect(report.damage.allSatisfy { $0.artifacts == ["a"] && !$0.places.isEmpty })
        let repaired = try await home.registry.repair(RepairRequest())
        let elsewhere = Set((0..<75).map { Digest(of: ManyTensors.bytes($0)).hex })
        #expect(Set(repaired.mended.map(\.blob)) == damaged.intersection(elsewhere), "seed \(seed)")
        #expect(Set(repaired.unmended.map(\.blob)) == damaged.subtracting(elsewhere), "seed \(seed)")
        #expect(repaired.unmended.allSatisfy { $0.help.contains("--from") })
        var request = RepairRequest(name: "a")
        request.sources = [home.path("source")]
        let rest = try await home.registry.repair(request)
        #expect(rest.unmended.isEmpty, "seed \(seed)")
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        _ = try await home.export("a", to: "out", nil)
        #expect(
            try TemporaryHome.digest(home.path("out/a.safetensors"))
                == TemporaryHome.digest(home.path("source/a.safetensors")))
    }

    @Test("notes what it has read, and leaves out what was read lately") func since() async throws {
        let home = try await ConvertTests.homeWithModel()
        let all = try await home.registry.verify(nil)
        #expect(all.isRecorded)
        var request = VerifyRequest()
        request.selection = .notWithin(seconds: 3600)
        let again = try await home.registry.verify(request)
        #expect(again.blobCount == 0)
        #expect(again.skippedBlobs == all.blobCount)
        try await home.register(MadeModel.llama(seed: 50).write(to: home.path("n")), as: "n")
        let fresh = try await home.registry.verify(request)
        #expect(fresh.blobCount > 0)
        #expect(fresh.skippedBlobs == all.blobCount)
        // What was damaged is read again, however lately it was found.
        let path = try #require(try home.blobFiles().first)
        try ManyTensors.flip(bit: 9, of: path)
        #expect(try await home.registry.verify(nil).damage.count == 1)
        #expect(try await home.registry.verify(request).damage.count == 1)
        try ManyTensors.flip(bit: 9, of: path)
        #expect(try await home.registry.verify(request).damage.isEmpty)
        #expect(try home.registry.homeReport().damagedBlobs == 0)
    }

    @Test("that is cancelled has noted what it read, and the next goes on there") func cancelled() async throws {
        let home = try TemporaryHome()
        try await home.register(try ManyTensors.write(Array(0..<200), to: home.path("a.safetensors")), as: "a")
        let registry = home.registry
        let (started, starter) = AsyncStream.makeStream(of: Void.self)
        let task = Task { try await registry.verify(VerifyRequest()) { _ in starter.finish() } }
        for await _ in started {}
        task.cancel()
        let wasCancelled: Bool
        do {
            _ = try await task.value
            wasCancelled = false
        } catch is CancellationError { wasCancelled = true }
        let counts = try registry.homeReport()
        var request = VerifyRequest()
        request.selection = .notWithin(seconds: 3600)
        let rest = try await registry.verify(request)
        #expect(rest.blobCount == counts.unverifiedBlobs)
        #expect(wasCancelled || rest.blobCount == 0)
        #expect(rest.blobCount + rest.skippedBlobs == counts.blobCount)
        #expect(try registry.homeReport().unverifiedBlobs == 0)
    }

    @Test("tells a file that is gone or was cut off") func missing() async throws {
        let home = try await ConvertTests.homeWithModel()
        let files = try home.blobFiles()
        try Folder.unlink(files[0])
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: files[1])
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: files[1]))
        try handle.truncate(atOffset: 3)
        try handle.close()
        let damage = try await home.registry.verify("m").damage
        #expect(damage.map { $0.problem.prefix { $0 != ":" } } == ["missing", "changed"])
        #expect(try await home.registry.verify("m").damage.count == 2)
    }

    @Test("of a home that is only read notes nothing") func readOnly() async throws {
        let home = try await ConvertTests.homeWithModel()
        let reading = try ModelRegistry(home: home.registry.home, access: .readOnly)
        let report = try await reading.verify(nil)
        #expect(!report.isRecorded)
        #expect(try home.registry.homeReport().unverifiedBlobs == report.blobCount)
    }

    @Test("draws the same sample from the same seed, of the share that was asked for") func sample() async throws {
        let home = try TemporaryHome()
        try await home.register(
            try ManyTensors.write(Array(0..<100), to: home.path("a.safetensors")), as: "a")
        var request = VerifyRequest()
        request.selection = .sample(0.1, seed: 7)
        let reading = try ModelRegistry(home: home.registry.home, access: .readOnly)
        let first = try await reading.verify(request)
        #expect((10...11).contains(first.blobCount))
        #expect(first.seed == 7)
        #expect(try await reading.verify(request).bytes == first.bytes)
        // After ten draws of a tenth, rather all than some would have been read: what was read counts little.
        for seed in 0..<12 {
            request.selection = .sample(0.1, seed: seed)
            _ = try await home.registry.verify(request)
        }
        #expect(try home.registry.homeReport().unverifiedBlobs == 0)
    }

    @Test("draws by weight") func weights() {
        func check(_ number: Int, _ verified: Timestamp?) -> BlobCheck {
            BlobCheck(
                blob: BlobRecord(digest: Digest(of: "\(number)"), byteCount: 100, storage: .raw), verifiedAt: verified,
                problem: nil)
        }
        let now = Timestamp(secondsSince1970: 1_800_000_000)
        let checks = (0..<100).map { check($0, $0 < 50 ? now.earlier(bySeconds: 60) : nil) }
        let fresh = Set((0..<50).map { Digest(of: "\($0)") })
        for seed in 0..<20 {
            let drawn = VerifySample(share: 0.4, seed: seed, now: now).draw(checks)
            #expect(drawn.count == 40)
            #expect(drawn.allSatisfy { !fresh.contains($0.blob.digest) }, "seed \(seed)")
        }
        #expect(VerifySample(share: 1, seed: 1, now: now).draw(checks).count == 100)
        #expect(VerifySample(share: 0.001, seed: 1, now: now).draw(checks).count == 1)
    }

    @Test("proves variants of each family from their parent, whatever it is called by now") func rederive() async throws
    {
        let home = try TemporaryHome()
        try await home.register(try MadeModel.wideLlama().write(to: home.path("m")), as: "m")
        for scheme in ["nf4-dq", "affine4"] {
            _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        }
        try await home.register(fixtures + "/models/tiny-llama", as: "tiny")
        _ = try await home.registry.convert(ConvertRequest(name: "tiny", scheme: "q4_0"))
        _ = try home.registry.rename("tiny", to: "large")
        for name in ["m:nf4-dq", "m:affine4-g64", "large:q4_0"] {
            let before = try home.storedFiles()
            let report = try await home.registry.rederive(name)
            #expect(report.outcome == "proven", "\(name)")
            #expect(report.files.allSatisfy { $0.digest == $0.foundDigest && $0.digest != nil })
            #expect(try home.storedFiles() == before)
        }
    }

    @Test("refuses to derive what was not made by a recipe, or by one of another version") func noRecipe() async throws
    {
        let home = try await ConvertTests.homeWithModel()
        await #expect { try await home.registry.rederive("m") } throws: {
            "\($0)".contains("not made here by a recipe")
        }
        let parent = try home.registry.artifact(named: "m")
        let recipe =
            #"{"steps":[{"parameters":{"block_size":64,"encoder":"reference-9","scheme":"bnb-nf4"},"rules":[],"#
            + #""transform":"quantize"}]}"#
        let blob = BlobDraft(digest: Digest(of: "x"), byteCount: 1)
        let draft = ArtifactDraft(
            digest: Digest(of: "child"), weightsDigest: nil, kind: .quantized, origin: .derived, scheme: "bnb-nf4",
            format: "safetensors", parameterCount: 0, weightByteCount: 0, blobs: [blob],
            files: [
                FileDraft(
                    path: "x", digest: Digest(of: "x"), byteCount: 1, role: "weights",
                    segments: [Segment(blob: blob.digest, blobOffset: 0, byteCount: 1)])
            ],
            derivation: DerivationDraft(
                parents: [DerivationParent(parent.digest)], recipe: recipe, recipeDigest: Digest(of: recipe)))
        _ = try home.registry.catalog.insert(draft, naming: Naming(try TagName(parsing: "m:future")))
        await #expect { try await home.registry.rederive("m:future") } throws: {
            "\($0)".contains("cannot run the recipe") && "\($0)".contains("reference-9")
        }
        await #expect { try await home.registry.evict(EvictRequest(names: ["m:future"])) } throws: {
            "\($0)".contains("reference-9")
        }
    }
}
