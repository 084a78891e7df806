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
        let rows = try Self.rows(of: mapping, from: sources)
        let writer = try ElementWriter(from: rows.dtype, to: type, addend: mapping.addend, kernels: kernels)
        var counts = CastCounts()
        let step = Self.step(rows, type)
        var buffer = [UInt8](repeating: 0, count: min(step, rows.rowCount) * rows.rowByteCount)
        var scratch = ElementWriter.Scratch()
        for start in stride(from: 0, to: rows.rowCount, by: step) {
            try Task.checkCancellation()
            let range = start..<min(start + step, rows.rowCount)
            try rows.read(range, into: &buffer)
            let bytes = buffer.span.extracting(0..<range.count * rows.rowByteCount)
            counts += try writer.write(bytes, overflow: overflow, scratch: &scratch, body)
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

/// Turns elements of one type into those of another.
private struct ElementWriter {
    private let source: DType
    private let target: ElementType
    private let addend: Float
    private let kernels: Kernels

    /// Buffers that are used again for each chunk.
    struct Scratch {
        var floats: [UInt8] = []
        var output: [UInt8] = []
    }

    init(from source: DType, to target: ElementType, addend: Float, kernels: Kernels) throws {
        self.source = source
        self.target = target
        self.addend = addend
        self.kernels = kernels
        guard target != .plain(source) || addend != 0 else { return }
        let isWritable: Bool =
            switch target {
            case .plain(let dtype): Kernels.castTypes.contains(dtype)
            case .block(let block): block == .Q8_0
            }
        guard Self.canWiden(source), isWritable else {
            throw FormatError(
                .unsupported, "there is no cast from \(source) to \(target)", remedy: "Choose another dtype")
        }
    }

    func write(
        _ bytes: Span<UInt8>, overflow: CastOverflow, scratch: inout Scratch, _ body: (Span<UInt8>) throws -> Void
    ) throws -> CastCounts {
        if target == .plain(source), addend == 0 {
            try body(bytes)
            return CastCounts()
        }
        if addend == 0, Kernels.castTypes.contains(source), case .plain(let dtype) = target {
            return try cast(bytes, from: source, to: dtype, overflow, &scratch.output, body)
        }
        let counts = widen(bytes, overflow, &scratch.floats)
        let floats = scratch.floats
        switch target {
        case .plain(.F32):
            try body(floats.span)
            return counts
        case .plain(let dtype):
            return try cast(floats.span, from: .F32, to: dtype, overflow, &scratch.output, body)
        case .block(let block):
            let count = floats.count / 4 / block.elementCount * block.byteCount
            Self.resize(&scratch.output, to: count)
            var output = scratch.output.mutableSpan
            let faults = kernels.encodeBlocks(block, floats.span, into: &output).specialCount
            guard faults == 0 else {
                throw FormatError(
                    .refused, "\(faults) of its blocks hold NaN, infinities or numbers too large for \(block)",
                    remedy: "Choose f32 or bf16")
            }
            try body(scratch.output.span)
            return CastCounts()
        }
    }

    private func cast(
        _ bytes: Span<UInt8>, from: DType, to: DType, _ overflow: CastOverflow, _ buffer: inout [UInt8],
        _ body: (Span<UInt8>) throws -> Void
    ) throws -> CastCounts {
        Self.resize(&buffer, to: bytes.count / (from.bitCount / 8) * (to.bitCount / 8))
        var output = buffer.mutableSpan
        let counts = kernels.cast(from: from, to: to, input: bytes, into: &output, overflow: overflow)
        try body(buffer.span)
        return counts
    }

    /// Whether elements of the type can be read as numbers.
    private static func canWiden(_ dtype: DType) -> Bool {
        guard dtype.isFloatingPoint else { return false }
        return Kernels.castTypes.contains(dtype) || dtype == .F64 || dtype.codeValues != nil && dtype.bitCount != 6
    }

    /// The elements as float32, with the addend added.
    /// - Returns: what that did to numbers of float64, where it is the only rounding.
    private func widen(_ bytes: Span<UInt8>, _ overflow: CastOverflow, _ floats: inout [UInt8]) -> CastCounts {
        let isRoundedAgain: Bool = if case .plain(let dtype) = target { dtype != .F32 } else { false }
        var narrow = DoubleNarrowing(overflow: overflow, isFinal: !isRoundedAgain || addend != 0)
        let width = source.bitCount / 8
        let count = bytes.count * 8 / source.bitCount
        Self.resize(&floats, to: count * 4)
        if Kernels.castTypes.contains(source) {
            var output = floats.mutableSpan
            _ = kernels.cast(from: source, to: .F32, input: bytes, into: &output)
        } else if let values = source.codeValues, source.bitCount == 8 {
            for index in 0..<count { Self.store(Float(values[Int(bytes[index])]), at: index, &floats) }
        } else if source == .F64 {
            for index in 0..<count {
                let bits = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[index * width + $1]) << (8 * $1) }
                Self.store(narrow(Double(bitPattern: bits)), at: index, &floats)
            }
        } else if let values = source.codeValues, source.bitCount == 4 {
            for index in 0..<count {
                Self.store(Float(values[Int(bytes[index / 2] >> (4 * UInt8(index % 2)) & 15)]), at: index, &floats)
            }
        }
        guard addend != 0 else { return narrow.counts }
        for index in 0..<count {
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(floats[index * 4 + $1]) << (8 * $1) }
            Self.store(Float(bitPattern: bits) + addend, at: index, &floats)
        }
        return narrow.counts
    }

    private static func store(_ value: Float, at index: Int, _ floats: inout [UInt8]) {
        for byte in 0..<4 { floats[index * 4 + byte] = UInt8(truncatingIfNeeded: value.bitPattern >> (8 * byte)) }
    }

    private static func resize(_ buffer: inout [UInt8], to count: Int) {
        if buffer.count != count { buffer = [UInt8](repeating: 0, count: count) }
    }
}
