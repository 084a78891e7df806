import Bytes
import Tensors

/// Collects the elements of a strided view, row-major.
struct StridedGather {
    let shape: Shape
    /// In elements, one for each dimension.
    let strides: [Int]
    /// Of the first element, in elements.
    let offset: Int
    /// Bytes an element.
    let width: Int

    /// - Throws: `FormatError` when the view reaches beyond the bytes.
    func run(_ bytes: [UInt8]) throws -> [UInt8] {
        try check(bytes.count)
        guard shape.elementCount > 0 else { return [] }
        let dimensions = shape.dimensions
        if dimensions.count == 2, strides == [1, dimensions[0]], offset == 0,
            bytes.count == shape.elementCount * width
        {
            return Transposition.transposed(bytes.span, rows: dimensions[1], columns: dimensions[0], width: width)
        }
        var result: [UInt8] = []
        result.reserveCapacity(shape.elementCount * width)
        let inner = dimensions.last ?? 1
        let step = (strides.last ?? 1) * width
        eachRow { start in
            if step == width {
                result.append(contentsOf: bytes[start * width..<start * width + inner * width])
            } else {
                var place = start * width
                for _ in 0..<inner {
                    for byte in place..<place + width { result.append(bytes[byte]) }
                    place += step
                }
            }
        }
        return result
    }

    /// Calls `body` with the place of the first element of each innermost row, in order.
    private func eachRow(_ body: (Int) -> Void) {
        let outer = shape.dimensions.dropLast()
        var index = [Int](repeating: 0, count: outer.count)
        var place = offset
        while true {
            body(place)
            var dimension = outer.count - 1
            while dimension >= 0 {
                index[dimension] += 1
                place += strides[dimension]
                if index[dimension] < outer[dimension] { break }
                place -= strides[dimension] * outer[dimension]
                index[dimension] = 0
                dimension -= 1
            }
            if dimension < 0 { return }
        }
    }

    private func check(_ byteCount: Int) throws {
        guard strides.count == shape.dimensions.count, offset >= 0, strides.allSatisfy({ $0 >= 0 }) else {
            throw FormatError(
                .corrupt, "strides \(strides) from \(offset) do not fit shape \(shape)", remedy: "Save the tensor again"
            )
        }
        guard shape.elementCount > 0 else { return }
        var last = offset
        for (size, stride) in zip(shape.dimensions, strides) {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, tooFar) = last.addingReportingOverflow(reach)
            last = overflow || tooFar ? Int.max : sum
        }
        guard last < byteCount / width else {
            throw FormatError(
                .truncated, "its elements reach to place \(last), \(byteCount / width) are there",
                remedy: "Fetch the file again")
        }
    }
}
