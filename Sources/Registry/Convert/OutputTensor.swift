import Bytes
import Numbers
import Tensors
import Transforms

/// A tensor that a variant's file will hold, and where its bytes are until then.
struct OutputTensor: Sendable {
    /// Where the bytes are.
    enum Content: Sendable {
        /// In blobs that the store holds; the tensor's digest is known.
        case stored([StoredFile.Segment], Digest)
        /// A durable file of the act that will be a blob once its digest is known.
        case staged(path: String, byteCount: Int)
        /// In the act's scratch file: too small for a blob of its own.
        case scratch(Range<Int>, Digest)
    }

    /// The tensor's place in the logical tensor that it belongs to.
    enum Part: Sendable {
        /// It is the whole tensor.
        case dense
        /// It stands for a quantized matrix.
        case principal(scheme: FourBitScheme, shape: [Int], errors: ErrorSums?)
        /// It belongs to the quantized matrix of that name.
        case part(of: String, role: String)
    }

    var name: String
    var dtype: DType
    var shape: [Int]
    var content: Content
    var part: Part
    /// What is left to do for a principal whose error is not known.
    var measurement: DeferredMeasurement?
    var statistics: TensorStatistics?

    /// Whether the tensor is this part of a quantized matrix.
    func hasRole(_ role: String) -> Bool { if case .part(_, role) = part { true } else { false } }

    var byteCount: Int {
        switch content {
        case .stored(let segments, _): segments.reduce(0) { $0 + $1.byteCount }
        case .staged(_, let byteCount): byteCount
        case .scratch(let range, _): range.count
        }
    }
}
