/// A form of a model that could be made, with what it takes and loses.
package struct VariantCandidate: Equatable, Sendable {
    /// The scheme or mixture; `keep` names what is there already.
    package var scheme: String
    /// Which cut goes before, the same text for the same cut; nil for the whole model.
    package var pruning: String?
    package var context: Int
    package var byteCount: Int
    /// Relative error that the scheme makes of the weights it is given; nil when nobody measured it. It says nothing of
    /// what the cut does to the model.
    package var error: Double?

    package init(scheme: String, pruning: String? = nil, context: Int, byteCount: Int, error: Double?) {
        self.scheme = scheme
        self.pruning = pruning
        self.context = context
        self.byteCount = byteCount
        self.error = error
    }
}

/// Which of the candidates are worth making: within the limits, and with no other that is at least as good in memory,
/// error and context, and better in one.
///
/// What a cut does to a model is not known from its sizes. So a cut candidate is beaten only by one of the same cut or by
/// one of the whole model, and what is left of them is no part of the front: it would fit, and has to be measured.
package struct VariantFront: Equatable, Sendable {
    /// What became of a candidate.
    package enum Outcome: Equatable, Sendable {
        case chosen(Verdict)
        /// It fits, and nothing tells how good a model is left of the cut.
        case unknownQuality(Verdict)
        /// More memory than there is.
        case tooLarge
        /// More error than is allowed.
        case tooFar
        /// An error is allowed up to a limit, and the candidate's is not known.
        case unmeasured
        /// The place of a candidate that is better.
        case dominated(by: Int)
    }

    /// In the order of the candidates.
    package let outcomes: [Outcome]

    /// - Parameters:
    ///   - memory: bytes of the device.
    ///   - maxError: the error that is allowed; nil for any.
    package init(_ candidates: [VariantCandidate], memory: Int, maxError: Double?) throws(PlanError) {
        if let maxError, !(maxError.isFinite && maxError >= 0) {
            throw PlanError("max-error is \(maxError)", remedy: "Give it a number of 0 or more")
        }
        var limited: [Outcome?] = []
        for candidate in candidates {
            limited.append(try Self.limit(candidate, memory: memory, maxError: maxError))
        }
        let inside = candidates.indices.filter { limited[$0] == nil }
        outcomes = try candidates.indices.map { index throws(PlanError) in
            if let outcome = limited[index] { return outcome }
            let better = inside.filter { Self.isBetter(candidates[$0], than: candidates[index], $0 < index) }
            // The best of the better ones, so that the reason names one that is on the front.
            if let best = better.first(where: { place in
                !inside.contains { Self.isBetter(candidates[$0], than: candidates[place], $0 < place) }
            }) {
                return .dominated(by: best)
            }
            let verdict = try Verdict(candidates[index].byteCount, of: memory)
            return candidates[index].pruning == nil ? .chosen(verdict) : .unknownQuality(verdict)
        }
    }

    private static func limit(
        _ candidate: VariantCandidate, memory: Int, maxError: Double?
    ) throws(PlanError) -> Outcome? {
        if try Verdict(candidate.byteCount, of: memory) == .doesNotFit { return .tooLarge }
        guard let maxError else { return nil }
        guard let error = candidate.error else { return .unmeasured }
        return error > maxError ? .tooFar : nil
    }

    /// Of two that are equal in everything, the first is the better one.
    private static func isBetter(_ left: VariantCandidate, than right: VariantCandidate, _ isFirst: Bool) -> Bool {
        guard left.pruning == nil || left.pruning == right.pruning else { return false }
        let leftError = left.error ?? .infinity, rightError = right.error ?? .infinity
        guard left.byteCount <= right.byteCount, leftError <= rightError, left.context >= right.context else {
            return false
        }
        let isEqual =
            left.byteCount == right.byteCount && leftError == rightError && left.context == right.context
            && left.pruning == right.pruning
        return !isEqual || isFirst
    }
}

/// What would fit where nothing does.
package enum VariantAdvice {
    /// The most bits a weight may take: room·8/P.
    package static func largestBits(room: Int, parameters: Int) throws(PlanError) -> NumberFigure {
        let parameters = try PlanError.positive(parameters, "the number of parameters")
        return NumberFigure(8 * Double(max(0, room)) / Double(parameters), "bits/weight", .exact, "8·room/P")
    }

    /// The most parameters that fit at so many bits.
    package static func largestModel(room: Int, bitsPerWeight: Double) throws(PlanError) -> NumberFigure {
        let bits = try PlanError.positive(bitsPerWeight, "bits per weight")
        return NumberFigure((8 * Double(max(0, room)) / bits).rounded(.down), "parameters", .exact, "8·room/bits")
    }

    /// The sizes of tensor parallelism that a model allows, ascending.
    package static func tensorSizes(_ shape: ModelShape, upTo limit: Int) -> [Int] {
        let width = shape.experts?.feedForward ?? shape.feedForward
        return (1...limit).filter { shape.heads.isMultiple(of: $0) && width.isMultiple(of: $0) }
    }
}
