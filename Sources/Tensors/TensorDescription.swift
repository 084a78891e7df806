public import Numbers

/// One stored tensor as a file's header tells it: what it is and which bytes of the file hold it.
public struct TensorDescription: Hashable, Sendable {
    /// The tensor's name in its file.
    public let name: String
    /// The element type.
    public let dtype: DType
    /// Elements, outermost dimension first (logical elements, also for sub-byte dtypes).
    public let shape: Shape
    /// The bytes of the file that hold the elements, counted from the file's start.
    public let byteRange: Range<Int>

    package init(name: String, dtype: DType, shape: Shape, byteRange: Range<Int>) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.byteRange = byteRange
    }
}
