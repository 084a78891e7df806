public import Numbers

/// One stored tensor as a file's header tells it: what it is and which bytes of the file hold it.
public struct TensorDescription: Hashable, Sendable {
    /// The tensor's name in its file.
    public let name: String
    /// How the elements are stored.
    public let type: ElementType
    /// Elements, outermost dimension first (logical elements, also for sub-byte dtypes).
    public let shape: Shape
    /// The bytes of the file that the elements are in, counted from the file's start.
    public let byteRange: Range<Int>
    /// How the elements come out of these bytes.
    public let arrangement: Arrangement

    package init(
        name: String, type: ElementType, shape: Shape, byteRange: Range<Int>, arrangement: Arrangement = .contiguous
    ) {
        self.name = name
        self.type = type
        self.shape = shape
        self.byteRange = byteRange
        self.arrangement = arrangement
    }

    package init(name: String, dtype: DType, shape: Shape, byteRange: Range<Int>) {
        self.init(name: name, type: .plain(dtype), shape: shape, byteRange: byteRange)
    }

    /// The element type of plain elements; nil for blocks.
    public var dtype: DType? { type.dtype }

    /// The bytes of the elements, one behind the other.
    package var contentByteCount: Int {
        arrangement == .contiguous ? byteRange.count : type.byteCount(elements: shape.elementCount) ?? byteRange.count
    }
}
