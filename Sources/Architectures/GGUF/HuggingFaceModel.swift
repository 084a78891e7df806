package import Bytes

/// A model that GGUF holds, as a folder of the Hugging Face layout: how each tensor is made, and the JSON files but for
/// the tokenizer's.
package struct HuggingFaceModel: Equatable, Sendable {
    /// A file of the folder.
    package struct File: Equatable, Sendable {
        /// Its path in the folder, such as `1_Pooling/config.json`.
        package let path: String
        package let content: JSONValue
    }

    /// The name of the family.
    package let family: String
    package let layout: LayoutMapping
    /// config.json, with its members in the order in which transformers writes them.
    package let config: JSONObject
    /// Files beside config.json.
    package let files: [File]

    /// The GGUF tensors whose values the initializer needs, as far as the file has them.
    package static let neededValues = GGUFRope.divisorTensors

    /// - Parameters:
    ///   - tensors: the GGUF file's tensors, names and sizes (outermost dimension first).
    ///   - metadata: its metadata. Arrays may be left out.
    ///   - values: the values of the tensors in `neededValues`, by name.
    ///   - dtype: the dtype of the folder's tensors in PyTorch's words, such as `bfloat16`.
    ///   - packed: the tensors of MXFP4 blocks that stay such where the family's folders have a layout for them.
    /// - Throws: `FormatError` when the architecture is unknown, and when tensors are missing, unknown or contradict
    ///   the metadata.
    package init(
        tensors: [(name: String, shape: [Int])], metadata: [String: MetadataValue], values: [String: [Float]] = [:],
        dtype: String? = nil, packed: Set<String> = []
    ) throws(FormatError) {
        var reader = try MetadataReader(metadata)
        let family = try Self.family(of: &reader)
        guard let convention = family.gguf else { throw Self.unknown(reader.architecture) }
        var sources = try SourceTensors(tensors) { NumberedName($0) }
        var (numbers, config) = try convention.read(&reader, sources)
        config.set("architectures", to: convention.config["architectures"] ?? .array([]))
        for member in convention.config.members { config.set(member.key, to: member.value) }
        var flags: [String: Bool] = [:]
        for flag in convention.flags {
            let place = flag.tensor.contains("*") ? [0] : []
            let isOn = sources.contains(flag.tensor, place)
            flags[flag.name] = isOn
            config.set(flag.config, to: .bool(isOn != flag.isInverted))
        }
        if convention.layerTypePeriod != nil {
            config["layer_types"] = .array(convention.layerTypes(numbers).map { .string($0) })
        }
        var layout = LayoutMapping()
        if let rules = convention.rope {
            let divisors = try rules.divisors(among: &sources, values)
            let scaling = try RopeScaling(reading: &reader, divisors, rules, numbers)
            scaling.write(to: &config, rules, notes: &layout.notes)
            layout.dropped = divisors.keys.sorted().map { name in
                LayoutMapping.Dropped(name: name, reason: "config.json's 'rope_scaling' says it")
            }
        }
        let builder = HuggingFaceTensorBuilder(
            convention: convention, numbers: numbers, flags: flags, packed: packed)
        layout.tensors = try builder.build(from: &sources)
        try builder.refuseUnused(sources)
        if layout.tensors.contains(where: \.isPacked) {
            for member in convention.packedConfig.members { config.set(member.key, to: member.value) }
        }
        files = convention.pools ? try Self.poolingFiles(&reader, convention, numbers) : []
        _ = try reader.number(convention.key("{arch}.vocab_size"))  // config.json has the embedding's own size
        layout.notes += reader.unread.map { "config.json has no member for '\($0)'" }
        if let dtype { config["dtype"] = .string(dtype) }
        self.family = family.name
        self.layout = layout
        self.config = config.sorted()
    }

    /// The family that reads this architecture; where several could, the keys decide.
    private static func family(of reader: inout MetadataReader) throws(FormatError) -> ModelFamily {
        var usual: ModelFamily?
        for family in ModelFamily.all {
            guard let convention = family.gguf, convention.architecture == reader.architecture else { continue }
            switch convention.reading {
            case .never: continue
            case .always: usual = family
            case .whenPositive(let key):
                if let count = try reader.number(convention.key(key)), count > 0 { return family }
            }
        }
        guard let usual else { throw unknown(reader.architecture) }
        return usual
    }

    private static func unknown(_ architecture: String) -> FormatError {
        let known = Set(ModelFamily.all.compactMap(\.gguf?.architecture)).sorted().joined(separator: ", ")
        return FormatError(
            .unsupported, "the architecture '\(architecture)' is none that becomes a Hugging Face folder: \(known)",
            remedy: "Keep the model in GGUF")
    }

    /// The files by which sentence-transformers knows how tokens become one vector.
    private static func poolingFiles(
        _ reader: inout MetadataReader, _ convention: GGUFConvention, _ numbers: Hyperparameters
    ) throws(FormatError) -> [File] {
        guard let type = try reader.number(convention.key("{arch}.pooling_type")),
            let pooling = Pooling.allCases.first(where: { Double($0.rawValue) == type })
        else { return [] }
        return pooling.files(width: numbers.count("hidden")).map { File(path: $0.path, content: $0.content) }
    }
}
