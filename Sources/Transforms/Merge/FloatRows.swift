import Bytes
import Numbers
package import Tensors

/// Rows of another source, read as float32 into a buffer that is used again.
package struct FloatRows {
    package let source: any RowSource
    private var reader: FloatReader
    private var buffer: [UInt8] = []

    /// - Throws: `FormatError` for rows that are no numbers.
    package init(_ source: any RowSource, kernels: Kernels) throws {
        self.source = source
        reader = try FloatReader(source.dtype, kernels: kernels)
    }

    /// The numbers of the rows that were read last.
    package var values: [Float] { reader.values }

    package mutating func read(_ rows: Range<Int>) throws {
        let byteCount = rows.count * source.rowByteCount
        if buffer.count < byteCount { buffer = [UInt8](repeating: 0, count: byteCount) }
        try source.read(rows, into: &buffer)
        let held = buffer
        try reader.take(held.span.extracting(0..<byteCount))
    }

    /// Reads all rows in order, a few hundred kilobytes at a time.
    /// - Parameter body: receives the place of the first number, and the numbers.
    package mutating func forEachChunk(_ body: (_ start: Int, _ numbers: [Float]) throws -> Void) throws {
        let step = max(1, Self.chunkElementCount / max(1, source.rowLength))
        for start in stride(from: 0, to: source.rowCount, by: step) {
            try Task.checkCancellation()
            try read(start..<min(start + step, source.rowCount))
            try body(start * source.rowLength, values)
        }
    }

    static let chunkElementCount = 128 << 10
}

extension [Float] {
    /// Writes the numbers to the start of a buffer, as float32 in bytes.
    func store(into buffer: inout [UInt8], kernels: Kernels) {
        var all = buffer.mutableSpan
        var bytes = all._mutatingExtracting(0..<count * 4)
        kernels.narrow(span, to: .F32, into: &bytes)
    }
}
