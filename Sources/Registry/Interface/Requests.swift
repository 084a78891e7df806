/// What to register, under which name, and how.
public struct RegisterRequest: Sendable {
    /// A weights file, or a folder that holds some.
    public var path: String
    /// The name to give, `[owner/]model[:tag]`; nil takes the folder's or file's own name.
    public var name: String?
    /// What becomes of the weights' bytes; nil clones those that another tool keeps, where the file system can, and
    /// copies everything else.
    public var storage: Storage?
    /// What to do when the name already means other bytes.
    public var taken: NameTaken = .refuse
    /// The artifact's kind; nil when the files tell (`checkpoint`, or `quantized` for a quantized one).
    public var kind: String?
    /// Where the artifact came from, when it was made elsewhere: registered artifacts by role.
    public var parents: [ParentReference] = []
    /// The training run that wrote it.
    public var run: String?
    /// The step at which the run wrote it.
    public var step: Int?
    /// How it was made from its parents, when that was done elsewhere: `temperature=2,alpha=0.5`.
    public var trainingParameters: String?
    /// The whole numbers that its matrices were trained for: `int4 symmetric group 32`.
    public var trainingGrid: String?
    /// Threads to use; nil for one a core.
    public var threadCount: Int?
    /// How files are read that leave a choice.
    public var reading = ReadingOptions()

    /// Whether the store holds the bytes or only knows where they are.
    public enum Storage: String, Sendable {
        /// The store gets its own copy.
        case copy
        /// Weights files stay where they are; small companion files are copied.
        case reference
        /// Weights files become blobs as they are and take no space: clones where the file system shares blocks until
        /// one side changes, else second names of the same files (hard links), else copies. What writes into a linked
        /// file damages the store's too; removing it does not.
        case link
    }

    /// - Parameter path: a weights file, or a folder that holds some.
    public init(path: String) { self.path = path }
}

/// How files are read that leave a choice.
public struct ReadingOptions: Sendable, Equatable {
    /// Where in a PyTorch checkpoint the tensors are, as keys joined by points; nil looks at the usual places.
    public var statePath: String?
    /// Whether `module.` and `_orig_mod.` are taken off the names of a PyTorch checkpoint's tensors when all have them.
    public var stripsPrefixes = false
    /// Whether objects of unknown classes in a pickle are left out, instead of being refused.
    public var skipsUnknown = false
    /// The dtype of NumPy elements that have none, such as `bf16`.
    public var voidDtype: String?

    /// The usual way to read everything.
    public init() {}
}

/// What to do when a name already means other bytes.
public enum NameTaken: String, Sendable {
    /// Fail, and change nothing.
    case refuse
    /// Add the next version, and move the name to it.
    case update
}

/// A parent of an artifact and the part it played.
public struct ParentReference: Sendable {
    /// `base`, `teacher`, `calibration` or `adapter`.
    public var role: String
    /// The parent's name, or `@` and a digest prefix.
    public var name: String

    /// - Parameters:
    ///   - role: `base`, `teacher`, `calibration` or `adapter`.
    ///   - name: the parent's name, or `@` and a digest prefix.
    public init(role: String, name: String) {
        self.role = role
        self.name = name
    }
}

/// What to convert, to which scheme, and how.
public struct ConvertRequest: Sendable {
    /// The artifact to convert.
    public var name: String
    /// The scheme to convert to: an id (`bnb-nf4-dq`) or a short form that is unambiguous (`nf4-dq`); or the dtype to
    /// cast to: `bf16`, `f16`, `f32`, `f64`, `f8_e4m3`, `f8_e5m2`.
    public var scheme: String
    /// The name to give; nil derives it from the source's name and the scheme.
    public var newName: String?
    /// Weights that share one scale: 32, 64, 128 … 4096; nil for the scheme's own.
    public var blockSize: Int?
    /// Regular expressions; a tensor whose name one of them finds stays as it is, besides the scheme's own choice.
    public var keep: [String] = []
    /// What becomes of a tensor with NaN or infinities.
    public var nonfinite: NonfinitePolicy = .refuse
    /// What becomes of numbers that are too large for the dtype of a cast; nil fails.
    public var overflow: OverflowPolicy?
    /// What to do when the name already means other bytes.
    public var taken: NameTaken = .refuse
    /// A recipe file (YAML or JSON), which says all of the above about bytes; nil takes `scheme`.
    public var recipePath: String?
    /// Which bytes the encoders make.
    public var encoder: Encoder = .reference
    /// Exceptions for tensors: `lm_head=gguf-q6_k`, `re:.*down_proj=gguf-q5_k`.
    public var rules: [String] = []
    /// By which rule E8M0 scales are made: `floor`, `nearest`, `ceil`, `bump`; nil for the scheme's own.
    public var scaleRule: String?
    /// What becomes of rows that blocks do not divide: `error`, `keep`, a scheme; nil for the scheme's own way.
    public var fallback: String?
    /// Whether a source that is quantized already may be quantized again.
    public var requantizes = false
    /// An importance matrix of llama.cpp.
    public var importancePath: String?
    /// The whole numbers that the source was trained for (`int4 symmetric group 32`), or `none` to pay no heed to what
    /// the catalog says of that; nil takes the catalog's where the scheme holds them.
    public var trainingGrid: String?
    /// How llama.cpp is to cut text, where the tokenizer's own way is not recognized.
    public var preTokenizer: String?
    /// The memory that the act may take, in bytes; nil for no limit.
    public var maxMemoryBytes: Int?
    /// Threads to use; nil for one a core.
    public var threadCount: Int?

    /// Which bytes the encoders make.
    public enum Encoder: String, Sendable, CaseIterable {
        /// Those of the scheme's own library.
        case reference
        /// Others of the same format, with less error.
        case best
    }

    /// What becomes of a tensor that holds NaN or infinities.
    public enum NonfinitePolicy: String, Sendable, CaseIterable {
        /// The conversion fails and names the tensor.
        case refuse
        /// The tensor stays in its own dtype, unquantized.
        case keep
    }

    /// - Parameters:
    ///   - name: the artifact to convert.
    ///   - scheme: the scheme to convert to.
    public init(name: String, scheme: String) {
        self.name = name
        self.scheme = scheme
    }
}

/// What to export, where, and in which form.
public struct ExportRequest: Sendable {
    /// The artifact to export.
    public var name: String
    /// A folder to make, or for an artifact of one file possibly the file to make.
    public var destination: String
    /// Whether files that are one raw blob may be hard links into the store.
    public var method: Method = .copy
    /// The format to write; nil keeps the artifact's own, and its bytes when nothing else is asked for.
    public var format: ExportFormat?
    /// The dtype of every floating-point tensor, quantized ones included: `f32`, `f16`, `bf16`, for GGUF also `q8_0`;
    /// nil keeps each tensor's own. What a format's convention stores as F32 (norms in GGUF) stays F32.
    public var dtype: String?
    /// Write every quantized tensor as dense numbers of this dtype: `f32`, `bf16` or `f16`; others keep theirs.
    public var dequantized: String?
    /// Files of weights are cut where they would be longer, in bytes; nil for 5 GB, and for GGUF one file.
    public var maxShardBytes: Int?
    /// What becomes of numbers that are too large for the new dtype.
    public var overflow: OverflowPolicy = .fail
    /// How llama.cpp is to cut text, by its name for it, where the tokenizer's own way is not recognized.
    public var preTokenizer: String?
    /// What to do when the destination exists and is not empty.
    public var existing: Existing = .refuse

    /// Whether other files than the artifact's own are asked for.
    public var isAnotherLayout: Bool { format != nil || dtype != nil || dequantized != nil }

    /// How bytes get to the destination.
    public enum Method: String, Sendable {
        /// Copied.
        case copy
        /// Hard-linked where a file is one raw blob and the file system allows it, copied elsewhere.
        case link
    }

    /// What to do when the destination exists and is not empty.
    public enum Existing: String, Sendable {
        /// Fail, and change nothing.
        case refuse
        /// Replace files of the same name, each atomically; leave others.
        case replace
    }

    /// - Parameters:
    ///   - name: the artifact to export.
    ///   - destination: a folder (or file) to make.
    public init(name: String, destination: String) {
        self.name = name
        self.destination = destination
    }
}

/// One measurement to record of an artifact.
public struct NewResult: Sendable {
    /// What was measured: `loss`, `acc`, `tokens_per_second` …
    public var metric: String
    /// The measured value; NaN and infinities are kept as such.
    public var value: Double
    /// The task or benchmark.
    public var task: String?
    /// The data it was measured on.
    public var dataset: String?
    /// The measuring tool.
    public var tool: String?
    /// The unit of `value`.
    public var unit: String?

    /// - Parameters:
    ///   - metric: what was measured.
    ///   - value: the measured value.
    public init(metric: String, value: Double) {
        self.metric = metric
        self.value = value
    }
}

/// How far a long act has come.
public struct ProgressUpdate: Sendable, Equatable {
    /// What is being done, as a verb with its object: "register model.safetensors".
    public var activity: String
    /// Bytes of input done.
    public var doneByteCount: Int
    /// Bytes of input in all.
    public var totalByteCount: Int
}

/// Receives progress, from any thread, a few times a second at most.
public typealias ProgressHandler = @Sendable (ProgressUpdate) -> Void
