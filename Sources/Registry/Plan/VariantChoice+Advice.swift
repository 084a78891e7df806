import Planner

extension VariantChoice {
    /// What would fit where nothing within the limits does: fewer bits, more devices, a smaller model, a cut, a shorter
    /// context, more error.
    func advice(
        _ all: [VariantsPlanReport.Candidate], target: PlanTarget
    ) throws -> ([String], [PlanFigure]) {
        let asked = Set(entries.filter { $0.asked == nil }.map(\.order.context))
        let candidates = all.filter { $0.pruning == nil && asked.contains($0.context) }
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
        lines += cut(all, asked) + shorterContext(all, asked)
        if let nearest = candidates.filter({ $0.outcome == "too much error" }).min(by: {
            ($0.relRmse ?? .infinity) < ($1.relRmse ?? .infinity)
        }) {
            lines.append(
                "more error: \(nearest.scheme) fits and loses \(PlanWords.number(nearest.relRmse ?? .nan)); allow it "
                    + "with --max-error")
        }
        return (lines, figures)
    }

    /// The whole model in the form, of those whose error is allowed, that the fewest devices can hold.
    private func moreDevices(limit: String) throws -> [String] {
        var best: (form: VariantForm, devices: Int, byteCount: Int)?
        for entry in entries where entry.form.cut == nil && entry.asked == nil {
            guard entry.plan != nil, isAllowed(entry.form.loss?.value),
                let split = try devices(entry.form, entry.order)
            else { continue }
            let error = entry.form.loss?.value ?? .infinity
            if let known = best, (known.devices, known.form.loss?.value ?? .infinity) <= (split.count, error) {
                continue
            }
            best = (entry.form, split.count, split.byteCount)
        }
        guard let best else { return [] }
        return [
            "more devices: \(best.form.scheme) fits on \(best.devices) devices of \(limit), with "
                + "\(PlanWords.bytes(best.byteCount, both: true)) on each"
        ]
    }

    /// Of the cuts that fit at a context that was asked for, the one that leaves most of the model.
    private func cut(_ all: [VariantsPlanReport.Candidate], _ asked: Set<Int>) -> [String] {
        let fitting = all.filter { $0.outcome == "quality unknown" && asked.contains($0.context) }
        guard
            let best = fitting.min(by: { left, right in
                let most = (left.pruning?.parameters ?? 0, right.pruning?.parameters ?? 0)
                return most.0 == most.1
                    ? (left.schemeRelRmse ?? .infinity) < (right.schemeRelRmse ?? .infinity) : most.0 > most.1
            }), let pruning = best.pruning
        else { return [] }
        let total = PlanWords.bytes(best.figures.last?.bytes ?? 0)
        return [
            "a cut model: \(best.scheme) after 'ingot prune \(pruning.options)' takes \(total) and keeps "
                + "\(PlanWords.parameters(Double(pruning.parameters))) of \(PlanWords.parameters(Double(model.parameters))) "
                + "parameters; what it is still worth is unknown until it is measured"
        ]
    }

    private func shorterContext(_ all: [VariantsPlanReport.Candidate], _ asked: Set<Int>) -> [String] {
        let fitting = all.filter { $0.outcome == "front" && !asked.contains($0.context) }
        guard let longest = fitting.max(by: { $0.context < $1.context }) else { return [] }
        return ["a shorter context: \(longest.scheme) fits with \(longest.context) tokens"]
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
}
