// What each act reports. Encoded by the command line with snake_case keys; `schemas/output/*.schema.json` describe
// them.

/// What `register` did.
public struct RegisterReport: Codable, Sendable {
    /// `registered`, or `unchanged` when the store already had these bytes under this name.
    public var outcome: String
    /// `model:tag`, as it can be typed.
    public var name: String
    /// The version number under the bare name, if it has one.
    public var version: Int?
    /// The artifact digest.
    public var digest: String
    /// The weights digest.
    public var weightsDigest: String
    public var kind: String
    public var scheme: String
    public var format: String
    public var fileCount: Int
    /// Tensors as the model means them: a quantized one with its scales is one.
    public var tensorCount: Int
    public var parameterCount: Int
    /// The sum of the files' bytes.
    public var logicalBytes: Int
    /// Bytes that this act added to the store.
    public var newBytes: Int
    /// Files of the folder that were not taken along, and why.
    public var leftOut: [LeftOut]
    /// Files that stay where they are, by absolute path.
    public var referenced: [String]
    /// Remarks that the user should read.
    public var notes: [String]
    public var seconds: Double
    /// The conversion that followed, for `register --to`.
    public var conversion: ConvertReport?
    /// What compressing it saved, for `register --compress`.
    public var compression: CompressReport?
    /// A command that would work on a checkpoint now; nil when none suggests itself.
    public var next: String?
    /// The training runs that wrote it.
    public var runs: [CheckpointRow] = []

    /// A file that was not taken along.
    public struct LeftOut: Codable, Sendable {
        public var path: String
        public var reason: String
    }
}

/// What `export` wrote.
public struct ExportReport: Codable, Sendable {
    public var name: String
    public var digest: String
    public var destination: String
    /// The format of the weights that were written.
    public var format: String
    public var files: [File]
    public var bytes: Int
    /// Tensors that were not written as they are.
    public var changes: [Change]
    /// Of a GGUF file that became a Hugging Face folder: what GGUF would get back of it.
    public var roundTrip: RoundTrip?
    public var notes: [String]
    public var seconds: Double

    /// What the written folder gives when it is turned into GGUF again, found by doing so without keeping it.
    public struct RoundTrip: Codable, Sendable {
        /// Tensors that come back byte for byte.
        public var identical: Int
        /// Tensors that come back with other bytes, or not at all.
        public var different: [String]
        /// Tensors that were not compared: quantized ones, and those that were cast.
        public var notCompared: Int
        /// Keys of the file's metadata that come back with another value.
        public var changedKeys: [String]
        /// Keys of the file's metadata that do not come back.
        public var lostKeys: [String]
    }

    /// A tensor that was dropped or has another type.
    public struct Change: Codable, Sendable {
        /// In the exported files; of a dropped tensor in the artifact.
        public var name: String
        /// `dropped`, `cast`, or `widened` where a wider type than was asked for is kept.
        public var outcome: String
        public var reason: String?
        public var fromType: String?
        public var toType: String?
        /// Finite numbers that the new type cannot hold.
        public var overflow = 0
        /// Numbers that became zero.
        public var underflow = 0
        /// Numbers that became subnormal.
        public var subnormal = 0
        public var nan = 0
        public var infinity = 0
    }

    /// One file that was written.
    public struct File: Codable, Sendable {
        public var path: String
        public var bytes: Int
        public var digest: String
        /// `copied`, `linked` or `written`.
        public var method: String
    }
}

/// A row of the view `artifact_summary`.
public struct ArtifactRow: Codable, Sendable {
    public var name: String?
    public var tag: String?
    public var version: Int?
    public var kind: String
    public var origin: String
    public var scheme: String
    public var format: String
    public var digest: String
    public var weightsDigest: String
    public var architecture: String?
    public var parameters: Int
    public var logicalBytes: Int
    public var storedBytes: Int
    public var uniqueBytes: Int
    public var bitsPerWeight: Double?
    public var relRmse: Double?
    public var license: String?
    public var createdAt: String
    /// How its weights are quantized, in words; nil for plain ones.
    public var quantization: String?
    /// Blobs of it whose bytes are not in the store: they are derived again when they are needed.
    public var evictedBlobs = 0
}

/// Everything about one artifact.
public struct ArtifactDetail: Codable, Sendable {
    public var artifact: ArtifactRow
    /// Every `model:tag` and `model@vN` that means this artifact.
    public var names: [String]
    public var modelType: String?
    public var layerCount: Int?
    public var hiddenSize: Int?
    public var headCount: Int?
    public var keyValueHeadCount: Int?
    public var vocabularySize: Int?
    public var contextLength: Int?
    public var baseModel: String?
    /// What the model card says it is for, such as `text-generation`.
    public var pipeline: String?
    /// The library it is for, as the card says.
    public var library: String?
    /// Language codes, as the card gives them.
    public var languages: [String] = []
    /// The card's own tags, which are no names.
    public var cardTags: [String] = []
    /// Data it was trained on, as the card says.
    public var datasets: [String] = []
    /// What was noted of it, oldest first.
    public var notes: [ArtifactNote] = []
    /// Where it was registered from.
    public var sourcePath: String?
    /// Where it was published, as the store that it was registered from tells.
    public var sourceRepository: String?
    /// The commit or the manifest's digest there.
    public var sourceRevision: String?
    /// The options that its files were read with, where these gave other tensors than the usual reading.
    public var reading: String?
    public var files: [File]
    /// Tensors as the model means them: a quantized one with its scales is one.
    public var tensorCount: Int
    public var parents: [Relation]
    public var children: [Relation]
    public var results: [ResultRow]
    /// The training runs that wrote it.
    public var runs: [CheckpointRow] = []

    /// One file of the artifact.
    public struct File: Codable, Sendable {
        public var path: String
        public var role: String
        public var bytes: Int
        public var digest: String
        /// Where the bytes are, when they were left in place; nil when the store holds them.
        public var referencedPath: String?
    }

    /// A parent or child, and how it came about.
    public struct Relation: Codable, Sendable {
        /// `model:tag`, or `@digest` for an artifact without a name or one that is gone.
        public var name: String
        public var digest: String
        public var role: String
        /// The recipe as JSON text; nil for what was made elsewhere.
        public var recipe: String?
        public var tool: String?
        public var toolVersion: String?
        public var relRmse: Double?
        public var createdAt: String
    }
}

/// A row of the view `tensor_summary`.
public struct TensorRow: Codable, Sendable {
    /// As the model means it: `x.weight`, also where the file says `x.qweight`.
    public var name: String
    /// The dtype of a dense tensor, the scheme of a quantized one.
    public var dtype: String
    public var shape: [Int]
    public var parameters: Int
    public var bytes: Int
    public var digest: String
    public var minimum: Double?
    public var maximum: Double?
    public var absoluteMaximum: Double?
    public var mean: Double?
    public var standardDeviation: Double?
    public var zeroFraction: Double?
    public var nanCount: Int
    public var infinityCount: Int
    public var relRmse: Double?
    public var cosine: Double?
    public var snrDb: Double?
    public var maximumError: Double?
    public var bitsPerWeight: Double?
    /// The scheme; nil when it is not quantized.
    public var scheme: String?
    /// The bits of one code; nil when it is not quantized.
    public var bits: Int?
    /// Neighbors in a row that share a scale; nil where rows, blocks or the tensor do.
    public var groupSize: Int?
    /// The name of the stored tensor that holds it, or its codes.
    public var storedName: String
    /// `relRmse` with each square times its column's importance; nil where no importance was given.
    public var weightedRelRmse: Double?
    /// The share of elements that became zero and were not; nil when they were not counted.
    public var shareZero: Double?
    /// The share of elements beyond the range of their block's codes; nil when they were not counted.
    public var shareClipped: Double?
}

/// The relatives of an artifact, as a tree from the oldest known ancestor.
public struct LineageReport: Codable, Sendable {
    public var name: String
    public var digest: String
    public var edges: [Edge]
    /// What is told of each artifact that is here, by digest.
    public var artifacts: [Node] = []
    /// Parents that are only known by name.
    public var stubs: [Stub] = []

    /// An artifact of the tree.
    public struct Node: Codable, Sendable {
        public var name: String
        public var digest: String
        public var kind: String
        public var scheme: String
        public var license: String?
        public var logicalBytes: Int
    }

    /// A model that the card of an artifact names as what it was made from, and that is no recorded parent.
    public struct Stub: Codable, Sendable {
        public var name: String
        public var child: String
        public var childDigest: String
    }

    /// A child and one of its parents.
    public struct Edge: Codable, Sendable {
        public var child: String
        public var childDigest: String
        public var parent: String
        public var parentDigest: String
        public var role: String
        public var recipe: String?
        public var tool: String?
        public var toolVersion: String?
        public var host: String?
        /// ISO 8601, UTC.
        public var createdAt: String
        public var seconds: Double?
        public var relRmse: Double?
    }
}

/// A row of the view `result_summary`.
public struct ResultRow: Codable, Sendable {
    public var artifact: String?
    public var digest: String
    public var task: String?
    public var metric: String
    /// Nil for NaN and infinities, which `valueText` spells.
    public var value: Double?
    public var valueText: String?
    public var unit: String?
    public var higherIsBetter: Bool?
    public var stderr: Double?
    public var sampleCount: Int?
    public var dataset: String?
    public var tool: String?
    public var toolVersion: String?
    public var host: String?
    public var measuredAt: String
    public var datasetDigest: String?
    /// Of what the model was asked: documents, prompts and expected answers.
    public var promptDigest: String?
    /// Of the file that it was imported from.
    public var sourceDigest: String?
    public var cpu: String?
    public var cores: Int?
    public var memoryBytes: Int?
    public var gpu: String?
    public var os: String?
    /// How it was measured and what else is known, as JSON text.
    public var extra: String?
}

/// What `results add` and `results import` did.
public struct ResultsReport: Codable, Sendable {
    public var name: String
    public var digest: String
    public var added: Int
    /// Rows that were there already.
    public var unchanged: Int
    public var notes: [String]
}

/// What `tag`, `rename` did.
public struct NameReport: Codable, Sendable {
    public var name: String
    public var digest: String
    public var notes: [String]
}

/// What `rm` did.
public struct RemoveReport: Codable, Sendable {
    /// Names that mean nothing any more.
    public var names: [String]
    /// Digests of the artifacts that the catalog has forgotten.
    public var artifacts: [String]
    public var freedBytes: Int
    public var freedBlobs: Int
    public var notes: [String]
}
