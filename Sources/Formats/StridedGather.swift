import Bytes
import Tensors

/// Collects the elements of a strided view, row-major, in pieces.
struct StridedGather {
    let shape: Shape
    /// In elements, one for each dimension.
    let strides: [Int]
    /// Of the first element, in elements.
    let offset: Int
    /// Bytes an element.
    let width: Int

    /// Hands out the elements in order.
    /// - Parameters:
    ///   - bytes: what holds them.
    ///   - pieceByteCount: the longest piece.
    ///   - body: gets a buffer and how many bytes of it are the piece; it may change them.
    /// - Throws: `FormatError` when the view reaches beyond the bytes; what `body` throws.
    func forEachPiece(
        of bytes: [UInt8], atMost pieceByteCount: Int, _ body: (inout [UInt8], Int) throws -> Void
    ) throws {
        try check(bytes.count)
        guard shape.elementCount > 0 else { return }
        let rows = shape.dimensions.dropLast().last ?? 1, columns = shape.dimensions.last ?? 1
        let columnsAtOnce = min(columns, max(1, pieceByteCount / width))
        let rowsAtOnce = columnsAtOnce < columns ? 1 : min(rows, max(1, pieceByteCount / (columns * width)))
        var piece = [UInt8](repeating: 0, count: min(max(pieceByteCount, width), shape.elementCount * width))
        var used = 0
        try eachMatrix { start in
            for row in stride(from: 0, to: rows, by: rowsAtOnce) {
                for column in stride(from: 0, to: columns, by: columnsAtOnce) {
                    let part = Part(
                        start: start, rows: row..<min(row + rowsAtOnce, rows),
                        columns: column..<min(column + columnsAtOnce, columns))
                    let byteCount = part.rows.count * part.columns.count * width
                    if used + byteCount > piece.count {
                        try body(&piece, used)
                        used = 0
                    }
                    copy(part, of: bytes, to: &piece, at: used)
                    used += byteCount
                }
            }
        }
        try body(&piece, used)
    }

    /// Some rows and columns of the matrix that the last two dimensions make.
    private struct Part {
        /// The place of the matrix' first element.
        let start: Int
        let rows: Range<Int>
        let columns: Range<Int>
    }

    /// Copies neighbors in memory one after the other, so that a transposed matrix stays in the cache.
    private func copy(_ part: Part, of bytes: [UInt8], to piece: inout [UInt8], at target: Int) {
        let rowStep = strides.dropLast().last ?? 0, columnStep = strides.last ?? 0
        if columnStep == 1 {
            let byteCount = part.columns.count * width
            for (index, row) in part.rows.enumerated() {
                let source = (part.start + row * rowStep + part.columns.lowerBound) * width
                let place = target + index * byteCount
                piece.replaceSubrange(place..<place + byteCount, with: bytes[source..<source + byteCount])
            }
            return
        }
        for column in part.columns {
            var source = (part.start + part.rows.lowerBound * rowStep + column * columnStep) * width
            var place = target + (column - part.columns.lowerBound) * width
            for _ in part.rows {
                for byte in 0..<width { piece[place + byte] = bytes[source + byte] }
                source += rowStep * width
                place += part.columns.count * width
            }
        }
    }

    /// Calls `body` with the place of the first element of each matrix, in order.
    private func eachMatrix(_ body: (Int) throws -> Void) throws {
        let outer = shape.dimensions.dropLast(2)
        var index = [Int](repeating: 0, count: outer.count)
        var place = offset
        while true {
            try body(place)
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
