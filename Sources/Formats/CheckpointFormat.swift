package import Architectures
package import Bytes
package import Numbers
package import Tensors

/// One checkpoint file format: what it is called, how it is recognized, and where its tensors lie.
package protocol CheckpointFormat: Sendable {
    /// The name used in the catalog and on the command line.
    static var name: String { get }
    /// What is read of it and written, and what is refused, in one line.
    static var summary: String { get }
    /// What the names of such files end in, behind the point, where nothing else has that ending: for messages. Files
    /// are recognized by their bytes.
    static var endings: [String] { get }
    /// What the names of indexes of shards end in; nil where there are none.
    static var indexSuffix: String? { get }
    /// Names of a whole model's weights, the most usual first.
    static var usualNames: [String] { get }
    /// Whether `start`, a file's first bytes (`CheckpointFormats.startByteCount`, fewer when the file is shorter), can
    /// begin a file of this format.
    static func recognizes(_ start: Span<UInt8>) -> Bool
    /// Reads where the tensors of a file lie, and checks it; the tensors' bytes are not read.
    /// - Throws: `FormatError` for a file that is not sound, `FileError` when the system refuses to read it.
    static func layout(of file: any ByteSource, options: ReadOptions) throws -> FileLayout
}

/// What a reader does where a file leaves a choice.
package struct ReadOptions: Equatable, Sendable {
    /// Where in a PyTorch checkpoint the tensors are, as keys joined by points; nil looks at the usual places.
    package var statePath: String?
    /// Whether `module.` and `_orig_mod.` are taken off the names of a PyTorch checkpoint's tensors when all have them.
    package var stripsPrefixes = false
    /// Whether objects of unknown classes in a pickle are left out, instead of being refused.
    package var skipsUnknown = false
    /// The dtype of NumPy elements that have none, by their bytes: 1 and 2.
    package var voidDtypes: [Int: DType] = [:]

    package init() {}
}

extension CheckpointFormat {
    /// Reads a file that leaves no choice, or takes the usual one.
    package static func layout(of file: any ByteSource) throws -> FileLayout {
        try layout(of: file, options: ReadOptions())
    }
}

extension CheckpointFormat {
    package static var endings: [String] { [name] }
    package static var indexSuffix: String? { nil }
    package static var usualNames: [String] { [] }
}

/// The formats that Ingot reads, those first whose files count where a folder holds the same weights in several. A new
/// one is a folder beside this file and a line here.
package enum CheckpointFormats {
    package static let all: [any CheckpointFormat.Type] = [
        Safetensors.self, GGUF.self, PyTorch.self, NPZ.self, NumPy.self, ONNX.self,
    ]

    /// How many of a file's first bytes a format is shown.
    package static let startByteCount = 512

    /// The format whose files begin with `start`; nil when no format's do.
    /// - Parameter start: the first `startByteCount` bytes, or all when there are fewer.
    static func recognize(_ start: Span<UInt8>) -> (any CheckpointFormat.Type)? {
        all.first { $0.recognizes(start) }
    }

    /// The format whose files are called so: it can say what is wrong with one that does not begin as it should.
    static func promised(by path: String) -> (any CheckpointFormat.Type)? {
        all.first { $0.endings.contains { path.hasSuffix("." + $0) } }
    }

    /// Whether the file is called as an index of shards.
    static func isIndex(_ path: String) -> Bool {
        all.contains { format in format.indexSuffix.map { path.hasSuffix($0) } == true }
    }
}

/// Where the tensors of a checkpoint file lie, in the words that all formats share.
package struct FileLayout: Equatable, Sendable {
    /// The format's name.
    package let format: String
    /// The tensors, by the place of their bytes in the file. Ranges coincide or overlap only where tensors share
    /// memory.
    package let tensors: [TensorDescription]
    /// What the file says about itself besides tensors, in the file's order.
    package let metadata: [MetadataEntry]
    /// Remarks that the user should read.
    package let notes: [String]
    /// Tensors whose bytes lie in other files beside this one.
    package let external: [ExternalTensor]
    /// What the file tells of its model; nil where a config.json beside it does.
    package let properties: ModelProperties?
    /// How the file says that its weights are stored, such as `gguf-q4_k_m`; nil where the tensors tell.
    package let scheme: String?

    package init(
        format: String, tensors: [TensorDescription], metadata: [MetadataEntry], notes: [String] = [],
        external: [ExternalTensor] = [], properties: ModelProperties? = nil, scheme: String? = nil
    ) {
        self.format = format
        let isInOrder = tensors.indices.dropFirst().allSatisfy { !Self.isBefore(tensors[$0], tensors[$0 - 1]) }
        self.tensors = isInOrder ? tensors : tensors.sorted(by: Self.isBefore)
        self.metadata = metadata
        self.notes = notes
        self.external = external
        self.properties = properties
        self.scheme = scheme
    }

    private static func isBefore(_ left: TensorDescription, _ right: TensorDescription) -> Bool {
        (left.byteRange.lowerBound, left.byteRange.upperBound)
            < (right.byteRange.lowerBound, right.byteRange.upperBound)
    }

    /// Whether any two tensors have bytes in common.
    package var sharesBytes: Bool {
        var end = 0
        for tensor in tensors where !tensor.byteRange.isEmpty {
            if tensor.byteRange.lowerBound < end { return true }
            end = tensor.byteRange.upperBound
        }
        return false
    }
}

/// One thing that a checkpoint file says about itself.
package struct MetadataEntry: Hashable, Sendable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
