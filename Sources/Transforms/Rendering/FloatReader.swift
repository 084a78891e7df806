import Bytes
package import Numbers
package import Tensors

/// Elements of any floating-point dtype as float32, in a buffer that is used again.
package struct FloatReader {
    /// The numbers of the last bytes that were taken.
    package private(set) var values: [Float] = []
    private let dtype: DType
    private let kernels: Kernels
    private let writer: ElementWriter
    private var scratch = ElementWriter.Scratch()

    /// - Throws: `FormatError` for a dtype whose elements are no numbers.
    package init(_ dtype: DType, kernels: Kernels) throws {
        self.dtype = dtype
        self.kernels = kernels
        writer = try ElementWriter(from: dtype, to: .plain(.F32), addend: 0, kernels: kernels)
    }

    /// Reads the next elements into `values`.
    /// - Parameter bytes: whole elements, little-endian.
    package mutating func take(_ bytes: Span<UInt8>) throws {
        let count = bytes.count * 8 / dtype.bitCount
        // Held here alone, so that they are written in place.
        var numbers = values
        values = []
        if numbers.count != count { numbers = [Float](repeating: 0, count: count) }
        if Kernels.fourBitSources.contains(dtype) {
            var span = numbers.mutableSpan
            kernels.widen(dtype, bytes, into: &span)
        } else {
            let kernels = kernels
            _ = try writer.write(bytes, overflow: .toInfinity, scratch: &scratch) { floats in
                var span = numbers.mutableSpan
                kernels.widen(.F32, floats, into: &span)
            }
        }
        values = numbers
    }
}
