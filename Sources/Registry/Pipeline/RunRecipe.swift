import Bytes
import Catalog
import Foundation
import Transforms

extension ModelRegistry {
    /// Applies a recipe to an artifact, step by step; each result is an artifact of its own.
    ///
    /// A step that was done to the same bytes before is not done again, whichever recipe it stood in, so the same
    /// request goes on where a killed one stopped. A step that fails, or whose result a gate refuses, leaves nothing;
    /// what builds on it is skipped, unless another comes in its place.
    /// - Throws: for a recipe that cannot be read and an artifact that is not there; failures of steps are in the report.
    public func run(_ request: PipelineRequest, progress: ProgressHandler? = nil) async throws -> PipelineReport {
        let start = ContinuousClock.now
        var work = try PipelineWork(request, registry: self)
        for step in work.steps { try await work.take(step, progress: progress) }
        return work.report(seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// What a recipe would do, as far as that is known before: what is there already, and what it is called.
    /// - Throws: for a recipe that cannot be read and an artifact that is not there.
    public func planRun(_ request: PipelineRequest) throws -> PipelineReport {
        var work = try PipelineWork(request, registry: self)
        for step in work.steps { try work.foresee(step) }
        var report = work.report(seconds: 0)
        report.outcome = "planned"
        return report
    }

    /// Whether a recipe can be read.
    /// - Throws: what `run` would throw of it.
    public static func checkRecipe(at path: String) throws { _ = try PipelineWork.recipe(at: path) }
}

/// A recipe that is being applied.
private struct PipelineWork {
    let registry: ModelRegistry
    let request: PipelineRequest
    let steps: [PipelineStep]
    private let recipeName: String
    private let source: ArtifactRecord
    private let names: PipelineNames
    private var rows: [PipelineReport.Step] = []
    private var results: [String: ArtifactRecord] = [:]
    private var states: [String: PipelineReport.Status] = [:]

    init(_ request: PipelineRequest, registry: ModelRegistry) throws {
        let recipe = try Self.recipe(at: request.recipePath)
        self.registry = registry
        self.request = request
        steps = recipe.pipeline
        recipeName = recipe.name ?? URL(fileURLWithPath: request.recipePath).deletingPathExtension().lastPathComponent
        source = try registry.artifact(named: request.name)
        try Self.check(steps)
        names = try PipelineNames(
            steps, last: try VariantName.make(request.newName, of: request.name, suffix: recipeName))
    }

    /// Refuses steps that cannot be done to one artifact.
    private static func check(_ steps: [PipelineStep]) throws {
        for step in steps {
            switch step.step {
            case .merge:
                throw RegistryError(
                    "the step '\(step.id)' merges several models, and a recipe is run on one",
                    remedy: "Make the model with 'ingot merge', and run the rest on it")
            case .mergeAdapter where step.adapter == nil:
                throw RegistryError(
                    "the step '\(step.id)' merges an adapter and names none",
                    remedy: "Name a registered one with 'adapter'")
            default: break
            }
        }
    }

    static func recipe(at path: String) throws -> RecipeFile {
        try RecipeFile(parsing: try RecipeBytes.read(at: path), file: path)
    }

    /// Does a step, or says why not.
    mutating func take(_ step: PipelineStep, progress: ProgressHandler?) async throws {
        try Task.checkCancellation()
        let start = ContinuousClock.now
        var row = row(of: step)
        defer {
            row.seconds = (ContinuousClock.now - start) / .seconds(1)
            states[step.id] = row.status
            rows.append(row)
        }
        guard isNeeded(step) else {
            row.status = .notNeeded
            row.reason = "no gate refused what it would come for"
            return
        }
        guard let input = input(of: step) else {
            row.status = .skipped
            row.reason = "'\(step.input ?? "")' was not made"
            return
        }
        do {
            let act = PipelineAct(registry: registry, request: request, name: names.name(of: step.id))
            let outcome = try await act.perform(step, on: input, progress: progress)
            results[step.id] = outcome.artifact
            row.status = outcome.isNew ? .made : .unchanged
            row.name = outcome.name
            row.newBytes = outcome.newByteCount
            row.notes = outcome.notes
            try tell(outcome.artifact, of: input, in: &row)
        } catch let refusal as ResultGate.Refusal {
            row.status = .refused
            row.reason = refusal.reason
        } catch  where !(error is CancellationError) {
            row.status = .failed
            row.reason = "\(error)"
        }
    }

    /// What is known of a step before it is done.
    mutating func foresee(_ step: PipelineStep) throws {
        var row = row(of: step)
        if let input = input(of: step),
            let done = try registry.catalog.artifact(
                madeFrom: try parents(of: step, input),
                recipeDigest: Recipe(steps: [step.step]).digest)
        {
            results[step.id] = done
            row.status = .unchanged
            try tell(done, of: input, in: &row)
        } else {
            row.status = .planned
        }
        row.name = names.name(of: step.id).description
        if step.isReplacement { row.reason = "when a gate refuses what it would come for" }
        states[step.id] = row.status
        rows.append(row)
    }

    private func parents(of step: PipelineStep, _ input: ArtifactRecord) throws -> [DerivationParent] {
        let adapter = try step.adapter.map {
            DerivationParent(try registry.artifact(named: $0).digest, role: .adapter)
        }
        return [DerivationParent(input.digest, role: step.step.parentRole), adapter].compactMap(\.self)
    }

    func report(seconds: Double) -> PipelineReport {
        var rows = rows
        for place in rows.indices where rows[place].status == .refused {
            rows[place].replacedBy = standing(for: rows[place].step)
        }
        let isStopped = rows.contains { row in
            row.status == .failed || row.status == .skipped || row.status == .refused && row.replacedBy == nil
        }
        let outcome = isStopped ? "stopped" : rows.contains { $0.status == .made } ? "done" : "unchanged"
        return PipelineReport(
            recipe: recipeName, outcome: outcome,
            source: .init(
                name: request.name, digest: source.digest.hex, scheme: source.scheme,
                parameters: source.parameterCount, bytes: source.logicalByteCount),
            steps: rows, newBytes: rows.reduce(0) { $0 + $1.newBytes }, seconds: seconds)
    }

    /// The step that was made in the place of one that a gate refused, or in the place of that; nil when none was.
    private func standing(for id: String) -> String? {
        var next = steps.first { $0.id == id }?.replacement
        for _ in steps {
            guard let id = next else { return nil }
            switch states[id] {
            case .made?, .unchanged?: return id
            case .refused?: next = steps.first { $0.id == id }?.replacement
            default: return nil
            }
        }
        return nil
    }

    private func row(of step: PipelineStep) -> PipelineReport.Step {
        PipelineReport.Step(
            step: step.id, transform: step.step.transform, input: step.input ?? "source", status: .planned,
            newBytes: 0, notes: [], seconds: 0)
    }

    private func tell(_ artifact: ArtifactRecord, of input: ArtifactRecord, in row: inout PipelineReport.Step) throws {
        row.digest = artifact.digest.hex
        row.scheme = artifact.scheme
        row.parameters = artifact.parameterCount
        row.bytes = artifact.logicalByteCount
        row.saving = ResultGate.saving(artifact.logicalByteCount, of: input.logicalByteCount)
        row.relRmse = try registry.catalog.summaries(of: artifact.digest).first?.relativeRMSE
    }

    /// A replacement is needed when what it would come for was refused.
    private func isNeeded(_ step: PipelineStep) -> Bool {
        !step.isReplacement || steps.contains { $0.replacement == step.id && states[$0.id] == .refused }
    }

    /// The artifact that a step is done to: a result, or what came in its place; nil when neither was made.
    private func input(of step: PipelineStep) -> ArtifactRecord? {
        guard var id = step.input else { return source }
        var left = steps.count
        while results[id] == nil, left > 0, let next = steps.first(where: { $0.id == id })?.replacement {
            (id, left) = (next, left - 1)
        }
        return results[id]
    }
}
