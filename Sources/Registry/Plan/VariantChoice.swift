import Bytes
import Planner

/// Lays the forms of a model side by side under the limits: the front, and why the others are not on it.
struct VariantChoice {
    /// A form at a context.
    struct Entry {
        var form: VariantForm
        var order: InferencePlan.Order
        /// Nil for a form that cannot be made.
        var plan: InferencePlan?
        /// The context that was asked for, where the form has less because it does not fit with that.
        var asked: Int?
    }

    let model: PlannedModel
    let memory: Int
    let maxError: Double?
    let batch: Int
    /// Whether a form that does not fit at its context is tried at the longest that fits.
    let shortensContexts: Bool
    private(set) var entries: [Entry] = []
    /// The recipes of the cuts, in the order in which they came.
    private var cuts: [Digest] = []

    /// More devices than these are not offered.
    private static let greatestDevices = 64
    /// Contexts that are found are multiples of these tokens.
    private static let contextStep = 64

    init(model: PlannedModel, memory: Int, maxError: Double?, batch: Int, shortensContexts: Bool) {
        self.model = model
        self.memory = memory
        self.maxError = maxError
        self.batch = batch
        self.shortensContexts = shortensContexts
    }

    mutating func add(_ form: VariantForm, _ order: InferencePlan.Order) throws {
        if let cut = form.cut, !cuts.contains(cut.recipeDigest) { cuts.append(cut.recipeDigest) }
        var form = form
        var plan: InferencePlan?
        do {
            plan = try self.plan(form, order)
        } catch let error as PlanError where form.cut != nil {
            // The devices split the model, and not what the cut leaves of it.
            form.fault = error.description
            form.weights = nil
        }
        entries.append(Entry(form: form, order: order, plan: plan))
        guard shortensContexts, let plan, isAllowed(form.loss?.value), try !fits(plan),
            let shorter = try shortened(form, order)
        else { return }
        entries.append(
            Entry(form: form, order: shorter, plan: try self.plan(form, shorter), asked: order.context))
    }

    private func plan(_ form: VariantForm, _ order: InferencePlan.Order) throws -> InferencePlan? {
        try form.weights.map { weights in try InferencePlan(weights: weights, shape: form.shape, order: order) }
    }

    private func fits(_ plan: InferencePlan) throws -> Bool {
        try Verdict(plan.total.byteCount, of: memory) != .doesNotFit
    }

    /// The order with the most tokens that fit, as more of them never take less; nil when hardly any do.
    private func shortened(_ form: VariantForm, _ order: InferencePlan.Order) throws -> InferencePlan.Order? {
        var least = 0, most = order.context / Self.contextStep
        var shorter = order
        while least < most {
            let middle = (least + most + 1) / 2
            shorter.context = middle * Self.contextStep
            if try plan(form, shorter).map(fits) == true { least = middle } else { most = middle - 1 }
        }
        shorter.context = least * Self.contextStep
        return least > 0 ? shorter : nil
    }

    /// Whether the scheme's error is within the limit.
    func isAllowed(_ error: Double?) -> Bool {
        guard let maxError else { return true }
        return error.map { $0 <= maxError } ?? false
    }

    // MARK: Candidates

    /// All candidates: the front by error, cuts that would fit, then what is beaten, what loses too much, and what is too
    /// large.
    func candidates() throws -> [VariantsPlanReport.Candidate] {
        let made = entries.filter { $0.plan != nil }
        let front = try VariantFront(
            made.map { entry in
                VariantCandidate(
                    scheme: entry.form.scheme, pruning: entry.form.cut?.recipeDigest.hex, context: entry.order.context,
                    byteCount: entry.plan?.total.byteCount ?? 0, error: entry.form.loss?.value)
            }, memory: memory, maxError: maxError)
        var rows = try zip(made, front.outcomes).map { entry, outcome in
            (key(entry, outcome), try candidate(entry, outcome, among: made))
        }
        for entry in entries where entry.plan == nil { rows.append(([6], unmade(entry))) }
        return rows.enumerated().sorted { left, right in
            let (first, second) = (left.element.0, right.element.0)
            return first == second ? left.offset < right.offset : first.lexicographicallyPrecedes(second)
        }.map(\.element.1)
    }

    /// What orders the candidates: the outcome, then the whole model before its cuts, then the error; of what does not
    /// fit, the memory of those whose error is allowed first.
    private func key(_ entry: Entry, _ outcome: VariantFront.Outcome) -> [Double] {
        let error = entry.form.loss?.value ?? .infinity
        let cut = entry.form.cut.flatMap { cuts.firstIndex(of: $0.recipeDigest) }.map { Double($0 + 1) } ?? 0
        switch outcome {
        case .chosen: return [0, error]
        case .unknownQuality: return [1, cut, -Double(entry.order.context), error]
        case .dominated: return [2, cut, error]
        case .tooFar: return [3, cut, error]
        case .unmeasured: return [4, cut, error]
        case .tooLarge:
            return [5, cut, isAllowed(entry.form.loss?.value) ? 0 : 1, Double(entry.plan?.total.byteCount ?? 0)]
        }
    }

    private func unmade(_ entry: Entry) -> VariantsPlanReport.Candidate {
        let form = entry.form
        return VariantsPlanReport.Candidate(
            scheme: form.scheme, pruning: form.pruning, context: entry.order.context, bitsPerWeight: nil, figures: [],
            relRmse: nil, relRmseEvidence: nil, relRmseSource: nil, schemeRelRmse: nil, schemeRelRmseEvidence: nil,
            schemeRelRmseSource: nil, outcome: "cannot be made", verdict: nil, reason: form.fault ?? "", devices: nil,
            variant: form.variant, results: form.results)
    }

    private func candidate(
        _ entry: Entry, _ outcome: VariantFront.Outcome, among made: [Entry]
    ) throws -> VariantsPlanReport.Candidate {
        let form = entry.form
        guard let plan = entry.plan, let weights = form.weights else { return unmade(entry) }
        let (word, reason) = words(outcome, entry, plan, among: made)
        let isWhole = form.cut == nil
        return VariantsPlanReport.Candidate(
            scheme: form.scheme, pruning: form.pruning, context: entry.order.context,
            bitsPerWeight: form.parameters == 0 ? nil : 8 * Double(weights.byteCount) / Double(form.parameters),
            figures: [
                PlanFigure("weights", plan.weights), .optional("cache", plan.cache, PlannedModel.unknown),
                .optional("working", plan.working, PlannedModel.unknown), PlanFigure("reserve", plan.reserve),
                PlanFigure("total", plan.total),
            ], relRmse: isWhole ? form.loss?.value : nil,
            relRmseEvidence: isWhole ? form.loss?.evidence.rawValue : nil,
            relRmseSource: isWhole ? form.loss?.source : Self.unknownAfterCut, schemeRelRmse: form.loss?.value,
            schemeRelRmseEvidence: form.loss?.evidence.rawValue, schemeRelRmseSource: form.loss?.source, outcome: word,
            verdict: try Verdict(plan.total.byteCount, of: memory).rawValue, reason: reason,
            devices: outcome == .tooLarge ? try devices(form, entry.order)?.count : entry.order.parallelism.tensor,
            variant: form.variant, results: form.results)
    }

    /// The fewest devices that are enough, and what each then holds.
    func devices(_ form: VariantForm, _ order: InferencePlan.Order) throws -> (count: Int, byteCount: Int)? {
        guard let shape = form.shape else { return nil }
        for count in VariantAdvice.tensorSizes(shape, upTo: Self.greatestDevices) where count > order.parallelism.tensor
        {
            var wider = order
            wider.parallelism.tensor = count
            guard let plan = try plan(form, wider) else { return nil }
            if try fits(plan) { return (count, plan.total.byteCount) }
        }
        return nil
    }
}

extension VariantForm {
    /// What a report says of the cut.
    fileprivate var pruning: VariantsPlanReport.Pruning? {
        cut.map { .init(options: $0.options, recipeDigest: $0.recipeDigest.hex, parameters: $0.parameters) }
    }
}
