/// What a file or folder holds that was looked at without registering it.
public struct InspectReport: Codable, Sendable {
    /// The folder or file, as an absolute path.
    public var path: String
    /// The format of its weights: `safetensors`, `gguf` …
    public var format: String
    /// The scheme that it would be registered with: `bf16`, `gptq-4-g128` …
    public var scheme: String
    /// How its weights are quantized, in words; nil for plain ones.
    public var quantization: String?
    /// The model class, or what the file calls the architecture.
    public var architecture: String?
    /// Numbers in its floating-point and quantized tensors; those that several names share count once.
    public var parameters: Int
    /// Tensors as a model means them: a quantized one with its scales is one.
    public var tensorCount: Int
    /// Bytes of all tensors, inflated where a file has them compressed; those that several names share count once.
    public var bytes: Int
    public var files: [File]
    /// Tensors by the type that they are stored in, most bytes first.
    public var types: [TypeCount]
    /// In the order of their names' bytes.
    public var tensors: [Tensor]
    /// What the weights files say about themselves.
    public var metadata: [Entry]
    /// Files that would not travel, and why.
    public var leftOut: [RegisterReport.LeftOut]
    public var notes: [String]
    /// Which rules can have made the scales of microscaled tensors, by scheme; nil when that was not asked for.
    public var scaleRules: [ScaleRules]?

    /// A file that belongs to the model.
    public struct File: Codable, Sendable {
        public var path: String
        /// `weights`, `config`, `tokenizer` …
        public var role: String
        public var bytes: Int
        /// Stored tensors in it, scales and code tables too.
        public var tensorCount: Int
    }

    /// Tensors of one type.
    public struct TypeCount: Codable, Sendable {
        /// A dtype, or a scheme.
        public var type: String
        public var tensorCount: Int
        public var parameters: Int
        public var bytes: Int
    }

    /// A tensor as the model means it.
    public struct Tensor: Codable, Sendable {
        public var name: String
        /// The dtype of a plain tensor, the scheme of a quantized one.
        public var type: String
        public var shape: [Int]
        /// With its scales, as they are meant: inflated where the file has them compressed.
        public var bytes: Int
        /// The file that holds it, or its codes.
        public var file: String
        /// Where its bytes begin there.
        public var byteOffset: Int
        /// The bits of one code; nil when it is not quantized.
        public var bits: Int?
        /// Neighbors in a row that share a scale; nil where rows, blocks or the tensor do.
        public var groupSize: Int?
    }

    /// A thing that a file says about itself.
    public struct Entry: Codable, Sendable {
        public var file: String
        public var key: String
        public var value: String
    }

    /// What the greatest elements of blocks say about the rule by which their E8M0 scales were made.
    public struct ScaleRules: Codable, Sendable {
        /// `gguf-mxfp4`, `mlx-mxfp8` …
        public var scheme: String
        /// Of `floor`, `nearest`, `ceil` and `bump` those that no block excludes, or `search` when none is left; empty
        /// when no block tells anything.
        public var rules: [String]
        public var tensorCount: Int
        public var blockCount: Int
        /// The blocks by their greatest element, the greatest first. Zeros, and scales at the ends of E8M0, are not
        /// among them.
        public var greatest: [Greatest]
    }

    /// Blocks whose greatest element is one of some neighbors.
    public struct Greatest: Codable, Sendable {
        /// The elements: `6`, `256 to 288`, `below 224`.
        public var elements: String
        public var blockCount: Int
    }
}
