package import Bytes
package import Numbers

/// A step that gives numbers another dtype: the nearest one, ties to even.
package struct CastSettings: StepSettings {
    package static let transform = "cast"

    /// What becomes of finite numbers that are too large for the dtype.
    package enum Overflow: String, CaseIterable, Sendable {
        /// The cast fails and names the tensor.
        case fail
        /// The greatest finite number stands for them.
        case saturate
        /// A tensor with such numbers stays in a wider dtype.
        case widen
    }

    /// What becomes of infinities where the dtype has none, as F8_E4M3.
    package enum Nonfinite: String, CaseIterable, Sendable {
        /// The cast fails and names the tensor.
        case refuse
        /// Such a tensor stays as it is.
        case keep
    }

    package var dtype: DType
    package var overflow = Overflow.fail
    package var nonfinite = Nonfinite.refuse
    /// What becomes of some tensors: they stay, or take another dtype.
    package var rules: [TensorRule] = []

    package init(dtype: DType) { self.dtype = dtype }

    /// The dtypes that casts make.
    package static let dtypes: [DType] = [.BF16, .F16, .F32, .F64, .F8_E4M3, .F8_E5M2]

    /// The dtype as recipes and tags spell it: `bf16`, `f8_e4m3`.
    package var word: String { dtype.rawValue.lowercased() }

    /// The dtype that a name means, in Ingot's words or PyTorch's; nil when it is no dtype that casts make.
    package static func dtype(named name: String) -> DType? {
        let word = name.lowercased()
        return dtypes.first { $0.rawValue.lowercased() == word } ?? torchNames[word]
    }

    private static let torchNames: [String: DType] = [
        "bfloat16": .BF16, "float16": .F16, "half": .F16, "float32": .F32, "float64": .F64, "fp16": .F16,
        "fp32": .F32, "float8_e4m3fn": .F8_E4M3, "float8_e5m2": .F8_E5M2,
    ]

    /// The recipe of this one step.
    package var recipe: Recipe { Recipe(steps: [.cast(self)]) }

    package var parameters: JSONObject {
        var parameters = JSONObject([("dtype", .string(word))])
        if overflow != .fail { parameters["overflow"] = .string(overflow.rawValue) }
        if nonfinite != .refuse { parameters["nonfinite"] = .string(nonfinite.rawValue) }
        return parameters
    }

    package init(parameters node: RecipeNode, rules: [RecipeNode]) throws(FormatError) {
        let members = try node.members(["dtype", "overflow", "nonfinite"])
        guard let word = members["dtype"] else { throw node.fault("it has no 'dtype'") }
        guard let dtype = Self.dtype(named: try word.text()) else {
            let known = Self.dtypes.map { $0.rawValue.lowercased() }.joined(separator: ", ")
            throw word.fault("'\(try word.text().shortened)' is no dtype to cast to", remedy: "Choose one of \(known)")
        }
        self.init(dtype: dtype)
        overflow = try members["overflow"]?.word(Overflow.self) ?? .fail
        nonfinite = try members["nonfinite"]?.word(Nonfinite.self) ?? .refuse
        self.rules = try rules.map { node throws(FormatError) in
            let rule = try TensorRule(node, family: nil)
            guard rule.isOfCasts else {
                throw node.fault(Self.quantizingRule, remedy: Self.quantizingRemedy)
            }
            return rule
        }
    }

    static let quantizingRule = "a cast quantizes nothing"
    static let quantizingRemedy = "Let the rule say keep, bf16, f16 or f32, or convert to a scheme"

    /// Adds a rule.
    /// - Throws: `FormatError` when the rule quantizes.
    package mutating func add(_ rule: TensorRule) throws(FormatError) {
        guard rule.isOfCasts else {
            throw FormatError(
                .refused, "the rule '\(rule.pattern)=\(rule.action.text)': \(Self.quantizingRule)",
                remedy: Self.quantizingRemedy)
        }
        rules.append(rule)
    }
}

extension TensorRule {
    /// Whether a cast can do what the rule says.
    fileprivate var isOfCasts: Bool { if case .quantize = action { false } else { true } }
}
