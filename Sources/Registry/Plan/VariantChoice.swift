import Planner

/// Lays the forms of a model side by side under the limits: the front, and why the others are not on it.
struct VariantChoice {
    let model: PlannedModel
    let memory: Int
    let maxError: Double?
    let batch: Int
    /// A form at a context; the plan is nil for a form that cannot be made.
    private var entries: [(form: VariantForm, order: InferencePlan.Order, plan: InferencePlan?)] = []

    /// More devices than these are not offered.
    private static let greatestDevices = 64

    init(model: PlannedModel, memory: Int, maxError: Double?, batch: Int) {
        self.model = model
        self.memory = memory
        self.maxError = maxError
        self.batch = batch
    }

    mutating func add(_ form: VariantForm, _ order: InferencePlan.Order) throws {
        let plan = try form.weights.map { weights in
            try InferencePlan(weights: weights, shape: model.shape, order: order)
        }
        entries.append((form, order, plan))
    }

    /// All candidates: the front by error, then what is beaten, what loses too much, and what is too large.
    func candidates() throws -> [VariantsPlanReport.Candidate] {
        let made = entries.indices.filter { entries[$0].plan != nil }
        let front = try VariantFront(
            made.map { place in
                let entry = entries[place]
                return VariantCandidate(
                    scheme: entry.form.scheme, context: entry.order.context,
                    byteCount: entry.plan?.total.byteCount ?? 0, error: entry.form.loss?.value)
            }, memory: memory, maxError: maxError)
        var rows = try zip(made, front.outcomes).map { place, outcome in
            (Self.rank(outcome), try candidate(place, outcome, among: made))
        }
        for entry in entries where entry.plan == nil {
            rows.append((5, Self.unmade(entry.form, context: entry.order.context)))
        }
        return rows.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            if first.0 != second.0 { return first.0 < second.0 }
            let keys = (Self.key(first.1, rank: first.0), Self.key(second.1, rank: second.0))
            return keys.0 == keys.1 ? left.offset < right.offset : keys.0 < keys.1
        }.map(\.element.1)
    }

    private static func rank(_ outcome: VariantFront.Outcome) -> Int {
        switch outcome {
        case .chosen: 0
        case .dominated: 1
        case .tooFar: 2
        case .unmeasured: 3
        case .tooLarge: 4
        }
    }

    /// What orders the candidates of one outcome: the error, or the memory of those that have too little of it.
    private static func key(_ candidate: VariantsPlanReport.Candidate, rank: Int) -> Double {
        if rank == 4 { return Double(candidate.figures.last?.bytes ?? 0) }
        return candidate.relRmse ?? .infinity
    }

    private static func unmade(_ form: VariantForm, context: Int) -> VariantsPlanReport.Candidate {
        VariantsPlanReport.Candidate(
            scheme: form.scheme, context: context, bitsPerWeight: nil, figures: [], relRmse: nil,
            relRmseEvidence: nil, relRmseSource: nil, outcome: "cannot be made", verdict: nil,
            reason: form.fault ?? "", devices: nil, variant: form.variant, results: form.results)
    }

    private func candidate(
        _ place: Int, _ outcome: VariantFront.Outcome, among made: [Int]
    ) throws -> VariantsPlanReport.Candidate {
        let (form, order, plan) = entries[place]
        guard let plan, let weights = form.weights else { return Self.unmade(form, context: order.context) }
        let bits = model.parameters == 0 ? nil : 8 * Double(weights.byteCount) / Double(model.parameters)
        let (word, reason) = words(outcome, form, plan, among: made)
        return VariantsPlanReport.Candidate(
            scheme: form.scheme, context: order.context, bitsPerWeight: bits,
            figures: [
                PlanFigure("weights", plan.weights), .optional("cache", plan.cache, PlannedModel.unknown),
                .optional("working", plan.working, PlannedModel.unknown), PlanFigure("reserve", plan.reserve),
                PlanFigure("total", plan.total),
            ], relRmse: form.loss?.value, relRmseEvidence: form.loss?.evidence.rawValue,
            relRmseSource: form.loss?.source, outcome: word,
            verdict: try Verdict(plan.total.byteCount, of: memory).rawValue, reason: reason,
            devices: outcome == .tooLarge ? try devices(weights, order)?.count : order.parallelism.tensor,
            variant: form.variant, results: form.results)
    }

    private func words(
        _ outcome: VariantFront.Outcome, _ form: VariantForm, _ plan: InferencePlan, among made: [Int]
    ) -> (String, String) {
        let error = form.loss.map { PlanWords.number($0.value) } ?? "unknown"
        switch outcome {
        case .chosen(let verdict):
            let tight = verdict == .tight ? "; less than a twentieth of the memory is left" : ""
            return ("front", "nothing else loses less in as little memory\(tight)")
        case .dominated(let place):
            let (other, order, plan) = entries[made[place]]
            let loss = other.loss.map { PlanWords.number($0.value) } ?? "unknown"
            let total = PlanWords.bytes(plan?.total.byteCount ?? 0)
            return ("dominated", "\(other.scheme) at \(order.context) loses \(loss) in \(total)")
        case .tooFar: return ("too much error", "it loses \(error), and \(maxError.map { "\($0)" } ?? "") is allowed")
        case .unmeasured: return ("error unknown", "its error is not known: convert the model to measure it")
        case .tooLarge: return ("too large", tooLarge(plan))
        }
    }

    private func tooLarge(_ plan: InferencePlan) -> String {
        let limit = PlanWords.bytes(memory)
        guard plan.weights.byteCount <= memory else {
            return "the weights alone take \(PlanWords.bytes(plan.weights.byteCount)) of \(limit)"
        }
        let parts = [
            ("weights", plan.weights.byteCount), ("cache", plan.cache?.byteCount ?? 0),
            ("working", plan.working?.byteCount ?? 0), ("reserve", plan.reserve.byteCount),
        ].filter { $0.1 > 0 }.map { "\($0.0) \(PlanWords.bytes($0.1))" }
        return "\(parts.joined(separator: " + ")) of \(limit)"
    }

    /// The fewest devices that are enough, and what each then holds.
    private func devices(
        _ weights: ByteFigure, _ order: InferencePlan.Order
    ) throws -> (count: Int, byteCount: Int)? {
        guard let shape = model.shape else { return nil }
        for count in VariantAdvice.tensorSizes(shape, upTo: Self.greatestDevices) where count > order.parallelism.tensor
        {
            var wider = order
            wider.parallelism.tensor = count
            let plan = try InferencePlan(weights: weights, shape: shape, order: wider)
            if try Verdict(plan.total.byteCount, of: memory) != .doesNotFit { return (count, plan.total.byteCount) }
        }
        return nil
    }
}

extension VariantChoice {
    /// What would fit where nothing within the limits does: fewer bits, more devices, a smaller model, more error.
    func advice(
        _ candidates: [VariantsPlanReport.Candidate], target: PlanTarget
    ) throws -> ([String], [PlanFigure]) {
        var lines: [String] = []
        var figures: [PlanFigure] = []
        let limit = PlanWords.bytes(memory)
        let room = try (Count(memory) * Count(target.tensor)).value(of: "the memory of all devices")
        let beside =
            candidates.compactMap { row in
                row.figures.isEmpty ? nil : row.figures.dropFirst().dropLast().reduce(0) { $0 + ($1.bytes ?? 0) }
            }.min() ?? 0
        if model.parameters > 0 {
            let bare = try VariantAdvice.largestBits(room: room, parameters: model.parameters)
            let least = room - min(room, beside * target.tensor)
            let left = try VariantAdvice.largestBits(room: least, parameters: model.parameters)
            figures = [
                PlanFigure("largest bits per weight, nothing beside them", bare),
                PlanFigure("largest bits per weight, with cache and working memory", left),
            ]
            lines.append(
                "fewer bits: \(PlanWords.number(bare.value)) bits per weight are the most that fit, with nothing left "
                    + "for the cache; \(PlanWords.number(left.value)) with it")
        }
        lines += try moreDevices(limit: limit)
        lines += try smallerModel(candidates, room: room - min(room, beside * target.tensor), &figures)
        if let nearest = candidates.filter({ $0.outcome == "too much error" }).min(by: {
            ($0.relRmse ?? .infinity) < ($1.relRmse ?? .infinity)
        }) {
            lines.append(
                "more error: \(nearest.scheme) fits and loses \(PlanWords.number(nearest.relRmse ?? .nan)); allow it "
                    + "with --max-error")
        }
        return (lines, figures)
    }

    /// Of the forms whose error is allowed, the best of those that the fewest devices can hold.
    private func moreDevices(limit: String) throws -> [String] {
        var best: (form: VariantForm, devices: Int, byteCount: Int)?
        for (form, order, plan) in entries {
            guard plan != nil, let weights = form.weights, isAllowed(form.loss?.value),
                let split = try devices(weights, order)
            else { continue }
            let error = form.loss?.value ?? .infinity
            if let known = best, (known.devices, known.form.loss?.value ?? .infinity) <= (split.count, error) {
                continue
            }
            best = (form, split.count, split.byteCount)
        }
        guard let best else { return [] }
        return [
            "more devices: \(best.form.scheme) fits on \(best.devices) devices of \(limit), with "
                + "\(PlanWords.bytes(best.byteCount, both: true)) on each"
        ]
    }

    private func smallerModel(
        _ candidates: [VariantsPlanReport.Candidate], room: Int, _ figures: inout [PlanFigure]
    ) throws -> [String] {
        let allowed = candidates.filter { $0.bitsPerWeight != nil && isAllowed($0.relRmse) }
        guard let least = allowed.min(by: { ($0.bitsPerWeight ?? 0) < ($1.bitsPerWeight ?? 0) }),
            let bits = least.bitsPerWeight, bits > 0
        else { return [] }
        let largest = try VariantAdvice.largestModel(room: room, bitsPerWeight: bits)
        figures.append(PlanFigure("largest model in \(least.scheme)", largest))
        return [
            "a smaller model: \(PlanWords.parameters(largest.value)) parameters are the most that fit at "
                + "\(PlanWords.number(bits)) bits (\(least.scheme)), with as large a cache"
        ]
    }

    private func isAllowed(_ error: Double?) -> Bool {
        guard let maxError else { return true }
        return error.map { $0 <= maxError } ?? false
    }
}
