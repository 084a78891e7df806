import Bytes
import Tensors
import Testing

@testable import Catalog

/// What becomes of an artifact whose files are read in another way than when they were registered.
@Suite("Reading again") struct RereadTests {
    let test: TestCatalog

    init() throws { test = try TestCatalog() }

    private var catalog: CatalogDatabase { test.catalog }

    /// `sample(["a", "b"])` as a version would find it that knows that b holds the codes of one 4-bit tensor, and a its
    /// scales.
    private static func better() -> ArtifactDraft {
        var draft = ArtifactDraft.sample(["a", "b"])
        draft.weightsDigest = Digest(of: "better")
        draft.kind = .quantized
        draft.scheme = "gptq-4-g128"
        draft.facts.quantization = "GPTQ 4-bit, group 128: 1 of 1 tensors"
        draft.files[0].tensors[0].place = .part(of: "layer.1.weight", role: "scales")
        draft.files[0].tensors[0].parameterCount = 0
        draft.files[0].tensors[1].logicalName = "layer.1.dense"
        draft.files[0].tensors[1].parameterCount = 128
        draft.files[0].tensors[1].place = .principal(
            QuantizedForm(scheme: "gptq-4-g128", shape: shape(8, 16), bits: 4, groupSize: 128))
        return draft
    }

    @Test("replaces tensors, scheme and quantization in one go, under every name") func replaced() throws {
        let old = ArtifactDraft.sample(["a", "b"])
        _ = try catalog.insert(old, naming: Naming(try tag("m")), at: .day(1))
        let insertion = try catalog.insert(Self.better(), naming: Naming(try tag("n")), at: .day(2))
        #expect(insertion.outcome == .known)
        #expect(insertion.isReread)
        let record = try #require(try catalog.find(name("m")))
        #expect(record.digest == old.digest)
        #expect(record.weightsDigest == Digest(of: "better"))
        #expect((record.scheme, record.kind) == ("gptq-4-g128", .quantized))
        #expect(record.facts.quantization == "GPTQ 4-bit, group 128: 1 of 1 tensors")
        #expect(record.createdAt == .day(1))
        #expect(try catalog.tensors(of: old.digest).map(\.tensor.place) == Self.better().files[0].tensors.map(\.place))
        let row = "name || ' ' || shape || ' ' || scheme || ' ' || bits || ' ' || group_size || ' ' || stored_name"
        #expect(
            try test.text("SELECT \(row) FROM tensor_summary WHERE artifact = 'm'")
                == ["layer.1.dense [8,16] gptq-4-g128 4 128 layer.1.weight"])
        #expect(try test.text("SELECT tensors FROM artifact_summary WHERE name = 'n'") == ["1"])
        #expect(try test.text("SELECT count(*) FROM stored_tensor_summary") == ["2"])
    }

    @Test("changes nothing where the same is found, of variants too") func unchanged() throws {
        let drafts = [ArtifactDraft.sample(["a", "b"]), .quantizedSample(["a", "b"])]
        for draft in drafts { _ = try catalog.insert(draft) }
        for var draft in drafts {
            let before = try catalog.tensors(of: draft.digest).map(\.tensor)
            // What a reader does not know: errors, and numbers that were not looked at.
            draft.derivation = nil
            for index in draft.files[0].tensors.indices {
                draft.files[0].tensors[index].error = nil
                draft.files[0].tensors[index].statistics = nil
            }
            draft.files[0].tensors.reverse()
            #expect(try catalog.insert(draft).isReread == false)
            #expect(try catalog.tensors(of: draft.digest).map(\.tensor) == before)
        }
    }

    @Test("keeps the errors of tensors that are still there") func errors() throws {
        let variant = ArtifactDraft.quantizedSample(["a", "b"], loss: 0.04)
        _ = try catalog.insert(variant)
        var other = variant
        other.derivation = nil
        for index in other.files[0].tensors.indices { other.files[0].tensors[index].error = nil }
        other.facts.quantization = "bitsandbytes NF4, block 64: 2 of 2 tensors"
        #expect(try catalog.insert(other).isReread)
        let found = try catalog.tensors(of: variant.digest).map(\.tensor.error)
        #expect(found == variant.files[0].tensors.map(\.error))
        #expect(found.contains { $0 != nil })
    }

    @Test("leaves a kind that says more than quantized") func kind() throws {
        var old = ArtifactDraft.sample(["a", "b"])
        old.kind = .pruned
        _ = try catalog.insert(old)
        #expect(try catalog.insert(Self.better()).artifact.kind == .pruned)
    }

    @Test("takes the pieces of a file that the store has, however it is cut") func shared() throws {
        let old = ArtifactDraft.sample(["a", "b"])
        _ = try catalog.insert(old)
        let whole = BlobDraft(digest: Digest(of: "all"), byteCount: old.files[0].byteCount)
        var other = old
        other.digest = Digest(of: "read in another way")
        other.reading = "--state-path ema"
        other.blobs = [whole]
        other.files[0].segments = [Segment(blob: whole.digest, blobOffset: 0, byteCount: whole.byteCount)]
        other.files[0].tensors.removeLast()
        let insertion = try catalog.insert(other)
        #expect(insertion.outcome == .added)
        #expect(insertion.spareByteCount == whole.byteCount)
        #expect(insertion.artifact.reading == "--state-path ema")
        #expect(try catalog.files(of: other.digest) == catalog.files(of: old.digest))
        #expect(try catalog.tensors(of: other.digest).count == 1)
        #expect(try catalog.tensors(of: old.digest).count == 2)
        #expect(try catalog.blob(whole.digest) == nil)
        #expect(try test.text("SELECT sum(unique_bytes) FROM artifact_summary") == ["0"])
    }

    @Test("does not take pieces that lie outside the store") func references() throws {
        let identity = FileIdentity(device: 1, inode: 2, byteCount: 356, modifiedAt: 3)
        let whole = BlobDraft(
            digest: Digest(of: "all"), byteCount: 356, storage: .reference(path: "/data/model", identity: identity))
        var old = ArtifactDraft.sample(["a", "b"])
        old.blobs = [whole]
        old.files[0].segments = [Segment(blob: whole.digest, blobOffset: 0, byteCount: 356)]
        _ = try catalog.insert(old)
        var other = ArtifactDraft.sample(["a", "b"])
        other.digest = Digest(of: "read in another way")
        #expect(try catalog.insert(other).spareByteCount == 0)
        #expect(try catalog.files(of: other.digest).map(\.segments) == other.files.map(\.segments))
    }
}
