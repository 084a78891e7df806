import Bytes
import Tensors
import Testing

@testable import Catalog

@Suite("Inserting") struct InsertTests {
    let test: TestCatalog

    init() throws { test = try TestCatalog() }

    private var catalog: CatalogDatabase { test.catalog }

    @Test("gives back what went in") func contents() throws {
        let draft = ArtifactDraft.sample(["a", "b", "a"])
        let record = try catalog.insert(draft, at: .day(3)).artifact
        #expect(record.digest == draft.digest)
        #expect(record.weightsDigest == draft.weightsDigest)
        #expect(record.facts == draft.facts)
        #expect(record.createdAt == .day(3))
        #expect(record.logicalByteCount == 100 + 3 * 128)
        #expect(record.bitsPerWeight == 16)
        #expect(try catalog.artifact(draft.digest) == record)

        let files = try catalog.files(of: draft.digest)
        #expect(files.map(\.path) == ["model.safetensors"])
        #expect(files[0].segments == draft.files[0].segments)
        #expect(try catalog.blobs(of: draft.digest).map(\.digest.hex) == draft.blobs.map(\.digest.hex).sorted())

        let tensors = try catalog.tensors(of: draft.digest)
        #expect(tensors.map(\.tensor.name) == draft.files[0].tensors.map(\.name))
        #expect(tensors.map(\.position) == [0, 1, 2])
        #expect(tensors[1].tensor.statistics == draft.files[0].tensors[1].statistics)
        #expect(tensors[1].tensor.shape.dimensions == [8, 8])
        #expect(tensors[1].tensor.digest == Digest(of: "b"))
    }

    @Test("keeps principals, parts and errors of quantized tensors") func quantized() throws {
        let parent = ArtifactDraft.sample(["a", "b"])
        let draft = ArtifactDraft.quantizedSample(["a", "b"], loss: 0.04)
        _ = try catalog.insert(parent, naming: Naming(try tag("m")))
        _ = try catalog.insert(draft, naming: Naming(try tag("m:nf4")))
        let tensors = try catalog.tensors(of: draft.digest).map(\.tensor)
        #expect(tensors.map(\.place) == draft.files[0].tensors.map(\.place))
        #expect(tensors[1].error == draft.files[0].tensors[1].error)
        #expect(tensors[0].error == nil)
        let summary = try #require(try catalog.summaries(of: draft.digest).first)
        #expect(abs(try #require(summary.relativeRMSE) - 0.2) < 1e-12)
        #expect(summary.artifact.bitsPerWeight == 4.5)
        #expect(try test.text("SELECT bits_per_weight FROM tensor_summary WHERE artifact = 'm:nf4'") == ["4.5", "4.5"])
    }

    @Test("stores equal blobs once, and knows what deleting would free") func sharing() throws {
        let first = ArtifactDraft.sample(["a", "b"])
        let second = ArtifactDraft.sample(["a", "c"])
        _ = try catalog.insert(first)
        _ = try catalog.insert(second)
        #expect(try catalog.blobs().count == 5)  // two headers, a, b, c
        let summary = try #require(try catalog.summaries(of: first.digest).first)
        #expect(summary.storedByteCount == 100 + 2 * 128)
        #expect(summary.uniqueByteCount == 100 + 128)
        let plain = try catalog.summaries(sized: false)
        #expect(plain.map(\.label) == (try catalog.summaries()).map(\.label))
        #expect(plain.allSatisfy { $0.storedByteCount == nil && $0.uniqueByteCount == nil && $0.evictedBlobCount == 0 })
    }

    @Test("lets no number into a row that is none") func nonfinite() throws {
        var draft = ArtifactDraft.quantizedSample(["a"])
        draft.files[0].tensors[1].statistics = TensorStatistics(
            minimum: .nan, maximum: .infinity, mean: -.infinity, nanCount: 3, infinityCount: 1)
        draft.files[0].tensors[1].error = TensorError(
            squaredError: 1, squaredReference: 0, cosine: .nan, maximumError: .infinity)
        draft.derivation?.seconds = .infinity
        _ = try catalog.insert(draft)
        let row = try #require(try catalog.tensors(of: draft.digest).last?.tensor)
        #expect(row.statistics == TensorStatistics(nanCount: 3, infinityCount: 1))
        #expect(row.error == TensorError(squaredError: 1, squaredReference: 0))
        #expect(
            try test.text(
                """
                SELECT 'x' FROM tensor_error JOIN derivation
                WHERE snr_db IS NULL AND tensor_error.relative_rmse IS NULL AND seconds IS NULL
                """) == ["x"])
    }

    @Test("refuses a draft that contradicts itself, and changes nothing", arguments: 0..<8) func bad(fault: Int) throws
    {
        var draft = ArtifactDraft.quantizedSample(["a", "b"])
        switch fault {
        case 0: draft.blobs.removeLast()
        case 1: draft.blobs.append(draft.blobs[0])
        case 2: draft.files[0].byteCount += 1
        case 3: draft.files[0].segments[1].blobOffset = 1
        case 4: draft.files[0].segments[1].blobOffset = -1
        case 5: draft.files[0].tensors[0].place = .part(of: "nobody", role: "absmax")
        case 6: draft.derivation = nil
        default: draft.derivation?.recipeDigest = nil
        }
        #expect(try catalogError { _ = try catalog.insert(draft) }?.code == .inconsistent)
        #expect(try test.count("artifact") == 0)
        #expect(try test.count("blob") == 0)
    }

    @Test("refuses a blob whose length is not the known one") func length() throws {
        let draft = ArtifactDraft.sample(["a"])
        _ = try catalog.insert(draft)
        var other = ArtifactDraft.sample(["a"], path: "other.safetensors")
        other.blobs[1].byteCount = 200
        #expect(try catalogError { _ = try catalog.insert(other) }?.code == .inconsistent)
    }

    @Test("remembers files left elsewhere, at each of their places") func references() throws {
        let identity = FileIdentity(device: 1, inode: 2, byteCount: 128, modifiedAt: 3)
        let draft = ArtifactDraft.sample(["a"], storage: .reference(path: "/b/x", identity: identity))
        _ = try catalog.insert(draft)
        _ = try catalog.insert(.sample(["a"], storage: .reference(path: "/a/x", identity: identity)))
        let blob = try #require(try catalog.blob(Digest(of: "a")))
        #expect(
            blob.storage
                == .references([
                    BlobReference(path: "/a/x", identity: identity), BlobReference(path: "/b/x", identity: identity),
                ]))
        let summary = try #require(try catalog.summaries(of: draft.digest).first)
        #expect(summary.storedByteCount == 0)
        #expect(summary.uniqueByteCount == 0)
    }

    @Test("takes bytes into the store that were referenced, cut as the store cuts them") func adoption() throws {
        let identity = FileIdentity(device: 1, inode: 2, byteCount: 228, modifiedAt: 3)
        let stored = ArtifactDraft.sample(["a"])
        var referenced = stored  // the whole file is one blob
        let file = stored.files[0]
        referenced.blobs = [
            BlobDraft(
                digest: file.digest, byteCount: file.byteCount, storage: .reference(path: "/x", identity: identity))
        ]
        referenced.files[0].segments = [Segment(blob: file.digest, blobOffset: 0, byteCount: file.byteCount)]
        _ = try catalog.insert(referenced, naming: Naming(try tag("m")))
        let insertion = try catalog.insert(stored)
        #expect(insertion.outcome == .adopted)
        #expect(try catalog.files(of: stored.digest)[0].segments == file.segments)
        #expect(try catalog.blob(file.digest) == nil)
        #expect(try catalog.pendingRemovals() == [])
        #expect(try catalog.summaries(of: stored.digest)[0].storedByteCount == 228)
        #expect(try catalog.insert(referenced).outcome == .known)
        #expect(try catalog.files(of: stored.digest)[0].segments == file.segments)
    }

    @Test("counts the bytes of a referenced blob once it is stored for another artifact") func upgrade() throws {
        let identity = FileIdentity(device: 1, inode: 2, byteCount: 128, modifiedAt: 3)
        _ = try catalog.insert(.sample(["a"], storage: .reference(path: "/x", identity: identity)))
        _ = try catalog.insert(.sample(["a", "b"]))
        #expect(try catalog.blob(Digest(of: "a"))?.storage == .raw)
        #expect(try test.count("blob_reference") == 1)  // the first artifact's header
    }
}
