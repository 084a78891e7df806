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
        /// In a scratch file of the act: too small for a blob of its own.
        case scratch(ScratchFile.Place, Digest)
    }

    /// The tensor's place in the logical tensor that it belongs to.
    enum Part: Sendable {
        /// It is the whole tensor.
        case dense
        /// It stands for a quantized matrix.
        case principal(scheme: TensorScheme, shape: [Int], errors: ErrorSums?)
        /// It belongs to the quantized matrix of that name.
        case part(of: String, role: String)
    }

    var name: String
    /// The name under which a model looks for it; nil when the file calls it so.
    var logicalName: String?
    var type: ElementType
    var shape: [Int]
    var content: Content
    var part: Part
    /// What is left to do for a principal whose error is not known.
    var measurement: DeferredMeasurement?
    /// The nested scales' offset, which measuring needs.
    var nestedOffset: Float?
    var statistics: TensorStatistics?
    /// What a rewrite found out as it made the tensor.
    var findings: RewriteFindings?

    /// - Parameters:
    ///   - part: the output as it was planned.
    ///   - shape: the shape that it turned out to have; nil for the planned one.
    ///   - errors: what is known of a principal's error.
    init(_ part: PlannedPart, content: Content, shape: [Int]? = nil, errors: ErrorSums? = nil) {
        name = part.name
        logicalName = part.index == 0 && part.name != part.tensor.name ? part.tensor.name : nil
        type = part.type
        self.shape = shape ?? part.shape
        self.content = content
        guard let quantization = part.tensor.quantization else {
            self.part = .dense
            return
        }
        self.part =
            part.index == 0
            ? .principal(scheme: quantization.scheme, shape: quantization.form.shape.dimensions, errors: errors)
            : .part(of: part.tensor.parts[0].name, role: quantization.parts[part.index].role)
    }

    /// Whether the tensor is this part of a quantized matrix.
    func hasRole(_ role: String) -> Bool { if case .part(_, role) = part { true } else { false } }

    var byteCount: Int {
        switch content {
        case .stored(let segments, _): segments.reduce(0) { $0 + $1.byteCount }
        case .staged(_, let byteCount): byteCount
        case .scratch(let place, _): place.range.count
        }
    }
}
