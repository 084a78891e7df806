package import Bytes
package import Tensors

/// What a quantized tensor is that stored ones make up.
package struct QuantizedForm: Equatable, Sendable {
    /// The scheme's full id.
    package var scheme: String
    /// The shape of what it decodes to.
    package var shape: Shape
    /// The bits of one code; nil when they are not known.
    package var bits: Int?
    /// How many neighbors in a row share a scale; nil where rows, blocks or the whole tensor do.
    package var groupSize: Int?

    package init(scheme: String, shape: Shape, bits: Int? = nil, groupSize: Int? = nil) {
        self.scheme = scheme
        self.shape = shape
        self.bits = bits
        self.groupSize = groupSize
    }
}

/// One tensor as a file holds it.
package struct TensorDraft: Equatable, Sendable {
    /// What a tensor is within a quantized layout.
    package enum Place: Equatable, Sendable {
        /// A tensor of its own.
        case whole
        /// The tensor that stands for a quantized one.
        case principal(QuantizedForm)
        /// What `principal` (a tensor's name, in the same file or another of the artifact) needs besides, such as
        /// `absmax`.
        case part(of: String, role: String)
    }

    /// As the file calls it.
    package var name: String
    /// The name under which a model looks for the tensor that this stands for; nil when the file calls it so.
    package var logicalName: String?
    /// As the format spells it: `BF16`, `Q4_0`.
    package var dtype: String
    /// The stored shape, outermost dimension first.
    package var shape: Shape
    /// From the file's start.
    package var byteOffset: Int
    package var byteCount: Int
    /// How the elements come out of these bytes.
    package var arrangement: Arrangement
    package var digest: Digest
    /// Parameters that it holds; 0 for parts, buffers and the second of tied tensors.
    package var parameterCount: Int
    package var place: Place
    /// Nil when the numbers were not looked at.
    package var statistics: TensorStatistics?
    /// What was lost against the base parent; only with a derivation, and only for tensors that changed.
    package var error: TensorError?

    package init(
        name: String, logicalName: String? = nil, dtype: String, shape: Shape, byteOffset: Int, byteCount: Int,
        arrangement: Arrangement = .contiguous, digest: Digest, parameterCount: Int, place: Place = .whole,
        statistics: TensorStatistics? = nil, error: TensorError? = nil
    ) {
        self.name = name
        self.logicalName = logicalName
        self.dtype = dtype
        self.shape = shape
        self.byteOffset = byteOffset
        self.byteCount = byteCount
        self.arrangement = arrangement
        self.digest = digest
        self.parameterCount = parameterCount
        self.place = place
        self.statistics = statistics
        self.error = error
    }
}
