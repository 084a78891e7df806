import Bytes
import Catalog
import Measurements

/// The YAML at the start of a model card: license, base, library, tags, what Ingot knows, and results as `model-index`.
///
/// Source: Hugging Face, huggingface_hub, `templates/modelcard_template.md` and `modelcard.md` (the metadata's
/// specification), read with `huggingface_hub.ModelCard`.
struct ModelCardFrontMatter {
    /// What the Hub calls the models around this one.
    struct HubFacts {
        /// The models that it was made from.
        let baseModels: [String]
        /// Its own, or the nearest ancestor's.
        let license: String?
        let notes: [String]
    }

    private let facts: ReportFacts
    private let hub: HubFacts

    init(_ facts: ReportFacts, _ hub: HubFacts) {
        self.facts = facts
        self.hub = hub
    }

    /// What could not be said, and why.
    var notes: [String] {
        let skipped = facts.results.count { !Self.isIndexed($0.result) }
        guard skipped > 0 else { return hub.notes }
        return hub.notes + [
            "\(Figures.count(skipped, "result")) \(skipped == 1 ? "is" : "are") in the table only: model-index takes "
                + "finite values of a task or dataset"
        ]
    }

    /// The lines between the two `---`.
    var lines: [String] {
        var members: [(key: String, value: YAMLText)] = []
        if let license = hub.license?.lowercased() {
            let isKnown = HubLicenses.identifiers.contains(license)
            members.append(("license", .text(isKnown ? license : "other")))
            if !isKnown { members.append(("license_name", .text(license))) }
        }
        if let base = hub.baseModels.first {
            let bases: YAMLText = hub.baseModels.count == 1 ? .text(base) : .list(hub.baseModels.map(YAMLText.text))
            members.append(("base_model", bases))
            if let relation { members.append(("base_model_relation", .text(relation))) }
        }
        if let library = ModelUse(facts).library { members.append(("library_name", .text(library))) }
        if let task { members.append(("pipeline_tag", .text(task.type))) }
        let lists = [("language", facts.detail.languages), ("datasets", facts.detail.datasets)]
        for (key, names) in lists where !names.isEmpty { members.append((key, .list(names.map(YAMLText.text)))) }
        members.append(("tags", .list(tags.map(YAMLText.text))))
        members.append(("ingot", .mapping(own)))
        if !index.isEmpty {
            members.append(
                (
                    "model-index",
                    .list([.mapping([("name", .text(facts.name)), ("results", .list(index))])])
                ))
        }
        return YAMLText.document(members)
    }

    /// What the Hub calls the step from the base; nil for steps that it has no word for.
    private var relation: String? {
        let roles = facts.lineage.edges.filter { $0.childDigest == facts.artifact.digest }.map(\.role)
        switch facts.artifact.kind {
        case "quantized": return "quantized"
        case "merged": return "merge"
        case "pruned", "distilled": return "finetune"
        default: return facts.artifact.origin == "imported" && roles.contains("base") ? "finetune" : nil
        }
    }

    private var tags: [String] {
        let artifact = facts.artifact
        let bits = Set(facts.tensors.compactMap(\.bits))
        let bitTag = bits.count == 1 ? bits.first.map { "\($0)-bit" } : nil
        let own = [ModelUse(facts).family, artifact.format, artifact.scheme, bitTag, "ingot"].compactMap(\.self)
        let candidates = facts.detail.cardTags + own
        var seen: Set<String> = []
        return candidates.filter { seen.insert($0).inserted }
    }

    /// What only Ingot writes: identities and figures.
    private var own: [(key: String, value: YAMLText)] {
        let artifact = facts.artifact
        var members: [(key: String, value: YAMLText)] = [
            ("version", .text(ModelRegistry.version)), ("digest", .text("sha256:\(artifact.digest)")),
            ("kind", .text(artifact.kind)), ("scheme", .text(artifact.scheme)),
            ("parameters", .integer(artifact.parameters)), ("bytes", .integer(artifact.logicalBytes)),
        ]
        if let bits = artifact.bitsPerWeight { members.append(("bits_per_weight", .number(bits))) }
        if let error = artifact.relRmse { members.append(("rel_rmse", .number(error))) }
        if let parent = facts.parent { members.append(("parent_digest", .text("sha256:\(parent.digest.hex)"))) }
        return members
    }

    // MARK: Results

    private var task: (type: String, name: String)? { ModelUse(facts).task }

    private static func isIndexed(_ result: ResultDraft) -> Bool {
        result.value.isFinite && (result.task != nil || result.dataset != nil)
    }

    /// An entry for each task and dataset, with its metrics.
    private var index: [YAMLText] {
        struct Place: Hashable {
            let task: String?
            let dataset: String?
        }
        var order: [Place] = []
        var groups: [Place: [MeasuredPair]] = [:]
        for pair in facts.results where Self.isIndexed(pair.result) {
            let place = Place(task: pair.result.task, dataset: pair.result.dataset)
            if groups[place] == nil { order.append(place) }
            groups[place, default: []].append(pair)
        }
        let task = task ?? (type: "other", name: "Other")
        return order.map { place in
            let name = place.task ?? place.dataset ?? ""
            return .mapping([
                ("task", .mapping([("type", .text(task.type)), ("name", .text(task.name))])),
                ("dataset", .mapping([("name", .text(name)), ("type", .text(place.dataset ?? name))])),
                ("metrics", .list((groups[place] ?? []).map(metric))),
            ])
        }
    }

    private func metric(_ pair: MeasuredPair) -> YAMLText {
        let name = [pair.result.metric, pair.series.setting, pair.result.unit].compactMap(\.self)
        return .mapping([
            ("type", .text(pair.result.metric)), ("value", .number(pair.result.value)),
            ("name", .text(name.joined(separator: ", "))), ("verified", .bool(false)),
        ])
    }
}

extension ModelRegistry {
    /// What the Hub calls the models around an artifact: where ancestors are published, or an owner stands in their
    /// names.
    func hubFacts(of facts: ReportFacts) throws -> ModelCardFrontMatter.HubFacts {
        var bases: [String] = []
        var notes: [String] = []
        var license = facts.artifact.license
        var front = [facts.artifact.digest]
        var seen = Set(front)
        while let child = front.popLast() {
            for edge in facts.lineage.edges where edge.childDigest == child && edge.role == "base" {
                guard seen.insert(edge.parentDigest).inserted else { continue }
                let record = try Digest(hex: edge.parentDigest).flatMap { try catalog.artifact($0) }
                license = license ?? record?.facts.license
                let name = edge.parent.split(separator: ":").first.map(String.init) ?? edge.parent
                if let repository = record?.publication?.repository ?? (name.contains("/") ? name : nil) {
                    bases.append(repository)
                } else {
                    front.append(edge.parentDigest)
                }
            }
        }
        if bases.isEmpty { bases = Self.names(facts.detail.baseModel) }
        if bases.isEmpty { bases = facts.lineage.stubs.map(\.name) }
        if bases.isEmpty, let parent = facts.parent {
            notes.append(
                "base_model is left out: nothing tells where \(parent.name) is published. Give it a name with an "
                    + "owner, such as 'ingot tag \(parent.name) OWNER/MODEL'")
        }
        return .init(baseModels: Self.unique(bases), license: license, notes: notes)
    }

    private static func names(_ list: String?) -> [String] {
        (list ?? "").split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}
