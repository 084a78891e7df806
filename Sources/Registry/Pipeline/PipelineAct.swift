import Bytes
import Catalog
import Transforms

/// One step of a recipe, done to one artifact.
struct PipelineAct {
    let registry: ModelRegistry
    let request: PipelineRequest
    /// What the result is to be called.
    let name: TagName

    /// What came of it.
    struct Outcome {
        let artifact: ArtifactRecord
        /// False when the same had been made of the same before.
        let isNew: Bool
        let name: String
        let newByteCount: Int
        let notes: [String]
    }

    /// - Throws: `ResultGate.Refusal` for a result that may not pass, and what the transform throws; nothing is kept then.
    func perform(
        _ step: PipelineStep, on input: ArtifactRecord, progress: ProgressHandler?
    ) async throws -> Outcome {
        let gate = step.gates.isEmpty ? nil : ResultGate(gates: step.gates, inputByteCount: input.logicalByteCount)
        let inputName = "@\(input.digest.hex)"
        if case .quantize(let settings) = step.step {
            return try await quantize(settings, inputName, gate, progress: progress)
        }
        let parent = try await registry.rewriteParent(
            named: inputName, role: step.step.parentRole, progress: progress)
        var parents = [parent]
        if let adapter = step.adapter {
            parents.append(try await registry.rewriteParent(named: adapter, role: .adapter, progress: progress))
        }
        let files = StepFiles(
            importancePath: request.importancePath, statisticsPath: request.statisticsPath,
            vocabularyPath: request.vocabularyPath)
        guard let plan = try await registry.rewritePlan(step.step, of: parents, files: files) else {
            throw RegistryError(
                "'\(step.step.transform)' cannot be a step of a recipe that is run",
                remedy: "Do it with its own command")
        }
        let manner = RewriteManner(
            name: name, taken: request.taken, threadCount: request.threadCount, maxMemoryBytes: request.maxMemoryBytes)
        let outcome = try await registry.rewrite(
            plan, verb: step.step.transform, manner: manner, gate: gate, progress: progress)
        return Outcome(
            artifact: outcome.artifact, isNew: outcome.isNew, name: outcome.name.description,
            newByteCount: outcome.newByteCount, notes: plan.notes)
    }

    private func quantize(
        _ settings: QuantizeSettings, _ inputName: String, _ gate: ResultGate?, progress: ProgressHandler?
    ) async throws -> Outcome {
        var order = ConvertRequest(name: inputName, scheme: "")
        order.newName = name.description
        order.taken = request.taken
        order.threadCount = request.threadCount
        order.maxMemoryBytes = request.maxMemoryBytes
        // The recipe says what is done, whatever the source was trained for.
        order.trainingGrid = "none"
        if let wanted = settings.importance {
            guard let path = request.importancePath else {
                throw RegistryError(
                    "the recipe asks for the importance matrix with SHA-256 \(wanted.hex)",
                    remedy: "Give its file with --imatrix")
            }
            order.importancePath = path
        }
        let conversion = try ConversionOrder(settings, request: order)
        guard conversion.settings.importance == settings.importance else {
            throw RegistryError(
                "the importance matrix is another than the recipe asks for",
                remedy: "Give the file with the SHA-256 that the recipe names")
        }
        let report = try await registry.convert(conversion, order, gate: gate, progress: progress)
        return Outcome(
            artifact: try registry.artifact(named: "@\(report.digest)"), isNew: report.outcome != "unchanged",
            name: report.name, newByteCount: report.newBytes, notes: report.notes)
    }
}

extension Recipe.Step {
    /// The part that the artifact it is done to plays.
    var parentRole: ParentRole {
        if case .student = self { .teacher } else { .base }
    }
}
