import Blobs
import Bytes
import Catalog
import Foundation
import Testing

@testable import Registry

@Suite("Collect") struct CollectTests {
    private static let gone = ProcessIdentity(number: 1 << 30, started: "", host: ProcessIdentity.current().host)

    private func byteCount(_ home: TemporaryHome) throws -> Int {
        try home.storedFiles().reduce(0) { $0 + Int(FileIdentity(path: $1)?.byteCount ?? 0) }
    }

    /// Runs the dry run, then the real one, and expects that they agree with each other and with the disk.
    @discardableResult
    private func collect(_ home: TemporaryHome, _ retention: CollectRequest.Retention = .keepAll) throws
        -> CollectReport
    {
        var request = CollectRequest()
        request.retention = retention
        request.effect = .report
        let before = try byteCount(home), files = try home.storedFiles(), artifacts = try home.registry.list().count
        let plan = try home.registry.collect(request)
        #expect(try home.storedFiles() == files)
        #expect(try home.registry.list().count == artifacts)
        request.effect = .remove
        let done = try home.registry.collect(request)
        #expect(plan.freedBytes == done.freedBytes)
        #expect(
            plan.items.map { "\($0.kind) \($0.name) \($0.bytes)" }
                == done.items.map { "\($0.kind) \($0.name) \($0.bytes)" })
        #expect(before - (try byteCount(home)) == done.freedBytes)
        return done
    }

    @Test("finds nothing in a store where all is needed") func clean() async throws {
        let home = try await ConvertTests.homeWithModel()
        let report = try collect(home)
        #expect(report.items.isEmpty)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
    }

    @Test("removes what no row explains, what was forgotten, and what dead acts have left") func leftovers()
        async throws
    {
        let home = try await ConvertTests.homeWithModel()
        let stray = Digest(of: "stray")
        try Folder.make(home.registry.home + "/blobs/" + stray.hex.prefix(2))
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: home.blobFile(stray.hex)))
        let catalog = home.registry.catalog
        let killed = try catalog.beginJob(
            "convert", subject: "x", process: Self.gone, at: Timestamp(secondsSince1970: 1_700_000_000))
        let held = Digest(of: "held")
        try catalog.pin([held], for: killed)
        try Folder.make(home.registry.home + "/blobs/" + held.hex.prefix(2))
        try Data([1, 2, 3, 4]).write(to: URL(fileURLWithPath: home.blobFile(held.hex)))
        let area = home.registry.home + "/incoming/job-\(killed)"
        try Folder.make(area)
        try Data(count: 100).write(to: URL(fileURLWithPath: area + "/1"))
        try Data().write(to: URL(fileURLWithPath: area + "/lock"))
        _ = try catalog.insert(CollectTests.draft("forgotten"))
        try Folder.make(home.registry.home + "/blobs/" + Digest(of: "forgotten").hex.prefix(2))
        try Data(count: 9).write(to: URL(fileURLWithPath: home.blobFile(Digest(of: "forgotten").hex)))
        _ = try catalog.forget([Digest(of: "artifact forgotten")])
        let report = try collect(home)
        #expect(report.freedBytes == 3 + 4 + 100 + 9)
        #expect(Set(report.items.map(\.kind)) == ["blob", "job", "incoming"])
        #expect(report.blobCount == 3)
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        #expect(try collect(home).items.isEmpty)
    }

    private static func draft(_ text: String) -> ArtifactDraft {
        let blob = BlobDraft(digest: Digest(of: text), byteCount: 9)
        return ArtifactDraft(
            digest: Digest(of: "artifact \(text)"), weightsDigest: nil, kind: .checkpoint, origin: .imported,
            scheme: "bf16", format: "x", parameterCount: 0, weightByteCount: 0, blobs: [blob],
            files: [
                FileDraft(
                    path: "x", digest: Digest(of: text), byteCount: 9, role: "weights",
                    segments: [Segment(blob: blob.digest, blobOffset: 0, byteCount: 9)])
            ])
    }

    @Test("leaves alone what a register in another process has written so far") func running() async throws {
        let home = try await ConvertTests.homeWithModel()
        let other = try ModelRegistry(home: home.registry.home, access: .readWrite)
        let job = try other.catalog.beginJob("register", subject: "y")
        let area = try StagingArea(in: other.store, name: "job-\(job)")
        let writer = try BlobWriter(in: area)
        try writer.append([7, 7, 7].span)
        let unpublished = try area.makeFile()
        try unpublished.append([1].span)
        let sealed = try writer.seal()
        try other.catalog.pin([sealed.digest], for: job)
        try other.store.publish([sealed])
        #expect(try collect(home).items.isEmpty)
        #expect(other.store.contains(sealed.digest, byteCount: 3))
        #expect(Folder.exists(unpublished.path))
        try other.catalog.finishJob(job, as: .failed)
        try area.discard()
        #expect(try collect(home).freedBytes == 3)
    }

    @Test("drops what a condition names, when it holds for every name, and no parent of what stays") func condition()
        async throws
    {
        let home = try await ConvertTests.homeWithModel()
        for scheme in ["nf4", "fp4"] {
            _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        }
        _ = try home.registry.tag("m:fp4", as: "prod")
        let report = try collect(home, .dropWhere("kind = 'checkpoint' OR tag IN ('nf4', 'fp4')"))
        #expect(report.items.filter { $0.kind == "artifact" }.map(\.name) == ["m:nf4"])
        #expect(report.protected.map(\.name) == ["m"])
        #expect(report.protected[0].reason.contains("a parent of m:fp4"))
        let rest = try collect(home, .dropWhere("1"))
        #expect(rest.artifactCount == 2)
        #expect(try home.storedFiles().isEmpty)
    }

    @Test("refuses a condition that is none") func badCondition() async throws {
        let home = try await ConvertTests.homeWithModel()
        for condition in ["nonsense = 1", "1) ; DELETE FROM artifact; --", ""] {
            var request = CollectRequest()
            request.retention = .dropWhere(condition)
            #expect(throws: (any Error).self) { try home.registry.collect(request) }
        }
        #expect(try home.registry.list().count == 1)
    }

    @Test("keeps what the rules of a file keep") func rules() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        for seed in [50, 60, 70] as [UInt64] {
            var request = RegisterRequest(path: try MadeModel.llama(seed: seed).write(to: home.path("m\(seed)")))
            request.name = "m"
            request.taken = .update
            _ = try await home.registry.register(request)
        }
        let path = home.path("keep.yaml")
        try Data("keep: {tagged: true}\n".utf8).write(to: URL(fileURLWithPath: path))
        let report = try collect(home, .rules(path: path))
        // The first is the parent of a tagged variant; the last has the tag.
        #expect(report.items.filter { $0.kind == "artifact" }.map(\.name) == ["m@v2", "m@v3"])
        #expect(report.protected.map(\.name) == ["m@v1"])
        #expect(try await home.registry.verify(nil).damage.isEmpty)
        try Data("keep: {newest: 0}\nparents_of_kept: false\n".utf8).write(to: URL(fileURLWithPath: path))
        _ = try await home.registry.evict(EvictRequest(names: ["m:nf4"]))
        #expect(try collect(home, .rules(path: path)).artifactCount == 3)
    }
}
