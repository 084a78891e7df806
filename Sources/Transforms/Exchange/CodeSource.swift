package import Formats
import Numbers
package import Tensors

/// The codes of a quantized matrix, and the numbers of their groups, by rows, in the words of its grid.
package struct CodeSource: Sendable {
    /// What codes stand for.
    package let grid: CodeGrid
    /// [out, in], or [experts, out, in].
    package let shape: Shape
    private let reader: any CodeReader

    /// - Parameters:
    ///   - tensor: a quantized tensor.
    ///   - parts: the bytes of its parts.
    /// - Returns: nil where the tensor has no grid.
    package init?(_ tensor: LogicalTensor, parts: any PartBytes, kernels: Kernels) throws {
        guard let grid = tensor.codeGrid else { return nil }
        self.grid = grid
        shape = tensor.shape
        switch try Dequantizers.make(for: tensor, parts: parts, kernels: kernels) {
        case let blocks as BlockDequantizer: reader = BlockCodes(blocks, grid: grid)
        case let codes as CodeDequantizer: reader = StreamCodes(codes, grid: grid)
        default: return nil
        }
    }

    var columns: Int { shape.dimensions.last ?? 1 }

    /// The codes of some rows.
    func codes(ofRows rows: Range<Int>) throws -> CodeRows { try reader.codes(ofRows: rows) }

    /// The numbers of the groups of some rows, without codes where they lie apart.
    func numbers(ofRows rows: Range<Int>) throws -> CodeRows { try reader.numbers(ofRows: rows) }
}

/// Rows of codes, with the numbers of their groups as their grid counts them.
struct CodeRows: Equatable {
    /// One byte a weight, from 0; empty when only numbers were asked for.
    var codes: [UInt8]
    /// One a group, row after row.
    var scales: [Float]
    /// Zero points counted from code 0, or biases; empty for powers of two.
    var shifts: [Float]
}

/// Gives the codes of a layout.
protocol CodeReader: Sendable {
    func codes(ofRows rows: Range<Int>) throws -> CodeRows
    func numbers(ofRows rows: Range<Int>) throws -> CodeRows
}

/// Codes in streams, with numbers that lie apart: every layout but ggml's.
private struct StreamCodes: CodeReader {
    private let source: CodeDequantizer
    private let grid: CodeGrid

    init(_ source: CodeDequantizer, grid: CodeGrid) {
        self.source = source
        self.grid = grid
    }

    func codes(ofRows rows: Range<Int>) throws -> CodeRows {
        var found = try numbers(ofRows: rows)
        found.codes = try source.unpackedCodes(ofRows: rows)
        // Signed bytes become codes from 0.
        if let flip = source.form.line?.flip, flip != 0 {
            for index in found.codes.indices { found.codes[index] ^= UInt8(truncatingIfNeeded: flip) }
        }
        return found
    }

    func numbers(ofRows rows: Range<Int>) throws -> CodeRows {
        let scales = try source.scales.numbers(ofRows: rows)
        guard case .zeroPoint = grid.meaning else {
            return CodeRows(codes: [], scales: scales, shifts: try source.shifts?.numbers(ofRows: rows) ?? [])
        }
        let offset = source.form.line?.offset ?? 0
        let zeros =
            try source.shifts?.numbers(ofRows: rows).map { $0 + offset }
            ?? [Float](repeating: offset, count: scales.count)
        return CodeRows(codes: [], scales: scales, shifts: zeros)
    }
}

extension CodeDequantizer {
    /// The codes of some rows, one byte each, as they are stored.
    func unpackedCodes(ofRows rows: Range<Int>) throws -> [UInt8] {
        let packed = try codes(ofRows: rows)
        if form.bits == 8 { return packed }
        let columns = columnCount
        var codes = [UInt8](repeating: 0, count: rows.count * columns)
        for row in 0..<rows.count {
            var span = codes.mutableSpan
            var part = span._mutatingExtracting(row * columns..<(row + 1) * columns)
            CodeStream.unpack(
                packed.span.extracting(row * rowByteCount..<(row + 1) * rowByteCount), bits: form.bits, into: &part)
        }
        return codes
    }
}

/// Codes one behind the other without gaps, the low bits of each byte first.
enum CodeStream {
    /// Takes the codes of one row apart, a byte each.
    static func unpack(_ packed: Span<UInt8>, bits: Int, into codes: inout MutableSpan<UInt8>) {
        if bits == 4 {
            for index in codes.indices { codes[index] = packed[index / 2] >> (index % 2 * 4 & 7) & 15 }
            return
        }
        let mask = UInt32(1) << UInt32(bits) - 1
        var held: UInt32 = 0, count = 0, next = 0
        for index in codes.indices {
            if count < bits {
                held |= UInt32(packed[next]) << UInt32(count)
                next += 1
                count += 8
            }
            codes[index] = UInt8(truncatingIfNeeded: held & mask)
            held >>= UInt32(bits)
            count -= bits
        }
    }
}
