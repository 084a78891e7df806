import Bytes
import Numbers
import Tensors

/// Elements picked out of a run of elements by an offset and strides, as PyTorch's views and NumPy's arrays are kept.
///
/// A view of elements that lie one behind the other becomes a plain range of bytes; any other becomes the range that
/// its elements reach over, with strides.
struct StridedView {
    let dtype: DType
    let shape: Shape
    /// In elements; nil for row-major order.
    let strides: [Int]?
    /// The place of the first element, in elements.
    let offset: Int

    /// Beyond the size of the file, what a view that repeats its elements may come to.
    static let freeByteCount = 32 << 20

    /// The bytes that hold the elements: of the file, or of what comes out of a deflate stream.
    struct Holder {
        /// The bytes of the file.
        let range: Range<Int>
        /// How many bytes come out of them, where they are a deflate stream.
        let inflatedByteCount: Int?
        /// Those of the bytes, inflated where they must be, that elements may lie in.
        private(set) var window: Range<Int>

        init(range: Range<Int>, inflatedByteCount: Int? = nil, skip: Int = 0) {
            self.range = range
            self.inflatedByteCount = inflatedByteCount
            window = skip..<max(skip, inflatedByteCount ?? range.count)
        }

        /// The same bytes, of which only some may hold elements.
        /// - Parameter part: inside the window, counted from its start.
        func narrowed(to part: Range<Int>) -> Self {
            var copy = self
            copy.window = (window.lowerBound + part.lowerBound)..<(window.lowerBound + part.upperBound)
            return copy
        }
    }

    /// Where the tensor's bytes lie.
    /// - Parameters:
    ///   - elementByteCount: the bytes of one element.
    ///   - fileByteCount: the length of the file.
    ///   - place: where the file describes the view, for messages.
    /// - Throws: `FormatError` when it reaches beyond the holder.
    func described(
        as name: String, in holder: Holder, isBigEndian: Bool, elementByteCount: Int, fileByteCount: Int,
        at place: Int
    ) throws(FormatError) -> TensorDescription {
        func fault(_ problem: String, _ remedy: String, _ code: FormatError.Code = .corrupt) -> FormatError {
            FormatError(code, problem, at: place, tensor: name, remedy: remedy)
        }
        var arrangement = Arrangement(isBigEndian: isBigEndian && dtype.scalarByteCount > 1)
        guard shape.elementCount > 0 else {
            let start = holder.range.lowerBound + (holder.inflatedByteCount == nil ? holder.window.lowerBound : 0)
            return TensorDescription(name: name, type: .plain(dtype), shape: shape, byteRange: start..<start)
        }
        let steps = strides ?? shape.rowMajorStrides
        guard offset >= 0, steps.count == shape.dimensions.count, steps.allSatisfy({ $0 >= 0 }) else {
            throw fault("offset \(offset) and strides \(steps) do not fit shape \(shape)", "Save the tensor again")
        }
        guard let last = reach(steps), last < holder.window.count / elementByteCount else {
            throw fault(
                "shape \(shape) with strides \(steps) from element \(offset) on reaches beyond its "
                    + "\(holder.window.count / elementByteCount) elements",
                "The file was cut or is damaged: fetch it again")
        }
        let (byteCount, overflow) = shape.elementCount.multipliedReportingOverflow(by: elementByteCount)
        guard !overflow, byteCount <= holder.window.count || byteCount - fileByteCount <= Self.freeByteCount else {
            throw fault(
                "it repeats the elements of a small file to \(shape.elementCount)",
                "Save the tensor again as a contiguous copy", .refused)
        }
        if !isRowMajor(steps) { arrangement.strides = steps }
        let bytes = (offset * elementByteCount)..<((last + 1) * elementByteCount)
        var range = holder.range
        if let inflated = holder.inflatedByteCount {
            arrangement.deflated = .init(byteCount: inflated, skip: holder.window.lowerBound + bytes.lowerBound)
        } else {
            let start = holder.range.lowerBound + holder.window.lowerBound
            range = (start + bytes.lowerBound)..<(start + bytes.upperBound)
        }
        return TensorDescription(
            name: name, type: .plain(dtype), shape: shape, byteRange: range, arrangement: arrangement)
    }

    /// The place of the last element; nil when it cannot be counted.
    private func reach(_ steps: [Int]) -> Int? {
        var last = offset
        for (size, step) in zip(shape.dimensions, steps) {
            let (distance, isTooFar) = (size - 1).multipliedReportingOverflow(by: step)
            let (sum, isOver) = last.addingReportingOverflow(distance)
            guard !isTooFar, !isOver else { return nil }
            last = sum
        }
        return last
    }

    /// Whether the elements lie one behind the other; the stride of a dimension of one element says nothing.
    private func isRowMajor(_ steps: [Int]) -> Bool {
        zip(zip(steps, shape.rowMajorStrides), shape.dimensions).allSatisfy { $0.0 == $0.1 || $1 == 1 }
    }
}

extension Shape {
    /// The strides of elements that lie one behind the other, in elements. For shapes that have elements.
    var rowMajorStrides: [Int] {
        var step = 1
        return dimensions.reversed().map { size in
            defer { step *= max(size, 1) }
            return step
        }
        .reversed()
    }

    /// The strides when the first dimension is the innermost one, in elements. For shapes that have elements.
    var columnMajorStrides: [Int] {
        var step = 1
        return dimensions.map { size in
            defer { step *= max(size, 1) }
            return step
        }
    }
}
