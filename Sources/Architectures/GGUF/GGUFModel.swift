package import Bytes

/// A model of the Hugging Face layout as GGUF holds it: how each tensor is made, and the metadata but for the
/// tokenizer's and `general.file_type`.
package struct GGUFModel: Equatable, Sendable {
    /// The name of the family.
    package let family: String
    package let layout: LayoutMapping
    /// In the order to write; no key twice.
    package let metadata: [MetadataItem]

    /// - Parameters:
    ///   - tensors: the checkpoint's tensors, names and sizes (outermost dimension first).
    ///   - config: the checkpoint's config.json.
    ///   - description: what else is known about the model.
    /// - Throws: `FormatError` when the family is unknown to GGUF, when tensors are missing, unknown or contradict
    ///   config.json, and when config.json says what GGUF cannot.
    package init(
        tensors: [(name: String, shape: [Int])], config: JSONValue, description: ModelDescription = ModelDescription()
    ) throws(FormatError) {
        let family = try Self.family(of: config)
        guard let convention = family.gguf else { throw Self.unknown("the family '\(family.name)'") }
        let reader = ConfigReader(config)
        let (numbers, hyperparameters) = try convention.read(reader)
        try convention.checkLayerTypes(reader, numbers)
        var layout = LayoutMapping()
        layout.notes = try convention.notes(on: reader)
        var sources = try SourceTensors(tensors, usual: convention.usualName)
        var rope = GGUFRope()
        if let rules = convention.rope {
            rope = try GGUFRope(RopeScaling(reading: reader, rules, numbers, notes: &layout.notes), convention, numbers)
        }
        let flags = try convention.flags(in: reader, sources)
        var builder = GGUFTensorBuilder(convention: convention, numbers: numbers, flags: flags)
        layout.tensors = try builder.build(from: &sources) + rope.tensors
        layout.notes += builder.notes
        layout.dropped = try builder.dropped(of: sources)
        self.family = family.name
        let general = description.metadata(architecture: convention.architecture, tensors: layout.tensors)
        let pooling = convention.pools ? description.poolingType : nil
        metadata =
            general + hyperparameters
            + rope.metadata.filter { item in !hyperparameters.contains { $0.key == item.key } }
            + [pooling.map { MetadataItem(convention.key("{arch}.pooling_type"), .u32($0)) }].compactMap(\.self)
            + [MetadataItem("general.quantization_version", .u32(2))]
        self.layout = layout
    }

    private static func family(of config: JSONValue) throws(FormatError) -> ModelFamily {
        guard let type = config["model_type"]?.stringValue else {
            throw ConfigReader.fault("it lacks 'model_type'")
        }
        guard let family = ModelFamily.of(modelType: type) else { throw unknown("the model type '\(type)'") }
        return family
    }

    private static func unknown(_ subject: String) -> FormatError {
        let known = ModelFamily.all.filter { $0.gguf != nil }.flatMap(\.modelTypes).joined(separator: ", ")
        return FormatError(
            .unsupported, "\(subject) is none that is written as GGUF: \(known)", file: "config.json",
            remedy: "Keep the model in another format")
    }
}

extension GGUFConvention {
    /// The name that the rules have for a checkpoint's tensor: the first spelling of which a rule knows the pattern.
    func usualName(_ name: String) -> NumberedName {
        var name = name
        if let ending = endings.first(where: { name.hasSuffix($0.from) }) {
            name = name.dropLast(ending.from.count) + ending.to
        }
        let given = NumberedName(name)
        if knownPatterns.contains(given.pattern) { return given }
        for prefix in prefixes where name.hasPrefix(prefix.from) {
            let usual = NumberedName(prefix.to + name.dropFirst(prefix.from.count))
            if knownPatterns.contains(usual.pattern) { return usual }
        }
        return given
    }

    /// What the model has, by config.json and by the tensors.
    func flags(in config: ConfigReader, _ sources: SourceTensors) throws(FormatError) -> [String: Bool] {
        var known: [String: Bool] = [:]
        for flag in flags {
            if let said = try config.bool(flag.config) ?? flag.standard {
                known[flag.name] = said != flag.isInverted
            } else {
                let forms = tensors.first { $0.gguf == flag.tensor }?.forms ?? []
                known[flag.name] = forms.flatMap(\.patterns).contains { pattern in
                    sources.contains(pattern, Array(repeating: 0, count: pattern.count { $0 == "*" }))
                }
            }
        }
        return known
    }
}
