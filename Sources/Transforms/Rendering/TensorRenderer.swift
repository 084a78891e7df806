package import Architectures
import Bytes
package import Numbers
package import Tensors

/// Makes the bytes of one tensor of a layout from the rows of another layout's tensors: reordered, transposed, offset
/// and cast, a few hundred kilobytes at a time.
package struct TensorRenderer {
    private let kernels: Kernels
    /// What becomes of finite numbers that the new type cannot hold.
    private let overflow: CastOverflow

    package init(kernels: Kernels, overflow: CastOverflow = .toInfinity) {
        self.kernels = kernels
        self.overflow = overflow
    }

    /// Elements whose bytes are handed out together, at least; whole heads, and whole rows of blocks.
    private static let chunkElementCount = 128 << 10

    /// Hands out the tensor's bytes in order.
    /// - Parameters:
    ///   - mapping: what the tensor is made of.
    ///   - type: its type in the new layout.
    ///   - sources: the rows of each source of the mapping, in its order.
    /// - Returns: what happened to numbers that were cast.
    /// - Throws: `FormatError` for a cast that is not there; what the sources and `body` throw.
    package func render(
        _ mapping: TensorMapping, as type: ElementType, from sources: [any RowSource],
        _ body: (Span<UInt8>) throws -> Void
    ) throws -> CastCounts {
        try render(try Self.rows(of: mapping, from: sources), as: type, addend: mapping.addend) { try body($1) }
    }

    /// Hands out the bytes of rows in another type, beside those that they were made of, in order.
    /// - Parameters:
    ///   - rows: the rows of the new tensor.
    ///   - addend: what is added to each number before it is cast.
    ///   - body: receives the elements as the rows have them, and as they are written.
    /// - Returns: what happened to numbers that were cast.
    package func render(
        _ rows: any RowSource, as type: ElementType, addend: Float = 0,
        _ body: (_ source: Span<UInt8>, _ made: Span<UInt8>) throws -> Void
    ) throws -> CastCounts {
        let writer = try ElementWriter(from: rows.dtype, to: type, addend: addend, kernels: kernels)
        var counts = CastCounts()
        let step = Self.step(rows, type)
        var buffer = [UInt8](repeating: 0, count: min(step, rows.rowCount) * rows.rowByteCount)
        var scratch = ElementWriter.Scratch()
        for start in stride(from: 0, to: rows.rowCount, by: step) {
            try Task.checkCancellation()
            let range = start..<min(start + step, rows.rowCount)
            try rows.read(range, into: &buffer)
            let bytes = buffer.span.extracting(0..<range.count * rows.rowByteCount)
            counts += try writer.write(bytes, overflow: overflow, scratch: &scratch) { try body(bytes, $0) }
        }
        return counts
    }

    /// The rows of the new tensor, in its order, before the addend.
    package static func rows(of mapping: TensorMapping, from sources: [any RowSource]) throws -> any RowSource {
        switch mapping.content {
        case .values(let values):
            return MemoryRows(LittleEndianFloats.encode(values), rowLength: 1, dtype: .F32)
        case .sources(let parts):
            guard let first = sources.first else { return MemoryRows([], rowLength: 1, dtype: .F32) }
            guard sources.allSatisfy({ $0.dtype == first.dtype }) else {
                throw FormatError(
                    .unsupported, "it is put together from tensors of several dtypes", tensor: mapping.name,
                    remedy: "Cast them to one dtype first")
            }
            let pieces = pieces(of: mapping, parts, sources)
            let all: any RowSource =
                pieces.count == 1 && pieces[0].rows.count == pieces[0].source.rowCount
                ? pieces[0].source : ConcatenatedRows(pieces)
            switch mapping.rowOrder {
            case .asStored: return all
            case .every(let count, let first): return EveryNthRow(all, count: count, first: first)
            case .interleaved(let heads), .halved(let heads):
                return ReorderedRows(all, order: mapping.rowOrder, heads: heads)
            }
        }
    }

    /// What is read one after the other: the sources' rows, those that take turns as one, and turned where that is
    /// wanted.
    private static func pieces(
        of mapping: TensorMapping, _ parts: [TensorMapping.Source], _ sources: [any RowSource]
    ) -> [(source: any RowSource, rows: Range<Int>)] {
        var pieces = zip(parts, sources).map { part, stored -> (source: any RowSource, rows: Range<Int>) in
            let source = mapping.isByElement ? ElementRows(stored) : stored
            return (source, part.rows ?? 0..<source.rowCount)
        }
        guard mapping.isTransposed || mapping.turns > 1 else { return pieces }
        let whole = pieces.map { piece -> any RowSource in
            piece.rows.count == piece.source.rowCount ? piece.source : ConcatenatedRows([piece])
        }
        pieces = stride(from: 0, to: whole.count, by: mapping.turns).map { start in
            let turn = Array(whole[start..<min(start + mapping.turns, whole.count)])
            let rows: any RowSource = turn.count == 1 ? turn[0] : AlternatingRows(turn)
            let source: any RowSource = mapping.isTransposed ? TransposedRows(rows) : rows
            return (source, 0..<source.rowCount)
        }
        return pieces
    }

    /// Rows that are read together.
    private static func step(_ rows: any RowSource, _ type: ElementType) -> Int {
        var group = rows.rowGroup
        if rows.rowLength == 1, case .block(let block) = type {
            group = max(group, block.elementCount)  // a vector of blocks
        }
        let wanted = chunkElementCount / max(1, rows.rowLength)
        return max(group, wanted / group * group)
    }
}
