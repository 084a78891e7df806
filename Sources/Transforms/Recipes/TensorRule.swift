package import Bytes
package import Numbers

/// What becomes of the tensors that a selector finds, in the place of what the scheme does with them.
package struct TensorRule: Equatable, Sendable {
    package enum Action: Hashable, Sendable {
        /// They stay as they are.
        case keep
        /// They become plain numbers: BF16, F16 or F32.
        case cast(DType)
        case quantize(TensorScheme)

        /// As recipes and `--rule` spell it.
        package var text: String {
            switch self {
            case .keep: "keep"
            case .cast(let dtype): dtype.rawValue.lowercased()
            case .quantize(let scheme): scheme.id
            }
        }

        /// - Parameters:
        ///   - text: `keep`, a dtype, or the name of a scheme.
        ///   - family: the family that a scheme must belong to; in it, short names suffice.
        /// - Throws: `FormatError` that lists what is near.
        package init(parsing text: String, family: TensorScheme.Family?) throws(FormatError) {
            let word = text.lowercased()
            if word == "keep" {
                self = .keep
            } else if let dtype = [DType.BF16, .F16, .F32].first(where: { $0.rawValue.lowercased() == word }) {
                self = .cast(dtype)
            } else {
                self = .quantize(try TensorScheme(named: word, in: family))
            }
        }
    }

    package let selector: TensorSelector
    package let action: Action
    /// Whether it is no fault that no tensor is meant.
    package let isOptional: Bool
    private let expression: NameExpression?
    private let nameParts: [Substring]

    /// - Throws: `FormatError` when the selector's pattern is no regular expression.
    package init(_ selector: TensorSelector, _ action: Action, isOptional: Bool = false) throws(FormatError) {
        self.selector = selector
        self.action = action
        self.isOptional = isOptional
        expression = try selector.pattern.map { pattern throws(FormatError) in try NameExpression(pattern) }
        nameParts = Self.parts(selector.name ?? "")
    }

    /// A rule that leaves the tensors as they are whose names the regular expression `pattern` finds.
    /// - Throws: `FormatError` when `pattern` is no regular expression.
    package init(keeping pattern: String) throws(FormatError) {
        try self.init(TensorSelector(pattern: pattern), .keep)
    }

    /// Reads what `--rule` takes: `lm_head=gguf-q6_k`, `re:.*down_proj=gguf-q5_k`, `role:mlp,layers:0-3=keep`. The last
    /// `=` parts the tensors from what becomes of them.
    package init(parsing text: String, family: TensorScheme.Family?) throws(FormatError) {
        guard let place = text.lastIndex(of: "=") else {
            throw FormatError(
                .refused, "the rule '\(text.shortened)' has no '='",
                remedy: "Write TENSORS=SCHEME, such as lm_head=keep")
        }
        do {
            let action = try Action(parsing: String(text[text.index(after: place)...]), family: family)
            try self.init(try TensorSelector(parsing: String(text[..<place])), action)
        } catch {
            throw error.within(file: "--rule '\(text.shortened)'")
        }
    }

    /// The regular expression, or the other conditions as `--rule` takes them.
    package var pattern: String { selector.pattern ?? selector.text }

    /// Whether the rule's expression finds this name; of rules without one, whether its name is part of it.
    package func applies(to name: String) -> Bool {
        (expression?.finds(in: name) ?? true) && (nameParts.isEmpty || isPart(of: name))
    }

    /// Whether the rule speaks of a tensor.
    /// - Parameter onlyWhole: whether its name must be the tensor's whole name.
    func applies(to tensor: SelectionTensor, layerCount: Int, onlyWhole: Bool) -> Bool {
        if !nameParts.isEmpty {
            guard tensor.names.contains(where: { onlyWhole ? isWhole($0) : isPart(of: $0) }) else { return false }
        }
        if let expression, !tensor.names.contains(where: expression.finds) { return false }
        if let part = selector.part, tensor.part != part { return false }
        if let layers = selector.layers {
            guard let layer = tensor.layer, layers.contains(layer, of: layerCount) else { return false }
        }
        return selector.size?.holds(for: tensor.elementCount) ?? true
    }

    /// Whether the rule's name is the tensor's, `.weight` left out or not.
    func isWhole(_ name: String) -> Bool {
        !nameParts.isEmpty && Self.parts(name) == nameParts
    }

    /// Whether the rule's name is made of neighboring whole parts of the tensor's.
    private func isPart(of name: String) -> Bool {
        let parts = Self.parts(name)
        guard parts.count >= nameParts.count else { return false }
        return (0...parts.count - nameParts.count).contains { parts[$0..<$0 + nameParts.count] == nameParts[...] }
    }

    /// The parts of a name between its dots, without a last `weight`.
    private static func parts(_ name: String) -> [Substring] {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name != "" else { return [] }
        return parts.count > 1 && parts.last == "weight" ? parts.dropLast() : parts
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.selector == right.selector && left.action == right.action && left.isOptional == right.isOptional
    }
}
