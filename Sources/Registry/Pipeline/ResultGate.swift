import Bytes
import Catalog
import Transforms

/// Holds a result against a step's gates before it enters the catalog.
struct ResultGate: Sendable {
    let gates: PipelineStep.Gates
    /// The bytes of the input's files.
    let inputByteCount: Int

    /// Why a result may not pass.
    struct Refusal: Error {
        let reason: String
    }

    /// - Throws: `Refusal` when the artifact that is about to enter does not pass.
    func check(_ draft: ArtifactDraft) throws {
        let errors = draft.files.flatMap(\.tensors).compactMap(\.error)
        try check(
            relRmse: errors.isEmpty ? nil : TensorError.sum(errors).relativeRMSE,
            byteCount: draft.files.reduce(0) { $0 + $1.byteCount })
    }

    /// - Throws: `Refusal` when an artifact that is there does not pass.
    func check(_ digest: Digest, in catalog: CatalogDatabase) throws {
        guard let summary = try catalog.summaries(of: digest).first else { return }
        try check(relRmse: summary.relativeRMSE, byteCount: summary.artifact.logicalByteCount)
    }

    private func check(relRmse: Double?, byteCount: Int) throws {
        if let most = gates.maxRelRmse {
            guard let relRmse else {
                throw Refusal(reason: "its error against its input is not known, so max_rel_rmse cannot let it pass")
            }
            guard relRmse <= most else {
                throw Refusal(
                    reason: "its relative RMSE is \(Figures.real(relRmse)), above max_rel_rmse \(Figures.real(most))")
            }
        }
        guard let least = gates.minSaving else { return }
        let saving = Self.saving(byteCount, of: inputByteCount)
        guard saving >= least else {
            throw Refusal(
                reason: "it saves \(Self.percent(saving)) of its input's bytes, below min_saving \(Self.percent(least))"
            )
        }
    }

    /// The share of `before` that is saved.
    static func saving(_ after: Int, of before: Int) -> Double {
        before == 0 ? 0 : 1 - Double(after) / Double(before)
    }

    private static func percent(_ share: Double) -> String { Figures.fixed(100 * share, decimals: 1) + " %" }
}
