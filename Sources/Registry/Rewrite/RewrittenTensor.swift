import Architectures
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// A tensor that a rewrite writes: its form, and how its bytes come about.
struct RewrittenTensor: Sendable {
    /// Makes rows anew each time it is called; they are used by one thread.
    typealias Rows = @Sendable () throws -> any RowSource
    /// Makes bytes anew each time it is called; they are used by one thread.
    typealias Bytes = @Sendable () throws -> any TensorBytes

    enum Content: Sendable {
        /// The bytes of a parent's tensor as they are; both share a blob, unless they are small.
        case stored(StoredTensor)
        /// Numbers, rounded to the tensor's dtype where the rows have another. Read in chunks, once.
        case made(Rows)
        /// Bytes of the tensor's type, such as some of a parent's blocks, taken as they are.
        case copied(Bytes)
    }

    /// What the new numbers are compared with.
    enum Reference: Sendable {
        /// Nothing: no number of a parent stands in the same place.
        case none
        /// The numbers before they are rounded.
        case unrounded
        /// A parent's rows, as many and as long.
        case rows(Rows)
    }

    var name: String
    var type: ElementType
    /// Outermost dimension first.
    var shape: [Int]
    var content: Content
    var reference = Reference.none
    /// The bytes that are read for it, for progress.
    var sourceByteCount: Int
    /// What becomes of numbers that the dtype cannot hold; nil refuses them, and names the tensor.
    var overflow: CastOverflow?
    /// Whether it is a quantized tensor, or a part of one, that was taken over.
    var place = TensorDraft.Place.whole
    /// The name under which a model looks for it; nil when the file calls it so.
    var logicalName: String?
    /// Bytes of memory that making it takes beyond a few chunks.
    var workingByteCount = 0

    var elementCount: Int { shape.reduce(1, *) }
    var byteCount: Int { type.byteCount(elements: elementCount) ?? 0 }

    init(_ name: String, _ type: ElementType, _ shape: [Int], sourceByteCount: Int, _ content: Content) {
        self.name = name
        self.type = type
        self.shape = shape
        self.sourceByteCount = sourceByteCount
        self.content = content
    }

    /// A stored tensor under a name, with what it is in its own artifact.
    init(_ stored: StoredTensor, name: String? = nil) {
        self.init(
            name ?? stored.description.name, stored.description.type, stored.description.shape.dimensions,
            sourceByteCount: stored.description.byteRange.count, .stored(stored))
        place = stored.place
        logicalName = stored.logicalName
    }

    /// As the journal and the writer of files know it.
    var planned: PlannedTensor {
        PlannedTensor(
            mapping: TensorMapping(name: name, shape: shape, content: .sources([])), sources: [], type: type,
            widened: nil)
    }
}
