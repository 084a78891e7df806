import Architectures
import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// An artifact that goes into a rewrite, and the part that it plays.
struct RewriteParent: Sendable {
    let role: ParentRole
    let artifact: StoredArtifact
    /// What the user called it.
    let name: String

    init(_ artifact: StoredArtifact, role: ParentRole = .base, name: String) {
        self.artifact = artifact
        self.role = role
        self.name = name
    }

    var derivation: DerivationParent { DerivationParent(artifact.record.digest, role: role) }
}

/// Everything that a rewrite will write, known before the work.
struct RewritePlan: Sendable {
    /// A file with weights: its path, and where in it what goes.
    struct WeightsFile: Sendable {
        let path: String
        let layout: any OutputLayout
    }

    /// The artifacts that it is made from, each with one role once; the first is the one that it is compared with.
    let parents: [RewriteParent]
    let kind: ArtifactKind
    /// The full id of how most of its weights are stored.
    let scheme: String
    let recipe: Recipe
    /// Every tensor, in the order of the work.
    let tensors: [RewrittenTensor]
    let weights: [WeightsFile]
    /// The files without weights, and those of modules in folders. The index of shards is made when it is needed.
    let companions: [ExportPlan.File]
    /// What the new configuration tells.
    let facts: ModelFacts
    let tiesWordEmbeddings: Bool
    /// `safetensors` or `gguf`.
    let format: String
    /// What the user should read.
    var notes: [String] = []

    /// A folder of safetensors, cut the way its first parent is: one file of one, else where the longest of them ends.
    /// - Parameters:
    ///   - config: config.json as it will be; nil when there is none.
    ///   - scheme: nil takes the dtype that most of the numbers have.
    init(
        _ parents: [RewriteParent], kind: ArtifactKind, recipe: Recipe, tensors: [RewrittenTensor],
        companions: [ExportPlan.File], config: JSONValue?, scheme: String? = nil
    ) throws {
        self.parents = parents
        self.kind = kind
        self.recipe = recipe
        self.tensors = tensors
        self.companions = companions
        self.scheme = scheme ?? Self.denseScheme(of: tensors)
        let base = parents[0].artifact
        facts = ModelFacts(base.record.facts, config: config)
        tiesWordEmbeddings = config?["tie_word_embeddings"]?.boolValue == true
        format = Safetensors.name
        weights = try Self.shards(tensors, greatest: Self.shardByteCount(like: base))
    }

    /// A plan of files that are laid out already, as a GGUF file is.
    init(
        _ parents: [RewriteParent], kind: ArtifactKind, recipe: Recipe, tensors: [RewrittenTensor],
        weights: [WeightsFile], companions: [ExportPlan.File], facts: ModelFacts, scheme: String, format: String,
        tiesWordEmbeddings: Bool
    ) {
        self.parents = parents
        self.kind = kind
        self.recipe = recipe
        self.tensors = tensors
        self.weights = weights
        self.companions = companions
        self.facts = facts
        self.scheme = scheme
        self.format = format
        self.tiesWordEmbeddings = tiesWordEmbeddings
    }

    /// The dtype that most of the numbers have, as registering would find it.
    static func denseScheme(of tensors: [RewrittenTensor]) -> String {
        var counts: [DType: Int] = [:]
        for tensor in tensors {
            guard let dtype = tensor.type.dtype, dtype.isFloatingPoint else { continue }
            counts[dtype, default: 0] += tensor.elementCount
        }
        let greatest = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }
        return greatest?.key.rawValue.lowercased() ?? "none"
    }

    private static func shardByteCount(like artifact: StoredArtifact) -> Int {
        let files = artifact.files.filter { $0.role == "weights" && !$0.path.contains("/") }
        let longest = files.map(\.byteCount).max() ?? 0
        return files.count > 1 ? longest : max(longest, ConversionChoice.usualShardByteCount)
    }

    private static func shards(_ tensors: [RewrittenTensor], greatest: Int) throws -> [WeightsFile] {
        var shards: [[RewrittenTensor]] = [[]]
        var byteCount = 0
        for tensor in tensors {
            if byteCount > 0, byteCount + tensor.byteCount > greatest {
                shards.append([])
                byteCount = 0
            }
            shards[shards.count - 1].append(tensor)
            byteCount += tensor.byteCount
        }
        return try shards.enumerated().map { index, tensors in
            let layout = try SafetensorsLayout(
                tensors: tensors.map { tensor in
                    guard let dtype = tensor.type.dtype else {
                        throw FormatError(
                            .refused, "\(tensor.type) blocks have no place outside of GGUF", tensor: tensor.name,
                            remedy: "Report it together with the command")
                    }
                    return (name: tensor.name, dtype: dtype, shape: tensor.shape)
                }, metadata: [("format", "pt")])
            return WeightsFile(path: SafetensorsIndex.shardName(index, of: shards.count), layout: layout)
        }
    }

    var recipeDigest: Digest { recipe.digest }
    var derivationParents: [DerivationParent] {
        var seen: Set<DerivationParent> = []
        return parents.map(\.derivation).filter { seen.insert($0).inserted }
    }
    /// Equal for the same work.
    var subject: String {
        (derivationParents.map(\.digest.hex) + [recipeDigest.hex]).joined(separator: " ")
    }
}

extension ModelFacts {
    /// What a new configuration tells, and what the parent's card told.
    init(_ parent: ModelFacts, config: JSONValue?) {
        self.init(config.map { ModelProperties(config: $0) }, card: nil)
        if config == nil { self = parent }
        license = parent.license
        baseModel = parent.baseModel
        quantization = nil
    }
}
