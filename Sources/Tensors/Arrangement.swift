/// How a tensor's contiguous, row-major, little-endian elements come out of the bytes that hold them.
public struct Arrangement: Hashable, Sendable {
    /// The bytes are a raw deflate stream.
    public struct Deflated: Hashable, Sendable {
        /// The bytes that come out of it.
        public var byteCount: Int
        /// How many of them stand before the elements.
        public var skip: Int

        package init(byteCount: Int, skip: Int) {
            self.byteCount = byteCount
            self.skip = skip
        }
    }

    /// Set when the bytes must be inflated first.
    public var deflated: Deflated?
    /// The place of the first element, in elements.
    public var offset: Int
    /// The distance between neighbors in each dimension, in elements and not negative; nil for row-major order.
    public var strides: [Int]?
    /// Whether each element's bytes are reversed, of complex numbers each half's, of blocks each scale's.
    public var isBigEndian: Bool
    /// Whether elements are protobuf varints, each cut to the element's width.
    public var varints: Bool

    /// The elements lie in the file as they are meant.
    public static let contiguous = Arrangement()

    package init(
        deflated: Deflated? = nil, offset: Int = 0, strides: [Int]? = nil, isBigEndian: Bool = false,
        varints: Bool = false
    ) {
        self.deflated = deflated
        self.offset = offset
        self.strides = strides
        self.isBigEndian = isBigEndian
        self.varints = varints
    }
}
