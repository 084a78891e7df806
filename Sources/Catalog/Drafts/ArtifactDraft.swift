package import Bytes

/// What an artifact is made by: the last step that changed its numbers.
package enum ArtifactKind: String, CaseIterable, Sendable {
    case checkpoint, quantized, pruned, distilled, cast, merged, repacked
}

/// Whether an artifact was brought in or made here.
package enum ArtifactOrigin: String, CaseIterable, Sendable {
    case imported, derived
}

/// What a model's configuration tells; nil where it does not.
package struct ModelFacts: Equatable, Sendable {
    /// The class named by the configuration, such as `LlamaForCausalLM`.
    package var architecture: String?
    /// The family, such as `llama`.
    package var modelType: String?
    package var layerCount: Int?
    package var hiddenSize: Int?
    package var intermediateSize: Int?
    package var headCount: Int?
    package var keyValueHeadCount: Int?
    package var vocabularySize: Int?
    /// The longest context, in tokens.
    package var contextLength: Int?
    package var license: String?
    /// What the model card says that it was made from.
    package var baseModel: String?
    /// How the weights are quantized, for people: "GPTQ 4-bit, group 128, act-order".
    package var quantization: String?

    package init(
        architecture: String? = nil, modelType: String? = nil, layerCount: Int? = nil, hiddenSize: Int? = nil,
        intermediateSize: Int? = nil, headCount: Int? = nil, keyValueHeadCount: Int? = nil,
        vocabularySize: Int? = nil, contextLength: Int? = nil, license: String? = nil, baseModel: String? = nil,
        quantization: String? = nil
    ) {
        self.architecture = architecture
        self.modelType = modelType
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.license = license
        self.baseModel = baseModel
        self.quantization = quantization
    }
}

/// Where a model was published.
package struct Publication: Equatable, Sendable {
    /// Such as `owner/name` on a hub.
    package var repository: String
    /// The commit or the manifest's digest there, where it is known.
    package var revision: String?

    package init(repository: String, revision: String? = nil) {
        self.repository = repository
        self.revision = revision
    }
}

/// An artifact that is about to enter the catalog: its bytes are stored, its facts are known.
package struct ArtifactDraft: Sendable {
    package var digest: Digest
    /// Nil when no file in it holds tensors that Ingot reads.
    package var weightsDigest: Digest?
    package var kind: ArtifactKind
    package var origin: ArtifactOrigin
    /// The full id of how its weights are stored, such as `bf16` or `bnb-nf4-dq`.
    package var scheme: String
    /// The file format of its weights, such as `safetensors`.
    package var format: String
    package var facts: ModelFacts
    /// Numbers that the model has learned; tied ones once.
    package var parameterCount: Int
    /// Bytes of all weight tensors with their scales; tied ones once.
    package var weightByteCount: Int
    /// Where it was registered from.
    package var sourcePath: String?
    /// Where it was published, as what it was registered from tells.
    package var publication: Publication?
    /// The options that its files were read with, where these gave other tensors than the usual reading.
    package var reading: String?
    /// Every blob that a segment names, in any order.
    package var blobs: [BlobDraft]
    package var files: [FileDraft]
    package var derivation: DerivationDraft?
    /// What its model card says; nil without one, or when it is read later.
    package var card: CardDraft?

    package init(
        digest: Digest, weightsDigest: Digest?, kind: ArtifactKind, origin: ArtifactOrigin, scheme: String,
        format: String, facts: ModelFacts = ModelFacts(), parameterCount: Int, weightByteCount: Int,
        sourcePath: String? = nil, reading: String? = nil, blobs: [BlobDraft], files: [FileDraft],
        derivation: DerivationDraft? = nil
    ) {
        self.digest = digest
        self.weightsDigest = weightsDigest
        self.kind = kind
        self.origin = origin
        self.scheme = scheme
        self.format = format
        self.facts = facts
        self.parameterCount = parameterCount
        self.weightByteCount = weightByteCount
        self.sourcePath = sourcePath
        self.reading = reading
        self.blobs = blobs
        self.files = files
        self.derivation = derivation
    }
}

/// Which name an artifact gets as it enters.
package struct Naming: Sendable {
    /// What happens when the name belongs to other bytes.
    package enum TakenName: Sendable {
        /// Nothing enters the catalog, and `CatalogError` `nameTaken` is thrown.
        case refuse
        /// The tag moves; its history keeps where it was.
        case move
    }

    package var name: TagName
    package var ifTaken: TakenName

    package init(_ name: TagName, ifTaken: TakenName = .refuse) {
        self.name = name
        self.ifTaken = ifTaken
    }
}
