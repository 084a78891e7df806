import Architectures
import Bytes
import Formats
import Tokenizers
import Transforms

extension PrunedModel {
    /// The file that says what was cut and why, beside the model's own.
    static let recordName = "pruning.json"

    /// config.json of the new model.
    func config() throws -> JSONValue {
        guard let object = source.config?.objectValue else { return .object(JSONObject()) }
        var cut = sizes.sizes
        cut[.vocabulary] = vocabulary?.kept.count
        var config = JSONValue.object(try model.config(object, cut: cut, layers: kept.layers))
        if let vocabulary { config = try vocabulary.configuration(config, "config.json") }
        return config
    }

    /// The files beside the weights.
    func companions(_ config: JSONValue) throws -> [ExportPlan.File] {
        var files: [ExportPlan.File] = []
        for file in source.companions where file.path != Self.recordName {
            if file.path == "config.json" {
                files.append(.init(path: file.path, content: .made(Array((config.text(.indented) + "\n").utf8))))
            } else if let vocabulary {
                if VocabularyCut.isDropped(file.path) { continue }
                let made = try vocabulary.rewritten(file.path) { try source.bytes(of: file) }
                files.append(made.map { .init(path: file.path, content: .made($0)) } ?? file)
            } else {
                files.append(file)
            }
        }
        return files + [recordFile]
    }

    /// What is left out of the folder, in words.
    var companionNotes: [String] {
        guard vocabulary != nil else { return [] }
        return source.companions.map(\.path).filter(VocabularyCut.isDropped).map {
            "\($0) is left out: tokenizer.json says the same with the new ids"
        }
    }

    /// What was cut, as a file of the result.
    var recordFile: ExportPlan.File {
        let record = PruneRecord(kept: kept, scores: scores, settings: order.settings, vocabulary: vocabulary?.kept)
        return .init(path: Self.recordName, content: .made(Array((record.json.text(.compact) + "\n").utf8)))
    }
}

/// The content of pruning.json: which indices stayed, by the numbers of the parent, and the scores of all.
struct PruneRecord {
    let kept: KeptIndices
    let scores: [AxisPlace: [Double]]
    let settings: PruneSettings
    let vocabulary: [Int]?

    var json: JSONValue {
        var record = JSONObject([
            ("format", .string("ingot-pruning")), ("version", .number(1)),
            ("parameters", .object(settings.parameters)), ("layers", .string(LayerList(kept.layers).text)),
        ])
        record["groups"] = .array(PruneGroups.sorted(kept.places.keys).map(group))
        if let vocabulary { record["vocabulary"] = .string(Self.runs(vocabulary)) }
        return .object(record)
    }

    private func group(_ place: AxisPlace) -> JSONValue {
        var group = JSONObject([("axis", .string(place.axis.word))])
        if let layer = place.layer { group["layer"] = .number(layer) }
        if let expert = place.expert { group["expert"] = .number(expert) }
        group["kept"] = .string(Self.runs(kept[place] ?? []))
        if let values = scores[place] {
            // Seven digits tell any two apart that a float32 tells apart; the list stays readable.
            group["scores"] = .array(values.map { .number(Self.digits(settings.importance.score($0))) })
        }
        return .object(group)
    }

    private static func digits(_ value: Double) -> String { value.isFinite ? "\(Float(value))" : "0" }

    /// Indices in ascending order, runs as ranges: `0-5,8`.
    static func runs(_ indices: [Int]) -> String {
        var runs: [(first: Int, last: Int)] = []
        for index in indices {
            if let last = runs.last, last.last + 1 == index {
                runs[runs.count - 1].last = index
            } else {
                runs.append((index, index))
            }
        }
        return runs.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ",")
    }
}

extension PruneSettings.Importance {
    /// A score from the sum that an index has.
    func score(_ sum: Double) -> Double { if case .l1 = self { sum } else { sum.squareRoot() } }
}

extension ModelAxis {
    /// What reports and records call it.
    var word: String {
        switch self {
        case .hidden: "hidden"
        case .mlp: "mlp"
        case .expertMLP: "expert_mlp"
        case .sharedMLP: "shared_mlp"
        case .heads: "heads"
        case .keyValueHeads: "kv_heads"
        case .experts: "experts"
        case .vocabulary: "vocabulary"
        }
    }
}

/// How much of the scores stays.
enum PruneGroups {
    /// In the order of axes, layers and experts.
    static func sorted(_ places: some Sequence<AxisPlace>) -> [AxisPlace] {
        let order = Dictionary(ModelAxis.allCases.enumerated().map { ($1, $0) }) { first, _ in first }
        return places.sorted { left, right in
            (order[left.axis] ?? 0, left.layer ?? -1, left.expert ?? -1)
                < (order[right.axis] ?? 0, right.layer ?? -1, right.expert ?? -1)
        }
    }

    static func groups(
        _ kept: KeptIndices, _ scores: [AxisPlace: [Double]], _ importance: PruneSettings.Importance
    ) -> [PruneSizes.Group] {
        sorted(kept.places.keys).compactMap { place in
            guard let staying = kept[place], let values = scores[place] else { return nil }
            let whole = values.reduce(0, +)
            let indices = Set(staying)
            let gone = values.indices.filter { !indices.contains($0) }.map { values[$0] }
            return PruneSizes.Group(
                axis: place.axis.word, layer: place.layer, expert: place.expert, before: values.count,
                after: staying.count, kept: whole > 0 ? staying.reduce(0) { $0 + values[$1] } / whole : 1,
                lowestKept: importance.score(staying.map { values[$0] }.min() ?? 0),
                highestCut: importance.score(gone.max() ?? 0))
        }
    }
}
