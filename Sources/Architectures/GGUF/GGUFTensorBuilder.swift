import Bytes

/// Makes the list of a GGUF file's tensors from a checkpoint's, by a family's rules.
struct GGUFTensorBuilder {
    let convention: GGUFConvention
    let numbers: Hyperparameters
    /// What the model has.
    let flags: [String: Bool]
    private(set) var notes: [String] = []

    init(convention: GGUFConvention, numbers: Hyperparameters, flags: [String: Bool]) {
        self.convention = convention
        self.numbers = numbers
        self.flags = flags
    }

    /// The tensors, those of the layers between those before and behind.
    mutating func build(from sources: inout SourceTensors) throws(FormatError) -> [TensorMapping] {
        var mappings: [TensorMapping] = []
        for step in convention.steps(layers: numbers.count("layers")) {
            if let mapping = try mapping(of: step.rule, step.layer, &sources) { mappings.append(mapping) }
        }
        return mappings
    }

    /// The tensors that no rule used, with the reason; refused when there is none.
    func dropped(of sources: SourceTensors) throws(FormatError) -> [LayoutMapping.Dropped] {
        var dropped: [LayoutMapping.Dropped] = []
        var unknown: [String] = []
        for (name, usual) in sources.unused {
            if let reason = reason(for: name, usual) {
                dropped.append(LayoutMapping.Dropped(name: name, reason: reason))
            } else {
                unknown.append(name)
            }
        }
        guard let first = unknown.first else { return dropped }
        throw FormatError(
            .unsupported,
            "\(unknown.count) tensor\(unknown.count == 1 ? " has" : "s have") no place in GGUF's "
                + "'\(convention.architecture)' with the \(numbers.count("layers")) layers of config.json: "
                + unknown.prefix(5).joined(separator: ", ") + (unknown.count > 5 ? ", …" : ""),
            tensor: first, remedy: "Remove them from the checkpoint, correct config.json, or keep another format")
    }

    private func reason(for name: String, _ usual: NumberedName) -> String? {
        if let reason = convention.dropped[usual.pattern] { return reason }
        if let prefix = convention.droppedPrefixes.first(where: { name.hasPrefix($0.from) }) { return prefix.to }
        for rule in convention.tensors {
            guard let flag = rule.flag, flags[flag] == false,
                rule.forms.contains(where: { $0.patterns.contains(usual.pattern) }),
                let config = convention.flags.first(where: { $0.name == flag })
            else { continue }
            return "config.json's '\(config.config)' is \(config.isInverted), so that the model does without it"
        }
        return nil
    }

    private mutating func mapping(
        of rule: TensorRule, _ layer: Int?, _ sources: inout SourceTensors
    ) throws(FormatError) -> TensorMapping? {
        let place = layer.map { [$0] } ?? []
        let name = NumberedName(pattern: rule.gguf, numbers: place).text
        if let flag = rule.flag, flags[flag] != true { return nil }
        guard
            let form = rule.forms.first(where: { form in
                form.patterns.contains {
                    sources.contains($0, place + ($0.count { $0 == "*" } > place.count ? [0] : []))
                }
            })
        else {
            let usual = rule.forms.first?.patterns.first ?? name
            guard rule.isOptional else { throw missing(usual, place) }
            if rule.flag != nil { notes.append("the checkpoint lacks '\(usual)': the runtime does without it") }
            return nil
        }
        var shape: [Int] = []
        for size in rule.shape { shape.append(try numbers.size(size, of: name)) }
        var mapping = TensorMapping(
            name: name, shape: shape, content: .sources(try pieces(form, rule, shape, place, &sources)))
        mapping.isTransposed = rule.isTransposed
        if case .part(let part) = form {
            mapping.isTransposed = part.isTransposed
            mapping.isByElement = part.isInterleaved && shape.count == 2
            if part.isInterleaved { mapping.rowOrder = .every(count: part.count, first: part.index) }
        }
        if let heads = rule.heads {
            mapping.rowOrder = .interleaved(heads: try convention.heads(heads, of: shape[0], numbers, name))
        }
        mapping.addend = rule.addend
        mapping.staysF32 = rule.staysF32
        return mapping
    }

    private func pieces(
        _ form: TensorRule.Form, _ rule: TensorRule, _ shape: [Int], _ place: [Int], _ sources: inout SourceTensors
    ) throws(FormatError) -> [TensorMapping.Source] {
        switch form {
        case .one(let pattern):
            let expected = rule.isTransposed ? shape.reversed() : shape
            return [TensorMapping.Source(name: try use(pattern, place, expected, &sources).name)]
        case .each(let pattern):
            return try (0..<shape[0]).map { expert throws(FormatError) in
                let entry = try use(pattern, place + [expert], Array(shape.dropFirst()), &sources)
                return TensorMapping.Source(name: entry.name)
            }
        case .part(let part): return try pieces(part, shape, place, &sources)
        case .joined(let patterns):
            var rows = 0
            let entries = try patterns.map { pattern throws(FormatError) in
                let entry = try use(pattern, place, nil, &sources)
                guard Array(entry.shape.dropFirst()) == Array(shape.dropFirst()), let count = entry.shape.first else {
                    throw contradiction(entry, [shape[0] / patterns.count] + shape.dropFirst())
                }
                rows = rows.addingReportingOverflow(count).partialValue
                return entry
            }
            guard rows == shape[0] else {
                throw contradiction(entries[0], [shape[0] / patterns.count] + shape.dropFirst())
            }
            return entries.map { TensorMapping.Source(name: $0.name) }
        }
    }

    /// The whole tensor, or the rows of each expert: where they are transposed by themselves, and where the part's lie
    /// together.
    private func pieces(
        _ part: TensorRule.Part, _ shape: [Int], _ place: [Int], _ sources: inout SourceTensors
    ) throws(FormatError) -> [TensorMapping.Source] {
        let sizes = [shape[1] * part.count] + shape.dropFirst(2)
        let entry = try use(
            part.pattern, place, [shape[0]] + (part.isTransposed ? sizes.reversed() : sizes), &sources)
        let rows = part.isTransposed ? sizes[sizes.count - 1] : sizes[0]
        guard part.isTransposed || part.count > 1 && !part.isInterleaved else {
            return [TensorMapping.Source(name: entry.name)]
        }
        return (0..<shape[0]).map { expert in
            let start = expert * rows + (part.isInterleaved ? 0 : part.index * shape[1])
            return TensorMapping.Source(
                name: entry.name, rows: start..<start + (part.isTransposed ? rows : shape[1]))
        }
    }

    private func use(
        _ pattern: String, _ place: [Int], _ expected: [Int]?, _ sources: inout SourceTensors
    ) throws(FormatError) -> SourceTensors.Entry {
        guard let entry = sources.use(pattern, place) else { throw missing(pattern, place) }
        if let expected, entry.shape != expected { throw contradiction(entry, expected) }
        return entry
    }

    private func missing(_ pattern: String, _ place: [Int]) -> FormatError {
        let name = NumberedName(pattern: pattern, numbers: place).text
        return FormatError(
            .corrupt, "the checkpoint lacks it; config.json tells of \(numbers.count("layers")) layers", tensor: name,
            remedy: "Fetch the model again, with all its files")
    }

    private func contradiction(_ entry: SourceTensors.Entry, _ expected: [Int]) -> FormatError {
        FormatError(
            .corrupt, "its shape is \(entry.shape), by config.json it is \(expected)", tensor: entry.name,
            remedy: "Fetch the model again, with the config.json that belongs to it")
    }
}

extension GGUFConvention {
    /// The rules in the order in which tensors are written: each layer's rules in turn, between those before and
    /// behind.
    func steps(layers: Int) -> [(rule: TensorRule, layer: Int?)] {
        let start = tensors.firstIndex(where: \.isOfLayer) ?? tensors.endIndex
        let end = tensors.lastIndex(where: \.isOfLayer).map { $0 + 1 } ?? start
        let inner = tensors[start..<end]
        return tensors[..<start].map { ($0, nil) } + (0..<layers).flatMap { layer in inner.map { ($0, layer) } }
            + tensors[end...].map { ($0, nil) }
    }

    /// The number of heads whose rows are reordered, each of which has an even number of them.
    func heads(
        _ expression: SizeExpression, of rows: Int, _ numbers: Hyperparameters, _ name: String
    ) throws(FormatError) -> Int {
        let heads = try numbers.size(expression, of: name)
        guard rows % (2 * heads) == 0 else {
            throw FormatError(
                .unsupported, "\(rows) rows are not \(heads) heads of an even number of rows", tensor: name,
                remedy: "Keep the model in another format")
        }
        return heads
    }
}
