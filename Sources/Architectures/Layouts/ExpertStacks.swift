package import Bytes

/// The experts of a family as MLX holds them: the section `mlx` of its file in `Families/`.
///
/// Checkpoints of most families have a matrix of [out, in] for each expert; MLX has one tensor of [experts, out, in]
/// for all, under a module of another name. Where a checkpoint holds several matrices of the experts as one tensor, MLX
/// has a module for each. Source: mlx-lm 0.32.2, `sanitize` of each model.
package struct ExpertStacks: Sendable {
    /// The ends of two tensors' names, with `*` for numbers: the layer's, and the expert's in `each`.
    private struct Rule: Sendable {
        let stack: String
        let each: String
    }

    /// A tensor of MLX that is a part of a checkpoint's: ends of names.
    private struct PartRule: Sendable {
        let name: String
        let part: TensorRule.Part
    }

    private let rules: [Rule]
    private let partRules: [PartRule]

    /// The most experts that a layer may have: more would be names that lie.
    private static let greatestCount = 4096

    /// - Parameter section: nil for a family whose experts, if it has any, are stored as MLX holds them.
    init(parsing section: JSONValue?) throws(FormatError) {
        let list = section?["stacks"]?.arrayValue ?? []
        rules = list.compactMap { rule in
            guard let stack = rule["module"]?.stringValue, let each = rule["each"]?.stringValue else { return nil }
            return Rule(stack: stack + ".weight", each: each + ".weight")
        }
        guard rules.count == list.count else {
            throw FormatError(
                .corrupt, "a stack of experts needs module and each",
                remedy: "Compare it with the other files in Families")
        }
        var partRules: [PartRule] = []
        for rule in section?["parts"]?.arrayValue ?? [] {
            let fields = try FamilyFields(rule, knows: ["tensor", "from"])
            let name = try fields.text("tensor")
            partRules += try fields.list("from") { value throws(FormatError) in
                guard case .part(let part) = try TensorRule.Form(parsing: value) else {
                    throw FamilyFields.fault("'\(name)' is made of parts")
                }
                return PartRule(name: name, part: part)
            }
        }
        self.partRules = partRules
    }

    /// The stacks that a checkpoint's tensors make, in the order in which their first experts come.
    /// - Parameter tensors: names and shapes.
    /// - Throws: `FormatError` when an expert is missing, or has another shape than its fellows.
    package func mappings(of tensors: [(name: String, shape: [Int])]) throws(FormatError) -> [TensorMapping] {
        var experts: [String: [Int: (name: String, shape: [Int])]] = [:]
        var order: [String] = []
        for tensor in tensors {
            guard let place = place(of: tensor.name) else { continue }
            if experts[place.stack] == nil { order.append(place.stack) }
            experts[place.stack, default: [:]][place.expert] = tensor
        }
        var mappings: [TensorMapping] = []
        for tensor in tensors {
            for (rule, name) in parts(of: tensor.name) { mappings.append(try Self.part(rule, of: tensor, name: name)) }
        }
        for name in order {
            if let found = experts[name] { mappings.append(try Self.stack(found, name: name)) }
        }
        return mappings
    }

    /// The stack of experts whose names have a pattern, as MLX calls it; nil where it has none.
    /// - Parameter pattern: with `*` for the layer and the expert.
    func stack(of pattern: String) -> String? {
        for rule in rules where pattern.hasSuffix(rule.each) {
            let start = pattern.dropLast(rule.each.count)
            if start.isEmpty || start.hasSuffix(".") { return start + rule.stack }
        }
        return nil
    }

    /// The stack that a tensor belongs to, and its place in there.
    private func place(of name: String) -> (stack: String, expert: Int)? {
        let numbered = NumberedName(name)
        for rule in rules where numbered.pattern.hasSuffix(rule.each) {
            let start = numbered.pattern.dropLast(rule.each.count)
            guard start.isEmpty || start.hasSuffix("."), let expert = numbered.numbers.last else { continue }
            let stack = NumberedName(pattern: start + rule.stack, numbers: numbered.numbers.dropLast())
            return (stack.text, expert)
        }
        return nil
    }

    /// The parts that are made of a tensor, with their names.
    private func parts(of name: String) -> [(part: TensorRule.Part, name: String)] {
        let numbered = NumberedName(name)
        return partRules.compactMap { rule in
            guard numbered.pattern.hasSuffix(rule.part.pattern) else { return nil }
            let start = numbered.pattern.dropLast(rule.part.pattern.count)
            guard start.isEmpty || start.hasSuffix(".") else { return nil }
            return (rule.part, NumberedName(pattern: start + rule.name, numbers: numbered.numbers).text)
        }
    }

    private static func part(
        _ part: TensorRule.Part, of tensor: (name: String, shape: [Int]), name: String
    ) throws(FormatError) -> TensorMapping {
        let sizes = part.isTransposed ? tensor.shape.dropFirst().reversed() : Array(tensor.shape.dropFirst())
        guard let rows = sizes.first, tensor.shape.count <= 3, rows % part.count == 0,
            sizes.count == 2 || !part.isTransposed
        else {
            throw FormatError(
                .corrupt, "its shape \(tensor.shape) is none of experts with \(part.count) matrices",
                tensor: tensor.name,
                remedy: "Fetch the checkpoint again")
        }
        let columns = sizes[sizes.count - 1]
        let pieces: [TensorMapping.Source] =
            part.isTransposed
            ? (0..<tensor.shape[0]).map { .init(name: tensor.name, rows: $0 * columns..<($0 + 1) * columns) }
            : [.init(name: tensor.name)]
        var mapping = TensorMapping(
            name: name, shape: [tensor.shape[0], rows / part.count] + sizes.dropFirst(), content: .sources(pieces))
        mapping.isTransposed = part.isTransposed
        mapping.isByElement = part.isInterleaved && sizes.count == 1
        if part.isInterleaved { mapping.rowOrder = .every(count: part.count, first: part.index) }
        return mapping
    }

    private static func stack(
        _ experts: [Int: (name: String, shape: [Int])], name: String
    ) throws(FormatError) -> TensorMapping {
        let numbers = experts.keys.sorted()
        guard let last = numbers.last, last < greatestCount, last + 1 == numbers.count else {
            let missing = (0..<greatestCount).first { experts[$0] == nil } ?? 0
            throw FormatError(
                .corrupt, "\(numbers.count) experts are there, but not expert \(missing)", tensor: name,
                remedy: "Fetch the checkpoint again")
        }
        let tensors = numbers.compactMap { experts[$0] }
        let shape = tensors.first?.shape ?? []
        if let other = tensors.first(where: { $0.shape != shape || $0.shape.count != 2 }) {
            throw FormatError(
                .corrupt, "its shape is \(other.shape), and its fellows' is \(shape)", tensor: other.name,
                remedy: "Compare the experts' shapes with the configuration")
        }
        return TensorMapping(
            name: name, shape: [tensors.count] + shape, content: .sources(tensors.map { .init(name: $0.name) }))
    }
}
