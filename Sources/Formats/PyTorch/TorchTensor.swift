import Bytes
import Numbers
import Tensors

/// A tensor as a pickle describes it: a view into a storage, or an array whose bytes stand in the pickle.
struct TorchTensor {
    /// Where the elements are kept.
    enum Content {
        case storage(TorchStorage)
        /// The bytes themselves, by where they lie in the pickle's source.
        case bytes(Range<Int>, isBigEndian: Bool)
    }

    let content: Content
    let dtype: DType
    /// In elements as PyTorch counts them.
    let offset: Int
    let shape: Shape
    let strides: [Int]
    /// Where it is described.
    let place: Int

    /// The bytes of all elements; those of a view that repeats elements count as often as it repeats them.
    var byteCount: Int {
        let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: TorchDType.elementByteCount(dtype))
        return overflow ? Int.max : count
    }

    /// The shape in numbers: of a type that packs two numbers in a byte, the last dimension counts both.
    func logicalShape(named name: String) throws(FormatError) -> Shape {
        guard dtype == .F4 else { return shape }
        var dimensions = shape.dimensions
        if let last = dimensions.popLast(), let logical = Shape(dimensions + [last &* 2]), last < Int.max / 2 {
            return logical
        }
        throw FormatError(
            .unsupported, "a single byte of packed 4-bit numbers has no shape", at: place, tensor: name,
            remedy: "Save the tensor with one dimension")
    }
}

/// A storage as a persistent id names it.
struct TorchStorage {
    /// Which storage of the file.
    let key: String
    let dtype: DType
    /// The elements of it that this id is about, of the storage's own dtype.
    let elements: Range<Int>
    /// The elements of the whole storage.
    let elementCount: Int
    let place: Int
}
