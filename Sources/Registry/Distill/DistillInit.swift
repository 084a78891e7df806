import Bytes
import Catalog
import Transforms

extension ModelRegistry {
    /// Makes a student of a teacher: some of its layers, narrower where that is asked for, as a folder that is ready to be
    /// trained, with a `distill.json` that says from what each tensor was made. The same request again is no work.
    /// - Throws: `FormatError` and `RegistryError` that name the tensor or the option and what to do; the home is then as
    ///   it was.
    public func makeStudent(_ request: StudentRequest, progress: ProgressHandler? = nil) async throws -> StudentReport {
        let start = ContinuousClock.now
        let settings = try Self.settings(request)
        let manner = try Self.manner(request, settings)
        let parent = try await rewriteParent(named: request.teacher, role: .teacher, progress: progress)
        let plan = try await studentPlan(settings, of: parent, threadCount: request.threadCount, progress: progress)
        let outcome = try await rewrite(plan.plan, verb: "distill", manner: manner, progress: progress)
        let child = outcome.artifact
        var report = try report(plan, settings, parent, name: outcome.name)
        report.outcome = outcome.isNew ? "made" : "unchanged"
        report.digest = child.digest.hex
        report.parameterCount = child.parameterCount
        report.logicalBytes = child.logicalByteCount
        report.newBytes = outcome.newByteCount
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return report
    }

    /// What `makeStudent` would write, without doing it. Where channels or heads go, the weights are read to rank them.
    /// - Throws: what `makeStudent` would throw before it begins.
    public func planStudent(_ request: StudentRequest, progress: ProgressHandler? = nil) async throws -> StudentReport {
        let start = ContinuousClock.now
        let settings = try Self.settings(request)
        let manner = try Self.manner(request, settings)
        let parent = try presentRewriteParent(named: request.teacher, role: .teacher)
        let plan = try await studentPlan(settings, of: parent, threadCount: request.threadCount, progress: progress)
        try checkRewrite(plan.plan, manner: manner)
        let forecast = try plan.plan.forecast(manner, registry: self)
        var report = try report(plan, settings, parent, name: manner.name)
        report.parameterCount = forecast.parameterCount
        report.logicalBytes = forecast.bytes
        report.newBytes = forecast.newBytes
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        return report
    }

    private func report(
        _ plan: StudentPlan, _ settings: StudentSettings, _ parent: RewriteParent, name: TagName
    ) throws -> StudentReport {
        let teacher = parent.artifact.record
        return StudentReport(
            outcome: "planned", name: name.description, digest: nil, teacher: try catalog.label(of: teacher.digest),
            teacherDigest: teacher.digest.hex, recipeDigest: plan.plan.recipeDigest.hex, layers: plan.map.layers,
            layerCountBefore: plan.layerCountBefore, axes: plan.axes, temperature: settings.temperature,
            alpha: settings.alpha, tensors: plan.map.entries.map { .init(student: $0.student, teacher: $0.teacher) },
            parameterCount: 0, parametersBefore: teacher.parameterCount, logicalBytes: 0,
            bytesBefore: teacher.logicalByteCount, newBytes: 0, notes: plan.plan.notes, seconds: 0)
    }

    private static func settings(_ request: StudentRequest) throws -> StudentSettings {
        let depth: StudentSettings.Depth
        switch (request.layers, request.every) {
        case (nil, nil): depth = .all
        case (let list?, nil): depth = .layers(try LayerList(parsing: list))
        case (nil, let step?): depth = .every(step)
        case (_?, _?):
            throw RegistryError("--layers lists the layers, and --every counts them", remedy: "Give one of them")
        }
        return try StudentSettings(
            depth: depth, width: request.width,
            preset: request.preset.flatMap { StudentSettings.Preset(rawValue: $0.rawValue) },
            temperature: request.temperature, alpha: request.alpha)
    }

    private static func manner(_ request: StudentRequest, _ settings: StudentSettings) throws -> RewriteManner {
        RewriteManner(
            name: try VariantName.make(request.newName, of: request.teacher, suffix: settings.tag),
            taken: request.taken, threadCount: request.threadCount, maxMemoryBytes: request.maxMemoryBytes)
    }
}
