import Bytes
import Numbers

/// The decisions of a selection while they are made: rules, then the scheme, then what blocks do not divide.
struct SelectionDraft {
    let settings: QuantizeSettings
    let tensors: [SelectionTensor]
    private(set) var decisions: [RecipeSelection.Decision] = []
    private(set) var replacements: [RecipeSelection.Replacement] = []
    private var decided: Set<Int> = []
    private let eligibility: [Eligibility]

    init(settings: QuantizeSettings, tensors: [SelectionTensor]) {
        self.settings = settings
        self.tensors = tensors
        let family = settings.target.family
        eligibility = tensors.map { Eligibility(of: $0, family: family) }
    }

    mutating func applyRules() throws(FormatError) {
        decisions = eligibility.map { .keep(reason: $0.reason ?? "") }
        let matches = RuleMatches(settings.rules, tensors: tensors)
        var hasEffect = Array(repeating: false, count: settings.rules.count)
        var hasMatch: [Int?] = Array(repeating: nil, count: settings.rules.count)
        for (index, tensor) in tensors.enumerated() {
            let places = matches.places(for: tensor)
            for place in places where hasMatch[place] == nil { hasMatch[place] = index }
            let effective = places.filter { canApply(settings.rules[$0], to: index) }
            for place in effective { hasEffect[place] = true }
            guard let place = try matches.narrowest(effective, for: tensor) else { continue }
            let rule = settings.rules[place]
            decided.insert(index)
            decisions[index] =
                switch rule.action {
                case .keep: .keep(reason: eligibility[index].reason ?? "kept by '\(rule.pattern)'")
                case .cast(let dtype): .cast(dtype)
                case .quantize(let scheme): .quantize(scheme)
                }
        }
        for (place, rule) in settings.rules.enumerated() where !hasEffect[place] && !rule.isOptional {
            throw fault(rule, match: hasMatch[place])
        }
    }

    /// Whether a rule may decide about a tensor.
    private func canApply(_ rule: TensorRule, to index: Int) -> Bool {
        switch (rule.action, eligibility[index]) {
        case (.keep, _): true
        case (_, .usual): true
        case (.quantize, .byRule): rule.selector.isPointed
        case (.cast, .byRule), (.cast, .plain): true
        case (.quantize, .plain), (_, .never): false
        }
    }

    private func fault(_ rule: TensorRule, match: Int?) -> FormatError {
        guard let match else {
            return FormatError(
                .refused, "the rule '\(rule.selector.text)' matches none of the \(tensors.count) tensors",
                remedy: "Look at their names with 'ingot tensors'")
        }
        let reason = eligibility[match].reason ?? ""
        let isUsual = if case .byRule = eligibility[match] { true } else { false }
        return FormatError(
            .refused,
            "the rule '\(rule.selector.text)' matches only tensors that cannot become \(rule.action.text) by it "
                + "(\(reason))",
            tensor: tensors[match].name,
            remedy: isUsual ? "Name the tensor or its role to include it" : "Leave the rule out")
    }

    mutating func applyTarget(model: MixtureModel?) throws(FormatError) {
        switch settings.target {
        case .scheme(let scheme):
            for index in tensors.indices where !decided.contains(index) {
                guard case .usual = eligibility[index] else { continue }
                // mlx-lm leaves such layers dense, and so do its loaders.
                if case .mlx = scheme, settings.fallback == nil, tensors[index].columns % scheme.columnMultiple != 0 {
                    decisions[index] = .keep(
                        reason:
                            "rows of \(tensors[index].columns), which groups of \(scheme.columnMultiple) do not divide")
                } else {
                    decisions[index] = .quantize(scheme)
                }
            }
        case .mixture(let mixture):
            guard let model else {
                throw FormatError(
                    .unsupported, "\(mixture.id) depends on the model's heads and layers, which are not known",
                    remedy: "Choose one type for all tensors, such as gguf-q4_k")
            }
            let choices = mixture.wantedTypes(
                of: tensors.map { ($0.name, $0.shape) }, model: model, hasImportance: settings.importance != nil,
                overridden: decided)
            for (index, choice) in choices.enumerated() where !decided.contains(index) {
                guard case .store(let type, _) = choice, case .usual = eligibility[index] else { continue }
                switch type {
                case .block(let block): decisions[index] = .quantize(.blocks(block))
                case .plain(let dtype): decisions[index] = .cast(dtype)
                }
            }
        }
    }

    mutating func applyFallbacks() throws(FormatError) {
        var faults: [(name: String, columns: Int, scheme: TensorScheme)] = []
        for (index, tensor) in tensors.enumerated() {
            guard case .quantize(let scheme) = decisions[index], tensor.columns % scheme.columnMultiple != 0 else {
                continue
            }
            guard let other = try replacement(of: scheme, for: tensor) else {
                faults.append((tensor.name, tensor.columns, scheme))
                continue
            }
            decisions[index] = other
            replacements.append(.init(tensor: tensor.name, wanted: scheme.id, stored: other.text))
        }
        if let mixture = settings.target.mixture {
            for (tensor, decision) in zip(tensors, decisions) {
                guard case .quantize(.blocks(let type)) = decision else { continue }
                try mixture.checkImportance(
                    .block(type), tensor: tensor.name, hasImportance: settings.importance != nil)
            }
        }
        guard let first = faults.first else { return }
        let names = faults.prefix(5).map { "\($0.name) (\($0.columns))" }.joined(separator: ", ")
        let more = faults.count > 5 ? " and \(faults.count - 5) more" : ""
        throw FormatError(
            .refused,
            "the blocks of \(first.scheme.id), \(first.scheme.columnMultiple) columns each, do not divide the rows of "
                + "\(faults.count == 1 ? "1 tensor" : "\(faults.count) tensors"): \(names)\(more)",
            remedy: "Give these tensors another scheme with --rule, or say --fallback keep (or a scheme)")
    }

    private func replacement(
        of scheme: TensorScheme, for tensor: SelectionTensor
    ) throws(FormatError) -> RecipeSelection.Decision? {
        switch settings.effectiveFallback {
        case .refuse: return nil
        case .llamaCpp:
            guard case .blocks(let type) = scheme else { return nil }
            switch try GGUFFallback.type(type, columns: tensor.columns, tensor: tensor.name) {
            case .block(let other): return .quantize(.blocks(other))
            case .plain(let dtype): return .cast(dtype)
            }
        case .action(.keep):
            return .keep(reason: "rows of \(tensor.columns), which blocks of \(scheme.columnMultiple) do not divide")
        case .action(.cast(let dtype)): return .cast(dtype)
        case .action(.quantize(let other)):
            return tensor.columns % other.columnMultiple == 0 ? .quantize(other) : nil
        }
    }

    mutating func refuseNonfinite() throws(FormatError) {
        for (index, tensor) in tensors.enumerated() {
            guard case .quantize(let scheme) = decisions[index], let found = tensor.nonfinite else { continue }
            guard settings.keepsNonfinite else {
                throw FormatError(
                    .refused, "it holds \(found), which no \(scheme.bits)-bit code can express", tensor: tensor.name,
                    remedy: "Mend the checkpoint, or leave such tensors as they are with --nonfinite keep")
            }
            decisions[index] = .keep(reason: "holds \(found)")
        }
    }

    /// What the user should read: replacements by kind, and experts that no layout or not every loader takes.
    var notes: [String] {
        let kinds = Dictionary(grouping: replacements) { "\($0.wanted) → \($0.stored)" }
        var notes = kinds.keys.sorted().map { kind in
            let count = kinds[kind, default: []].count
            let first = kinds[kind, default: []].first?.tensor ?? ""
            return "\(kind) for \(count == 1 ? "1 tensor" : "\(count) tensors") whose rows the blocks do not divide "
                + "(\(first)\(count > 1 ? " …" : ""))"
        }
        let experts = decisions.count { $0 == .keep(reason: Eligibility.expertReason) }
        if experts > 0 {
            let subject = experts == 1 ? "1 expert matrix stays" : "\(experts) expert matrices stay"
            notes.append("\(subject) dense: no loader of \(settings.target.family.rawValue) takes them")
        }
        return notes + RecipeSelection.notesOnExperts(tensors, decisions)
    }
}

extension ConversionTarget {
    var mixture: GGUFMixture? { if case .mixture(let mixture) = self { mixture } else { nil } }
}
