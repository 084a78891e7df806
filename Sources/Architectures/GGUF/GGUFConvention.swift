import Bytes

/// How GGUF writes the models of one family: the section `gguf` of its file in `Families/`.
///
/// A name of a tensor or module is a pattern: `*` stands for a number,
/// first the layer's, then the expert's. `{arch}` in a metadata key stands for the architecture's name.
struct GGUFConvention: Sendable {
    /// `general.architecture`.
    let architecture: String
    /// Whether a GGUF file of this architecture becomes a folder of this family. One architecture may serve several.
    let reading: Reading
    /// Beginnings of names that checkpoints use, and the usual ones.
    let prefixes: [Replacement]
    /// Endings of names that checkpoints use, and the usual ones.
    let endings: [Replacement]
    /// The numbers that config.json and the metadata share, in an order in which each needs only those before it.
    let parameters: [Hyperparameter]
    let flags: [Flag]
    /// Members of config.json that are the same for all models that GGUF can express.
    let config: JSONObject
    /// Members of config.json for models whose experts stay packed.
    let packedConfig: JSONObject
    /// Metadata that is the same for all models of the family.
    let metadata: [MetadataItem]
    let checks: [Check]
    /// The parameter that says how many layers make a period, of which the last attends to all tokens and the others to
    /// a window; nil when all layers are alike.
    let layerTypePeriod: String?
    let rope: Rope?
    /// Whether sentence-transformers' pooling is written.
    let pools: Bool
    let tensors: [TensorRule]
    /// Tensors of checkpoints that GGUF does not carry, with the reason.
    let dropped: [String: String]
    /// The same by the beginning of the name.
    let droppedPrefixes: [Replacement]
    /// All names of checkpoints that the rules speak of.
    let knownPatterns: Set<String>

    enum Reading: Equatable, Sendable {
        case always, never
        /// When this key is above zero.
        case whenPositive(String)
    }

    struct Replacement: Sendable {
        let from: String
        let to: String
    }

    /// A property of the model that shows in which tensors it has, and that config.json says as true or false.
    struct Flag: Sendable {
        let name: String
        let config: String
        /// Whether config.json says the opposite, as `tie_word_embeddings` does of an output matrix.
        let isInverted: Bool
        /// What config.json means when it says nothing; nil: whatever the tensors tell.
        let standard: Bool?
        /// The GGUF tensor that shows it.
        let tensor: String
    }

    /// A member of config.json that GGUF has no key for.
    struct Check: Sendable {
        let config: [String]
        let accepted: [JSONValue]
        /// What config.json means when it says nothing; nil when any model may say nothing.
        let absent: JSONValue?
        /// What is lost with another value; nil when other values are refused.
        let note: String?
    }

    /// What may be said of rotary position embeddings.
    struct Rope: Sendable {
        /// The kind of layer whose parameters count, where config.json keeps those of several.
        let layerType: String?
        /// The kind of the other layers, whose embeddings are not scaled.
        let otherLayerType: String?
        /// The kinds of scaling that the runtime's architecture computes.
        let scalings: Set<String>
        /// Whether `{arch}.rope.scaling.type` is written.
        let writesType: Bool
        /// Whether YaRN's ramp begins and ends at whole dimensions, which GGUF has no key for; nil when config.json says
        /// nothing of it.
        let yarnTruncates: Bool?
    }

    /// The metadata key with the architecture's name put in.
    func key(_ pattern: String) -> String {
        guard pattern.hasPrefix("{arch}") else { return pattern }
        return architecture + pattern.dropFirst("{arch}".count)
    }

    /// The hyper-parameters by which lists grow, and the most of each that is handled: more would be a header that
    /// lies.
    static let greatestCounts: [String: Double] = ["layers": 1024, "experts": 4096, "head": 16_384]
}

/// A number that config.json and GGUF's metadata share.
struct Hyperparameter: Sendable {
    enum Kind: String, Sendable { case u32, f32 }

    /// The name by which expressions know it.
    let name: String?
    /// The metadata keys that hold it; all are written, the first that is there is read.
    let keys: [String]
    let kind: Kind
    /// Members of config.json that hold it, by path; the first that is there is read.
    let config: [String]
    /// The members that are written.
    let written: [String]
    /// Its value where nothing is said.
    let standard: SizeExpression?
    /// Its value where the metadata says nothing, if that is another.
    let unsaid: SizeExpression?
    /// The value that the runtime computes by itself: whoever says another is refused.
    let fixed: SizeExpression?
    /// The same for models with a certain value of another parameter.
    let fixedCases: [(name: String, value: Double, fixed: SizeExpression)]
    /// The value that a config.json means that does not say the fixed one.
    let absent: Double?
    /// The value for which the key is not written.
    let omitted: SizeExpression?
    /// The number that stands in the metadata for a null in config.json.
    let null: Double?
    /// The key holds the number in config.json times this.
    let scale: SizeExpression?
    /// The GGUF tensor and the dimension whose size tells it.
    let tensor: (name: String, dimension: Int)?
    let isOptional: Bool
    /// Whether the metadata is written by another part, such as the tokenizer's, and only read here.
    let isOnlyRead: Bool
}

/// One GGUF tensor (of each layer, when its name has a `*`) and where it comes from.
struct TensorRule: Sendable {
    enum Form: Sendable {
        /// One tensor, as it is.
        case one(String)
        /// The rows of several tensors, one after the other.
        case joined([String])
        /// One tensor for each expert, stacked along a new first dimension.
        case each(String)
        /// One of several parts of a tensor.
        case part(Part)

        /// The tensors that the form needs in the layer, the first expert's standing for all.
        var patterns: [String] {
            switch self {
            case .one(let pattern), .each(let pattern): [pattern]
            case .part(let part): [part.pattern]
            case .joined(let patterns): patterns
            }
        }
    }

    /// One of `count` equal parts of a tensor of [experts, rows, …], along the rows.
    struct Part: Sendable {
        let index: Int
        let count: Int
        let pattern: String
        /// Whether the parts' rows take turns; else the parts lie one after the other.
        let isInterleaved: Bool
        /// Whether the tensor is [experts, …, rows].
        let isTransposed: Bool
        /// Whether it is MXFP4 codes, stored apart from their scales. Its shape is that of the numbers.
        let isPacked: Bool

        /// A whole tensor of [experts, out, in].
        static func whole(_ pattern: String) -> Self {
            Self(
                index: 0, count: 1, pattern: pattern, isInterleaved: false, isTransposed: false, isPacked: false)
        }
    }

    let gguf: String
    /// The forms in which checkpoints hold it; the first is written, or the one of packed codes for such.
    let forms: [Form]
    let shape: [SizeExpression]
    /// The sizes once more, told by what their elements belong to: GPT-2's `3*hidden` rows are `3*heads*head`.
    let axes: [String]
    /// The attention heads whose rows are reordered; nil when rows stay as they are.
    let heads: SizeExpression?
    let isTransposed: Bool
    let addend: Float
    let staysF32: Bool
    /// The flag that must hold for the tensor to be there; nil for one of every model.
    let flag: String?
    /// Whether a model may do without it (also when the flag holds).
    let isOptional: Bool

    var isOfLayer: Bool { gguf.contains("*") }
}
