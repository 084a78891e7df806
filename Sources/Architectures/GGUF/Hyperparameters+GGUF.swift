import Bytes

/// The numbers of one model, by the names that the family's expressions use.
struct Hyperparameters {
    var values: [String: Double] = [:]

    /// A size that must be whole and above zero.
    func size(_ expression: SizeExpression, of subject: @autoclosure () -> String) throws(FormatError) -> Int {
        guard let size = expression.size(in: values) else {
            throw ConfigReader.fault("\(subject()) would have the size \(expression.text), which is no whole number")
        }
        return size
    }

    /// The number of layers, or of experts.
    func count(_ name: String) -> Int { values[name].flatMap { Int(exactly: $0) } ?? 0 }
}

extension GGUFConvention {
    /// Reads a config.json, and makes the metadata of the architecture from it.
    func read(_ config: ConfigReader) throws(FormatError) -> (numbers: Hyperparameters, metadata: [MetadataItem]) {
        var numbers = Hyperparameters()
        var items: [MetadataItem] = []
        for parameter in parameters where !parameter.isOnlyRead || parameter.name != nil {
            guard let value = try value(of: parameter, in: config, numbers) else { continue }
            if let name = parameter.name {
                if let greatest = Self.greatestCounts[name], value > greatest {
                    throw ConfigReader.fault("\(name) number \(value), at most \(greatest) are handled")
                }
                numbers.values[name] = value
            }
            if parameter.isOnlyRead || parameter.omitted?.value(in: numbers.values) == value { continue }
            let stored = value * (try factor(of: parameter, numbers) ?? 1)
            let item = try parameter.metadataValue(of: stored)
            items += parameter.keys.map { MetadataItem(key($0), item) }
        }
        items += metadata.map { MetadataItem(key($0.key), $0.value) }
        return (numbers, items)
    }

    /// The parameter's value; nil for one that may be left out.
    private func value(
        of parameter: Hyperparameter, in config: ConfigReader, _ numbers: Hyperparameters
    ) throws(FormatError) -> Double? {
        let said = try config.number(of: parameter.config)
        if let fixed = parameter.fixedExpression(in: numbers.values) {
            guard let value = fixed.value(in: numbers.values) else {
                throw ConfigReader.fault("\(parameter.subject) cannot be computed as \(fixed.text)")
            }
            guard let said = said ?? parameter.absent, abs(said - value) > 1e-6 * abs(value) else { return value }
            throw FormatError(
                .unsupported,
                "\(parameter.subject) is \(said), and GGUF's '\(architecture)' has no key for it: the runtime takes \(value)",
                file: "config.json", remedy: "Keep the model in another format")
        }
        if let said { return said }
        if let usual = parameter.null ?? parameter.standard?.value(in: numbers.values) { return usual }
        guard parameter.isOptional else { throw ConfigReader.fault("it lacks \(parameter.subject)") }
        return nil
    }

    private func factor(of parameter: Hyperparameter, _ numbers: Hyperparameters) throws(FormatError) -> Double? {
        guard let scale = parameter.scale else { return nil }
        guard let factor = scale.value(in: numbers.values) else {
            throw ConfigReader.fault("\(parameter.subject) cannot be scaled by \(scale.text)")
        }
        return factor
    }

    /// Whether a config.json says what GGUF cannot, as notes; refused where the model would compute something else.
    func notes(on config: ConfigReader) throws(FormatError) -> [String] {
        var notes: [String] = []
        for check in checks {
            guard let (path, value) = config.first(of: check.config) ?? check.absent.map({ (check.config[0], $0) }),
                !check.accepted.contains(where: { $0.means(value) })
            else { continue }
            let said = "config.json's '\(path)' is \(value.text().prefix(80))"
            guard let note = check.note else {
                let accepted = check.accepted.map { $0.text() }.joined(separator: ", ")
                throw FormatError(
                    .unsupported,
                    "\(said), and GGUF's '\(architecture)' has no key for it: the runtime takes \(accepted)",
                    file: "config.json", remedy: "Keep the model in another format")
            }
            notes.append("\(said): \(note)")
        }
        return notes
    }

    /// Checks that config.json's kinds of layers have the order that the runtime takes.
    func checkLayerTypes(_ config: ConfigReader, _ numbers: Hyperparameters) throws(FormatError) {
        guard let period = layerTypePeriod, let types = config["layer_types"]?.arrayValue else { return }
        guard types.compactMap(\.stringValue) == layerTypes(numbers) else {
            throw FormatError(
                .unsupported,
                "the layers that attend to all tokens are not every \(numbers.count(period))th, as in GGUF's "
                    + "'\(architecture)'",
                file: "config.json", remedy: "Keep the model in another format")
        }
    }

    /// The kind of each layer, as config.json's `layer_types` spells them.
    func layerTypes(_ numbers: Hyperparameters) -> [String] {
        let period = max(1, layerTypePeriod.map(numbers.count) ?? 1)
        return (0..<numbers.count("layers")).map { ($0 + 1) % period == 0 ? "full_attention" : "sliding_attention" }
    }
}

extension Hyperparameter {
    /// What an error calls it.
    var subject: String { config.first.map { "'\($0)'" } ?? keys.first.map { "'\($0)'" } ?? name ?? "a number" }

    func fixedExpression(in values: [String: Double]) -> SizeExpression? {
        fixedCases.first { values[$0.name] == $0.value }?.fixed ?? fixed
    }

    func metadataValue(of number: Double) throws(FormatError) -> MetadataValue {
        switch kind {
        case .f32: return .f32(Float(number))
        case .u32:
            guard let whole = UInt32(exactly: number) else {
                throw ConfigReader.fault("\(subject) is \(number), not a whole number from 0 to \(UInt32.max)")
            }
            return .u32(whole)
        }
    }
}

extension JSONValue {
    /// Whether both are the same, numbers by their value.
    func means(_ other: JSONValue) -> Bool {
        if let number = doubleValue, let other = other.doubleValue { return number == other }
        return self == other
    }
}
