import Bytes

/// Finds for each tensor the rule of its family, and by it what its dimensions are made of.
struct AxisBuilder {
    let convention: GGUFConvention
    let family: ModelFamily
    let values: [String: Int]
    let layerCount: Int
    private let places: [String: Place]

    /// What the rules say of a checkpoint's tensor.
    private struct Place {
        let rule: TensorRule
        let form: TensorRule.Form
    }

    init(convention: GGUFConvention, family: ModelFamily, values: [String: Int], layerCount: Int) {
        self.convention = convention
        self.family = family
        self.values = values
        self.layerCount = layerCount
        var places: [String: Place] = [:]
        for rule in convention.tensors {
            for form in rule.forms {
                if case .joined = form { continue }
                for pattern in form.patterns where places[pattern] == nil {
                    places[pattern] = Place(rule: rule, form: form)
                }
                guard case .each(let pattern) = form, let stack = family.expertStacks.stack(of: pattern) else {
                    continue
                }
                places[stack] = Place(rule: rule, form: .part(.whole(stack)))
            }
        }
        self.places = places
    }

    func axes(of name: String, _ shape: [Int]) throws(FormatError) -> TensorAxes {
        let usual = usualName(name)
        if let place = places[usual.pattern] { return try axes(of: name, shape, usual, place) }
        if let sizes = family.axisRules.tensors[usual.text] {
            let dimensions = try segments(of: sizes, name, shape)
            let isHead = sizes == ["vocab", "hidden"]
            let isNorm = name.contains("LayerNorm.weight")
            return TensorAxes(
                name: name, layer: nil, expert: nil,
                part: isHead ? .outputHead : isNorm ? .norm(addend: 0) : .other, dimensions: dimensions,
                isInputMajor: false)
        }
        let isForeign = convention.droppedPrefixes.contains { name.hasPrefix($0.from) }
        guard isForeign || convention.dropped[usual.pattern] != nil else { throw unknown(name) }
        let layer = isForeign || !usual.pattern.contains("*") ? nil : usual.numbers.first
        return TensorAxes(
            name: name, layer: layer, expert: nil, part: isForeign ? .foreign : .other,
            dimensions: shape.map { [AxisSegment(nil, count: $0, unit: 1)] }, isInputMajor: false)
    }

    /// The name that the rules have for a checkpoint's tensor, or that MLX has for a stack of its experts.
    private func usualName(_ name: String) -> NumberedName {
        let usual = convention.usualName(name)
        guard places[usual.pattern] == nil else { return usual }
        for prefix in convention.prefixes where name.hasPrefix(prefix.from) {
            let other = NumberedName(prefix.to + name.dropFirst(prefix.from.count))
            if places[other.pattern] != nil { return other }
        }
        return usual
    }

    private func axes(
        of name: String, _ shape: [Int], _ usual: NumberedName, _ place: Place
    ) throws(FormatError) -> TensorAxes {
        let rule = place.rule
        let layer = rule.isOfLayer ? usual.numbers.first : nil
        if let layer, layer >= layerCount {
            throw FormatError(
                .corrupt, "config.json tells of \(layerCount) layers, and this belongs to layer \(layer)", tensor: name,
                remedy: "Correct config.json, or fetch the model again")
        }
        var sizes = rule.axes
        var isInputMajor = rule.isTransposed
        var expert: Int?
        switch place.form {
        case .one: if rule.isTransposed { sizes.reverse() }
        case .each:
            sizes.removeFirst()
            expert = usual.numbers.count > 1 ? usual.numbers[1] : nil
        case .part(let part):
            if part.count > 1 {
                sizes[1] = part.isInterleaved ? "\(sizes[1])*\(part.count)" : "\(part.count)*\(sizes[1])"
            }
            if part.isTransposed {
                sizes = sizes.prefix(1) + sizes.dropFirst().reversed()
                isInputMajor = true
            }
        case .joined: break
        }
        return TensorAxes(
            name: name, layer: layer, expert: expert, part: part(of: rule),
            dimensions: try segments(of: sizes, name, shape), isInputMajor: isInputMajor)
    }

    private func part(of rule: TensorRule) -> TensorAxes.Part {
        if rule.gguf.hasSuffix("norm.weight"), rule.axes == ["hidden"] { return .norm(addend: rule.addend) }
        switch rule.gguf {
        case "token_embd.weight": return .embedding
        case "output.weight": return .outputHead
        default: return .other
        }
    }

    private func segments(
        of sizes: [String], _ name: String, _ shape: [Int]
    ) throws(FormatError) -> [[AxisSegment]] {
        var dimensions: [[AxisSegment]] = []
        for (place, size) in sizes.enumerated() {
            let actual = place < shape.count ? shape[place] : 0
            guard let segments = AxisExpression(text: size).segments(values, actual: actual) else {
                throw ConfigReader.fault("it does not tell the size \(size) of '\(name)'")
            }
            dimensions.append(segments)
        }
        let expected = dimensions.map { $0.reduce(0) { $0 + $1.elementCount } }
        guard expected == shape else {
            throw FormatError(
                .corrupt, "its shape is \(shape), by config.json it is \(expected)", tensor: name,
                remedy: "Correct config.json, or fetch the model again")
        }
        return dimensions
    }

    private func unknown(_ name: String) -> FormatError {
        FormatError(
            .unsupported, "it is no tensor that the family '\(family.name)' is known to have", tensor: name,
            remedy: "Remove it from the checkpoint and register that, so that no tensor stays behind uncut")
    }
}
