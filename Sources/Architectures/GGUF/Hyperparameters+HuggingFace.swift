import Bytes

extension GGUFConvention {
    /// Reads a GGUF file's metadata, and makes the numbers of config.json from it.
    func read(
        _ reader: inout MetadataReader, _ sources: SourceTensors
    ) throws(FormatError) -> (numbers: Hyperparameters, config: JSONObject) {
        var numbers = Hyperparameters()
        var config = JSONObject()
        for parameter in parameters {
            let value = try value(of: parameter, &reader, sources, numbers)
            if let name = parameter.name, let value {
                if let greatest = Self.greatestCounts[name], value > greatest {
                    throw MetadataReader.fault("\(name) number \(value), at most \(greatest) are handled")
                }
                numbers.values[name] = value
            }
            let number = try value.map { value throws(FormatError) in try parameter.configValue(of: value) }
            guard let number = number ?? (parameter.isOnlyRead ? .null : nil) else { continue }
            for path in parameter.written { config.set(path, to: number) }
        }
        for item in metadata {
            if case .bool(let usual) = item.value, let said = try reader.bool(key(item.key)), said != usual {
                throw Self.unsupported("'\(key(item.key))' is \(said), which the family '\(architecture)' never has")
            }
        }
        return (numbers, config)
    }

    /// The parameter's value; nil for one that may be left out.
    private func value(
        of parameter: Hyperparameter, _ reader: inout MetadataReader, _ sources: SourceTensors,
        _ numbers: Hyperparameters
    ) throws(FormatError) -> Double? {
        var said: Double?
        for pattern in parameter.keys {
            let value = try reader.shortest(key(pattern))
            if let said, let value, said != value {
                throw Self.unsupported("'\(key(pattern))' is \(value), others say \(said)")
            }
            said = said ?? value
        }
        if let scale = parameter.scale, let stored = said {
            guard let factor = scale.value(in: numbers.values), factor > 0 else {
                throw MetadataReader.fault("\(parameter.subject) is not a part of \(scale.text)")
            }
            said = stored / factor
        }
        if let fixed = parameter.fixedExpression(in: numbers.values) {
            guard let value = fixed.value(in: numbers.values) else {
                throw MetadataReader.fault("\(parameter.subject) cannot be computed as \(fixed.text)")
            }
            guard let said, said != value else { return value }
            throw Self.unsupported("\(parameter.subject) is \(said), which a config.json can only say as \(value)")
        }
        if let said { return said }
        if let (name, dimension) = parameter.tensor, let shape = sources.shape(of: name, []), dimension < shape.count {
            return Double(shape[dimension])
        }
        if let usual = parameter.null ?? (parameter.unsaid ?? parameter.standard)?.value(in: numbers.values) {
            return usual
        }
        guard parameter.isOptional || parameter.isOnlyRead else {
            throw MetadataReader.fault("it lacks '\(parameter.keys.first.map(key) ?? parameter.subject)'")
        }
        return nil
    }

    static func unsupported(_ problem: String) -> FormatError {
        FormatError(.unsupported, problem, remedy: "Keep the model in GGUF")
    }
}

extension Hyperparameter {
    /// The number as config.json says it.
    func configValue(of number: Double) throws(FormatError) -> JSONValue {
        if number == null { return .null }
        // A number that the metadata keeps as a multiple is a fraction here.
        guard kind == .u32, scale == nil else { return .pythonNumber(number) }
        guard let whole = Int(exactly: number), whole >= 0 else {
            throw MetadataReader.fault("\(subject) is \(number), not a whole number")
        }
        return .number(whole)
    }
}
