import Numbers
import Tensors

/// What Ingot notes about an array of a type that NumPy lacks, as the comment that a zip archive keeps beside a file:
/// `dtype=BF16 shape=2,3`.
///
/// NumPy does not look at these comments, so `numpy.load` opens the archive as any other. There a 16- or 8-bit float is
/// what ml_dtypes would have saved: a void of two bytes or one (`V2`, `V1`), which
/// `array.view(ml_dtypes.bfloat16)` turns into numbers. Elements of less than a byte come as the bytes that they are
/// packed in, in one dimension.
struct NPZMark: Equatable {
    let dtype: DType
    let shape: Shape

    init(_ dtype: DType, _ shape: Shape) {
        self.dtype = dtype
        self.shape = shape
    }

    /// Nil when the comment is none of these.
    init?(_ comment: String) {
        let words = comment.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[0].hasPrefix("dtype="), words[1].hasPrefix("shape="),
            let dtype = DType(rawValue: String(words[0].dropFirst(6))), NumPyDType.descr(of: dtype) == nil
        else { return nil }
        let list = words[1].dropFirst(6)
        let sizes = list.isEmpty ? [] : list.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard sizes.allSatisfy({ $0 != nil }), let shape = Shape(sizes.compactMap(\.self)) else { return nil }
        self.init(dtype, shape)
    }

    var comment: String { "dtype=\(dtype.rawValue) shape=\(shape.dimensions.map(String.init).joined(separator: ","))" }

    /// How NumPy is told the array's type: a void as wide as the element, or packed bytes.
    static func descr(of dtype: DType) -> String {
        NumPyDType.descr(of: dtype) ?? (dtype.bitCount == 16 ? "<V2" : dtype.bitCount == 8 ? "|V1" : "|u1")
    }

    /// The shape that a header's array has; nil when the header is not of the array that was marked.
    func shape(of header: NPYHeader) -> Shape? {
        guard !header.isColumnMajor else { return nil }
        let width = header.descr.dropFirst()
        if dtype.bitCount < 8 {
            let byteCount = ElementType.plain(dtype).byteCount(elements: shape.elementCount)
            return width == "u1" && header.shape.dimensions == byteCount.map { [$0] } ? shape : nil
        }
        return width == "V\(dtype.bitCount / 8)" && header.shape == shape ? shape : nil
    }
}
