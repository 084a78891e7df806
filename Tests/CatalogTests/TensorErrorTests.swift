import Bytes
import Tensors
import Testing

@testable import Catalog

@Suite("Errors of tensors") struct TensorErrorTests {
    private static func sums(weighted: Double?) -> ErrorSums {
        var sums = ErrorSums(
            squaredError: 4, squaredWeight: 100, product: 97, squaredDecoded: 98, maximumError: 0.5, elementCount: 50)
        sums.zeroCount = 5
        sums.clippedCount = 1
        sums.weightedError = weighted
        sums.weightedWeight = weighted.map { _ in 900 }
        return sums
    }

    @Test("are what an encoder measured") func measured() {
        let error = TensorError(Self.sums(weighted: 81))
        #expect((error.relativeRMSE, error.weightedRelativeRMSE) == (0.2, 0.3))
        #expect((error.zeroShare, error.clippedShare) == (0.1, 0.02))
        #expect(error.cosine == Self.sums(weighted: nil).cosine)
        #expect(TensorError(Self.sums(weighted: nil)).weighted == nil)
        #expect(TensorError(Self.sums(weighted: .nan)).weighted == nil)
    }

    @Test("are added up, and counts are only known when all are") func added() {
        let counted = TensorError(Self.sums(weighted: 81)), plain = TensorError(Self.sums(weighted: nil))
        let sum = TensorError.sum([counted, plain])
        #expect((sum.squaredError, sum.squaredReference, sum.maximumError) == (8, 200, 0.5))
        #expect(sum.counts == TensorError.Counts(elements: 100, zeros: 10, clipped: 2))
        #expect(sum.weighted == counted.weighted)
        let old = TensorError(squaredError: 1, squaredReference: 1)
        #expect(TensorError.sum([counted, old]).counts == nil)
    }

    @Test("come back from the catalog as they went in") func stored() throws {
        let test = try TestCatalog()
        var draft = ArtifactDraft.quantizedSample(["a", "b"], loss: 0.01)
        let error = TensorError(Self.sums(weighted: 81))
        draft.files[0].tensors[1].error = error
        _ = try test.catalog.insert(.sample(["a", "b"]))
        _ = try test.catalog.insert(draft)
        let found = try test.catalog.tensors(of: draft.digest).compactMap(\.tensor.error)
        #expect(found.first == error)
        #expect(found.last?.counts == TensorError.Counts(elements: 64, zeros: 4, clipped: 2))
        let total = TensorError.sum(found)
        #expect(try test.catalog.summaries(of: draft.digest).first?.weightedRelativeRMSE == total.weightedRelativeRMSE)
        #expect(
            try test.text("SELECT share_zero || ' ' || share_clipped FROM tensor_summary WHERE rel_rmse = 0.2")
                == ["0.1 0.02"])
    }
}
