package import Numbers
package import Tensors

/// A matrix whose elements lie one behind the other, as encoders take it.
package struct DenseMatrix: Sendable {
    package let dtype: DType
    package let shape: Shape

    package init(dtype: DType, shape: Shape) {
        self.dtype = dtype
        self.shape = shape
    }

    /// Nil for a tensor of blocks.
    package init?(_ tensor: TensorDescription) {
        guard let dtype = tensor.dtype else { return nil }
        self.dtype = dtype
        shape = tensor.shape
    }

    /// The bytes of all elements.
    var byteCount: Int { shape.elementCount * dtype.bitCount / 8 }
}
