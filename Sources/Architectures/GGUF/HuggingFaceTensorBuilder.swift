import Bytes

/// Makes the list of a checkpoint's tensors from a GGUF file's, by a family's rules.
struct HuggingFaceTensorBuilder {
    let convention: GGUFConvention
    let numbers: Hyperparameters
    /// What the model has.
    let flags: [String: Bool]
    /// The GGUF tensors that stay packed where the family has a layout for it.
    let packed: Set<String>

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
            throw missing(rule, place)
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
        case .part(let part):
            // The rule of the first part stands for all.
            return part.index == 0 ? [try joined(rule, shape, place, &sources)] : []
        case .one(let pattern):
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

    private func missing(_ rule: TensorRule, _ place: [Int]) -> FormatError {
        FormatError(
            .corrupt, "the file lacks it; its metadata tells of \(numbers.count("layers")) layers",
            tensor: NumberedName(pattern: rule.gguf, numbers: place).text,
            remedy: "Fetch the file again, with all its parts")
    }

    /// The tensor that a rule's is the first part of, made of all its parts.
    private func joined(
        _ rule: TensorRule, _ shape: [Int], _ place: [Int], _ sources: inout SourceTensors
    ) throws(FormatError) -> TensorMapping {
        let written = try Self.parts(of: rule, in: convention)
        let names = written.map { NumberedName(pattern: $0.rule.gguf, numbers: place).text }
        let entries = try written.map { written throws(FormatError) in
            guard let entry = sources.use(written.rule.gguf, place) else { throw missing(written.rule, place) }
            return entry
        }
        let isPacked = names.allSatisfy(packed.contains) && rule.packedPart != nil
        let part = isPacked ? rule.packedPart ?? written[0].part : written[0].part
        let sizes = [shape[1] * part.count] + shape.dropFirst(2)
        var pieces = entries.map { TensorMapping.Source(name: $0.name) }
        if part.isTransposed {
            pieces = (0..<shape[0]).flatMap { expert in
                entries.map { .init(name: $0.name, rows: expert * shape[1]..<(expert + 1) * shape[1]) }
            }
        }
        var mapping = TensorMapping(
            name: NumberedName(pattern: part.pattern, numbers: place).text,
            shape: [shape[0]] + (part.isTransposed ? sizes.reversed() : sizes), content: .sources(pieces))
        mapping.turns = part.count
        mapping.isByElement = part.isInterleaved && shape.count == 2
        mapping.isTransposed = part.isTransposed
        mapping.isPacked = isPacked
        return mapping
    }

    /// The rules whose tensors are parts of the one that a rule's is a part of, in the order of the parts.
    private static func parts(
        of rule: TensorRule, in convention: GGUFConvention
    ) throws(FormatError) -> [(rule: TensorRule, part: TensorRule.Part)] {
        guard let first = rule.firstPart else { return [] }
        let parts = convention.tensors.compactMap { rule in rule.firstPart.map { (rule: rule, part: $0) } }
            .filter { $0.part.pattern == first.pattern }.sorted { $0.part.index < $1.part.index }
        guard parts.map(\.part.index) == Array(0..<first.count) else {
            throw FamilyFields.fault("the parts of '\(first.pattern)' are not \(first.count)")
        }
        return parts
    }

    /// The sizes without those of 1 at the front, which GGUF files may leave out.
    private static func trimmed(_ shape: [Int]) -> [Int] { Array(shape.drop { $0 == 1 }) }
}

extension TensorRule {
    /// The part of a tensor that is written; nil for a rule of another form.
    fileprivate var firstPart: Part? { if case .part(let part)? = forms.first { part } else { nil } }

    /// The same of the form of packed codes.
    fileprivate var packedPart: Part? {
        forms.lazy.compactMap { form in if case .part(let part) = form, part.isPacked { part } else { nil } }.first
    }
}
