import Bytes
import Catalog
import Formats
import Foundation
import Transforms

/// How a rewrite is done, whatever it writes.
struct RewriteManner: Sendable {
    /// The name of the result.
    var name: TagName
    /// What to do when the name already means other bytes.
    var taken: NameTaken
    var threadCount: Int?
    /// The memory that the act may take, in bytes; nil for no limit.
    var maxMemoryBytes: Int?

    var naming: Naming { Naming(name, ifTaken: taken == .update ? .move : .refuse) }
}

/// What a rewrite did.
struct RewriteOutcome {
    /// False when the same recipe had been applied to the same parents before.
    var isNew: Bool
    var artifact: ArtifactRecord
    var name: TagName
    /// Bytes that the act added to the store.
    var newByteCount: Int
    /// By the tensors' names; empty when the artifact was there.
    var findings: [String: RewriteFindings]
}

extension ModelRegistry {
    /// An artifact that a rewrite reads, ready to be read: one that was evicted is derived again.
    func rewriteParent(
        named name: String, role: ParentRole = .base, progress: ProgressHandler? = nil
    ) async throws -> RewriteParent {
        try await bringBack(named: name, progress: progress)
        return RewriteParent(try StoredArtifact(registry: self, name: name), role: role, name: name)
    }

    /// The same for acts that cannot wait for a derivation.
    func presentRewriteParent(named name: String, role: ParentRole = .base) throws -> RewriteParent {
        try refuseEvicted(name)
        return RewriteParent(try StoredArtifact(registry: self, name: name), role: role, name: name)
    }

    /// Makes what a plan says: stored, named, with its recipe and the error of each tensor. The same recipe on the same
    /// parents again is no work.
    /// - Parameter verb: what is being done, for the job and its progress: `prune`, `merge` …
    /// - Throws: `FormatError` that names a tensor, `RegistryError` for a name that is taken and for want of room; the
    ///   home is then as it was.
    func rewrite(
        _ plan: RewritePlan, verb: String, manner: RewriteManner, progress: ProgressHandler?
    ) async throws -> RewriteOutcome {
        let start = ContinuousClock.now
        let naming = manner.naming
        let parents = plan.derivationParents
        if let done = try catalog.artifact(madeFrom: parents, recipeDigest: plan.recipeDigest) {
            let change = try catalog.tag(done.digest, as: naming)
            return RewriteOutcome(isNew: false, artifact: done, name: change.name, newByteCount: 0, findings: [:])
        }
        try refuseTakenName(naming)
        try plan.checkRoom(manner, registry: self)
        return try await withJob(verb, subject: plan.subject, forecastByteCount: plan.newByteCount) { job in
            let rewriting = try Rewriting(registry: self, plan: plan, threadCount: manner.threadCount, job: job)
            let outcome = try await rewriting.run("\(verb) \(plan.parents[0].name)", progress: progress)
            var facts = plan.facts
            facts.quantization = Self.quantization(of: outcome.assembly)
            let draft = outcome.assembly.draft(
                kind: plan.kind, origin: .derived, format: plan.format, facts: facts, sourcePath: nil,
                derivation: DerivationDraft(
                    parents: parents, recipe: plan.recipe.text, recipeDigest: plan.recipeDigest, tool: "ingot",
                    toolVersion: Self.version, host: Self.hostName,
                    seconds: (ContinuousClock.now - start) / .seconds(1)))
            let insertion = try catalog.insert(draft, naming: naming, finishing: job.number)
            return RewriteOutcome(
                isNew: true, artifact: insertion.artifact, name: insertion.name?.name ?? naming.name,
                newByteCount: job.publisher.newByteCount, findings: outcome.findings)
        }
    }

    /// Fails as `rewrite` would fail before it begins.
    func checkRewrite(_ plan: RewritePlan, manner: RewriteManner) throws {
        if try catalog.artifact(madeFrom: plan.derivationParents, recipeDigest: plan.recipeDigest) == nil {
            try refuseTakenName(manner.naming)
        }
        try plan.checkRoom(manner, registry: self)
    }
}
