/// Exchanges the rows and columns of a matrix.
package enum Transposition {
    /// - Parameters:
    ///   - bytes: a matrix, row-major, of `rows` × `columns` elements.
    ///   - width: bytes an element.
    /// - Returns: the matrix of `columns` × `rows`.
    package static func transposed(_ bytes: Span<UInt8>, rows: Int, columns: Int, width: Int) -> [UInt8] {
        precondition(bytes.count == rows * columns * width, "\(bytes.count) bytes are no \(rows) × \(columns) matrix")
        var result = [UInt8](repeating: 0, count: bytes.count)
        // Square tiles, so that both sides stay in the cache.
        let tile = 64
        for rowStart in stride(from: 0, to: rows, by: tile) {
            for columnStart in stride(from: 0, to: columns, by: tile) {
                for row in rowStart..<min(rowStart + tile, rows) {
                    for column in columnStart..<min(columnStart + tile, columns) {
                        let source = (row * columns + column) * width
                        let target = (column * rows + row) * width
                        for byte in 0..<width { result[target + byte] = bytes[source + byte] }
                    }
                }
            }
        }
        return result
    }
}
