import Architectures
import Bytes
import Catalog
import Formats
import Transforms

/// A student before the work: what is written, and from what.
struct StudentPlan {
    let plan: RewritePlan
    let map: StudentMap
    let layerCountBefore: Int
    /// The sizes that change.
    let axes: [PruneSizes.Axis]
}

extension ModelRegistry {
    /// What making a student of an artifact would write.
    /// - Throws: `FormatError` that names the tensor or the option and what to do.
    func studentPlan(
        _ settings: StudentSettings, of parent: RewriteParent, threadCount: Int?, progress: ProgressHandler?
    ) async throws -> StudentPlan {
        let source = try RewriteSource(parent.artifact, name: parent.name, in: self)
        guard let config = source.config?.objectValue else {
            throw RegistryError(
                "\(parent.name) has no config.json, so that nothing tells what its layers are",
                remedy: "Register the model's folder with its config.json")
        }
        do {
            let making = StudentMaking(settings: settings, parent: parent, source: source, config: config)
            if settings.preset == .distilbert { return try making.distilBERT() }
            return try await making.cut(threadCount: threadCount, progress: progress)
        } catch let error as FormatError { throw error.within(file: parent.name) }
    }
}

/// Makes the plan of a student.
private struct StudentMaking: Sendable {
    let settings: StudentSettings
    let parent: RewriteParent
    let source: RewriteSource
    let config: JSONObject

    private func plan(
        _ tensors: [RewrittenTensor], _ companions: [ExportPlan.File], _ config: JSONValue, _ map: StudentMap,
        layerCountBefore: Int, axes: [PruneSizes.Axis], notes: [String] = []
    ) throws -> StudentPlan {
        let others = companions.filter { $0.path != StudentMap.fileName }
        var plan = try RewritePlan(
            [parent], kind: .distilled, recipe: settings.recipe, tensors: tensors, companions: others + [map.file],
            config: config)
        let quantized = source.source.tensors.filter(\.isQuantized)
        plan.notes = source.notes + notes
        if let first = quantized.first {
            plan.notes.append(
                "\(quantized.count) tensors of \(first.scheme ?? "a quantized scheme") became numbers again: what "
                    + "quantizing lost stays lost")
        }
        return StudentPlan(plan: plan, map: map, layerCountBefore: layerCountBefore, axes: axes)
    }

    private func map(_ layers: [Int], _ entries: [StudentMap.Entry]) -> StudentMap {
        let record = parent.artifact.record
        return StudentMap(
            teacher: (record.digest.hex, record.weightsDigest?.hex), settings: settings, layers: layers,
            entries: entries)
    }

    private static func file(_ path: String, _ json: JSONObject) -> ExportPlan.File {
        .init(path: path, content: .made(Array((JSONValue.object(json).text(.indented) + "\n").utf8)))
    }

    // MARK: A smaller model of the same family

    func cut(threadCount: Int?, progress: ProgressHandler?) async throws -> StudentPlan {
        let model = try ModelAxes(
            config: .object(config), tensors: source.tensors.map { ($0.name, $0.mapping.shape) })
        if settings.preset == .distilgpt2, model.family != "gpt2" {
            throw FormatError(
                .refused, "the preset distilgpt2 is of teachers of the family 'gpt2', and this is of '\(model.family)'",
                file: "config.json", remedy: "Choose layers with --layers or --every")
        }
        let layers = try settings.layers(of: model.layerCount)
        let order = PruneOrder(try pruning(model, layers))
        let sizes = try sizes(order.settings, model)
        try PruneChecks(source: source, model: model, sizes: sizes, settings: order.settings, option: "the width")
            .check()
        let selection = PruneSelection(sizes, model)
        let scoring = PruneScoring(source: source, model: model, order: order, selection: selection)
        let scores = try await scoring.scores(threadCount: threadCount, parent.name, progress: progress)
        let pruned = PrunedModel(
            source: source, model: model, order: order, sizes: sizes, kept: try selection.kept(by: scores),
            scores: scores, vocabulary: nil)
        let config = try pruned.config()
        let companions = source.companions.map { file in
            file.path == "config.json" ? Self.file(file.path, config.objectValue ?? JSONObject()) : file
        }
        let axes = ModelAxis.allCases.compactMap { axis in
            sizes.sizes[axis].flatMap { after in
                model.sizes[axis].map { PruneSizes.Axis(axis: axis.word, before: $0, after: after) }
            }
        }
        return try plan(
            try pruned.tensors(), companions, config, map(layers, pruned.studentEntries),
            layerCountBefore: model.layerCount, axes: axes, notes: sizes.notes(model, isGGUF: false))
    }

    /// The student's sizes; a width that cannot be is refused in its own words.
    private func sizes(_ cut: PruneSettings, _ model: ModelAxes) throws(FormatError) -> PrunedSizes {
        do { return try PrunedSizes(cut, model) } catch {
            guard let width = settings.width else { throw error }
            throw StudentWidth(model: model).refusal(of: width) { width throws(FormatError) in
                _ = try PrunedSizes(pruning(model, width: width), model)
            }
        }
    }

    /// The cut that leaves the student. Query heads that share keys and values go together with these.
    private func pruning(_ model: ModelAxes, _ layers: [Int]) throws(FormatError) -> PruneSettings {
        var cut = PruneSettings()
        if let width = settings.width { cut = try pruning(model, width: width) }
        if layers.count < model.layerCount { cut.depth = .keep(LayerList(layers)) }
        guard !cut.isEmpty else {
            throw FormatError(
                .refused, "the student would be the teacher: all \(model.layerCount) layers in their whole width",
                remedy: "Take fewer layers, or a width below 1")
        }
        return cut
    }

    private func pruning(_ model: ModelAxes, width: Double) throws(FormatError) -> PruneSettings {
        var cut = PruneSettings()
        for axis in [PruneSettings.Width.hidden, .mlp, model.groupSize > 1 ? .keyValueGroups : .heads] {
            try cut.set(axis, to: 1 - width)
        }
        return cut
    }

    // MARK: DistilBERT

    func distilBERT() throws -> StudentPlan {
        guard source.family?.name == "bert" else {
            throw FormatError(
                .refused,
                "the preset distilbert is of teachers of the family 'bert', and this is of "
                    + "'\(source.family?.name ?? config["model_type"]?.stringValue?.shortened ?? "none that is known")'",
                file: "config.json", remedy: "Choose layers with --layers or --every")
        }
        guard settings.width == nil else {
            throw FormatError(
                .refused, "the preset distilbert keeps the teacher's width",
                remedy: "Cut the teacher with 'ingot prune' first, and leave the width out")
        }
        let count = config["num_hidden_layers"]?.intValue ?? 0
        let layers = try settings.layers(of: count)
        let student = DistilBERTStudent(layers: layers)
        var entries: [StudentMap.Entry] = [], tensors: [RewrittenTensor] = [], dropped: [String] = []
        var found: Set<String> = []
        for tensor in source.tensors {
            let usual = DistilBERTStudent.usualName(tensor.name)
            found.insert(usual)
            guard let name = student.name(usual) else {
                if !usual.hasPrefix("encoder.layer.") { dropped.append(tensor.name) }
                continue
            }
            tensors.append(source.unchanged(tensor, as: name))
            entries.append(StudentMap.Entry(student: name, teacher: tensor.name))
        }
        if let missing = student.needed.first(where: { !found.contains($0) }) {
            throw FormatError(
                .refused, "the teacher has no such tensor, and DistilBERT begins with it", tensor: missing,
                remedy: "Register the whole checkpoint of the teacher")
        }
        let made = try student.config(config, predictsWords: found.contains("cls.predictions.transform.dense.weight"))
        var notes = student.notes(config)
        if !dropped.isEmpty { notes.append("DistilBERT has no place for \(dropped.joined(separator: ", "))") }
        return try plan(
            tensors, try companions(made), .object(made), map(layers, entries), layerCountBefore: count, axes: [],
            notes: notes)
    }

    private func companions(_ made: JSONObject) throws -> [ExportPlan.File] {
        try source.companions.map { file in
            switch file.path {
            case "config.json": return Self.file(file.path, made)
            case "tokenizer_config.json":
                let json = try JSONValue(parsing: try source.bytes(of: file), dialect: .python)
                return json.objectValue.map { Self.file(file.path, DistilBERTStudent.tokenizerConfig($0)) } ?? file
            default: return file
            }
        }
    }
}
