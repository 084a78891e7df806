/// How the numbers of several models become one, by the names that mergekit gives.
package enum MergeMethod: String, CaseIterable, Sendable {
    /// The weighted mean.
    case linear
    /// The great circle between two.
    case slerp
    /// The base and the weighted sum of the differences from it.
    case taskArithmetic = "task_arithmetic"
    /// The same of the greatest differences, where signs agree with the majority.
    case ties
    /// As `ties`, of differences that are kept at random.
    case dareTies = "dare_ties"
    /// As `task_arithmetic`, of differences that are kept at random.
    case dareLinear = "dare_linear"
    /// Layers as they are, stacked.
    case passthrough

    /// Whether differences from a base are merged.
    package var needsBase: Bool {
        switch self {
        case .taskArithmetic, .ties, .dareTies, .dareLinear: true
        case .linear, .slerp, .passthrough: false
        }
    }

    /// Whether differences whose sign is not the majority's are left out.
    package var hasConsensus: Bool { self == .ties || self == .dareTies }

    /// Whether differences are left out at random.
    package var drops: Bool { self == .dareTies || self == .dareLinear }

    /// Whether sums are divided by the sum of weights, unless the recipe says otherwise.
    package var normalizes: Bool { self == .linear || self == .ties }

    /// The names of its parameters for a model and for the whole.
    package var parameterNames: [String] {
        switch self {
        case .linear: ["weight", "normalize"]
        case .slerp: ["t"]
        case .taskArithmetic, .ties, .dareTies, .dareLinear:
            ["weight", "density", "normalize", "rescale", "lambda", "int8_mask"]
        case .passthrough: ["scale"]
        }
    }
}
