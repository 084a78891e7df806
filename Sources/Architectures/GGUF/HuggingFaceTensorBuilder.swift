import Bytes

/// Makes the list of a checkpoint's tensors from a GGUF file's, by a family's rules.
struct HuggingFaceTensorBuilder {
    let convention: GGUFConvention
    let numbers: Hyperparameters
    /// What the model has.
    let flags: [String: Bool]

    func build(from sources: inout SourceTensors) throws(FormatError) -> [TensorMapping] {
        var mappings: [TensorMapping] = []
        for step in convention.steps(layers: numbers.count("layers")) {
            mappings += try rowMappings(of: step.rule, step.layer, &sources)
        }
        return mappings
    }

    /// Refuses tensors that no rule used.
    func refuseUnused(_ sources: SourceTensors) throws(FormatError) {
        let unknown = sources.unused.map(\.name)
        guard let first = unknown.first else { return }
        throw FormatError(
            .unsupported,
            "\(unknown.count) tensor\(unknown.count == 1 ? " has" : "s have") no place in a checkpoint of "
                + "'\(convention.architecture)' with \(numbers.count("layers")) layers: "
                + unknown.prefix(5).joined(separator: ", ") + (unknown.count > 5 ? ", …" : ""),
            tensor: first, remedy: "Keep the model in GGUF")
    }

    private func rowMappings(
        of rule: TensorRule, _ layer: Int?, _ sources: inout SourceTensors
    ) throws(FormatError) -> [TensorMapping] {
        if let flag = rule.flag, flags[flag] != true { return [] }
        let place = layer.map { [$0] } ?? []
        guard let entry = sources.use(rule.gguf, place), let form = rule.forms.first else {
            if rule.isOptional { return [] }
            throw FormatError(
                .corrupt, "the file lacks it; its metadata tells of \(numbers.count("layers")) layers",
                tensor: NumberedName(pattern: rule.gguf, numbers: place).text,
                remedy: "Fetch the file again, with all its parts")
        }
        var shape: [Int] = []
        for size in rule.shape { shape.append(try numbers.size(size, of: entry.name)) }
        guard Self.trimmed(shape) == Self.trimmed(entry.shape) else {
            throw FormatError(
                .corrupt, "its shape is \(entry.shape), by the metadata it is \(shape)", tensor: entry.name,
                remedy: "Fetch the file again")
        }
        switch form {
        case .each(let pattern):
            let size = shape.count > 2 ? shape[1] : 1
            return (0..<shape[0]).map { expert in
                let rows = expert * size..<(expert + 1) * size
                return TensorMapping(
                    name: NumberedName(pattern: pattern, numbers: place + [expert]).text,
                    shape: Array(shape.dropFirst()),
                    content: .sources([TensorMapping.Source(name: entry.name, rows: rows)]))
            }
        case .one(let pattern), .part(_, _, let pattern):
            var mapping = TensorMapping(
                name: NumberedName(pattern: pattern, numbers: place).text,
                shape: rule.isTransposed ? shape.reversed() : shape,
                content: .sources([TensorMapping.Source(name: entry.name)]))
            if let heads = rule.heads {
                mapping.rowOrder = .halved(heads: try convention.heads(heads, of: shape[0], numbers, entry.name))
            }
            mapping.isTransposed = rule.isTransposed
            mapping.addend = -rule.addend
            return [mapping]
        case .joined: return []  // never the first form of a rule
        }
    }

    /// The sizes without those of 1 at the front, which GGUF files may leave out.
    private static func trimmed(_ shape: [Int]) -> [Int] { Array(shape.drop { $0 == 1 }) }
}
