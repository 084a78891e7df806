import Planner

extension VariantChoice {
    /// Why nothing is said of the error of a cut model.
    static let unknownAfterCut = "unknown until measured: sizes do not tell what a cut does to a model"

    /// What became of a candidate, as a word and as a sentence.
    func words(
        _ outcome: VariantFront.Outcome, _ entry: Entry, _ plan: InferencePlan, among made: [Entry]
    ) -> (String, String) {
        let form = entry.form
        let error = form.loss.map { PlanWords.number($0.value) } ?? "unknown"
        switch outcome {
        case .chosen(let verdict):
            return ("front", sentence(["nothing else loses less in as little memory"] + remarks(entry, verdict)))
        case .unknownQuality(let verdict):
            let quality =
                form.results.isEmpty
                ? "it would fit; what is left of the model's quality has to be measured"
                : "it fits; the catalog has results of it"
            return ("quality unknown", sentence([quality] + remarks(entry, verdict)))
        case .dominated(let place):
            let other = made[place]
            let loss = other.form.loss.map { PlanWords.number($0.value) } ?? "unknown"
            let total = PlanWords.bytes(other.plan?.total.byteCount ?? 0)
            return ("dominated", "\(other.form.name) at \(other.order.context) loses \(loss) in \(total)")
        case .tooFar:
            let subject = form.cut == nil ? "it" : "the scheme alone"
            return ("too much error", "\(subject) loses \(error), and \(maxError.map { "\($0)" } ?? "") is allowed")
        case .unmeasured: return ("error unknown", "its error is not known: convert the model to measure it")
        case .tooLarge: return ("too large", tooLarge(plan))
        }
    }

    private func remarks(_ entry: Entry, _ verdict: Verdict) -> [String] {
        [
            entry.asked.map { "\(entry.order.context) of the \($0) tokens asked for are the most that fit" },
            verdict == .tight && entry.asked == nil ? "less than a twentieth of the memory is left" : nil,
            entry.form.replaced,
        ].compactMap(\.self)
    }

    private func sentence(_ parts: [String]) -> String { parts.joined(separator: "; ") }

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
}
