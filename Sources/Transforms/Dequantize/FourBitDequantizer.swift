import Bytes
import Formats
import Numbers
import Tensors

/// Decodes 4-bit matrices of bitsandbytes: table × absmax in float32, rounded to the state's dtype.
///
/// Blocks run over the whole matrix, so a row may begin inside one.
struct FourBitDequantizer: Dequantizer {
    let shape: Shape
    let kernels: Kernels
    private let state: BitsAndBytesQuantState
    private let absmax: [Float]
    private let parts: any PartBytes

    var dtype: DType { state.dtype }

    /// - Throws: `FormatError` when parts are missing or too short for the shape.
    init(_ state: BitsAndBytesQuantState, _ source: DequantizerSource) throws {
        self.state = state
        shape = source.tensor.shape
        kernels = source.kernels
        parts = source.parts
        let count = shape.elementCount
        try parts.check("codes", count / 2 + count % 2)
        let blocks = count / state.blockSize + (count % state.blockSize == 0 ? 0 : 1)
        guard let offset = state.nestedOffset else {
            absmax = LittleEndianFloats.decode(try parts.all("absmax", blocks * 4))
            return
        }
        let codes = try parts.all("absmax", blocks)
        let scaleCount = (blocks + NestedAbsmax.blockSize - 1) / NestedAbsmax.blockSize
        let scales = LittleEndianFloats.decode(try parts.all("nested_absmax", scaleCount * 4))
        guard let nested = NestedAbsmax(codes: codes, scales: scales, offset: offset) else {
            throw FormatError(
                .corrupt, "\(scales.count) nested scales for \(codes.count) scales", remedy: "Fetch the file again")
        }
        absmax = nested.decoded()
    }

    func decode(rows: Range<Int>, into output: inout MutableSpan<Float>) throws {
        check(rows, output.count)
        try forEachPiece(of: rows) { bytes, place in
            let width = dtype.bitCount / 8
            var part = output._mutatingExtracting(place..<place + bytes.count / width)
            kernels.widen(dtype, bytes, into: &part)
        }
    }

    func decode(rows: Range<Int>, as dtype: DType, into output: inout MutableSpan<UInt8>) throws {
        check(rows, output.count / (dtype.bitCount / 8))
        let stored = self.dtype.bitCount / 8, width = dtype.bitCount / 8
        try forEachPiece(of: rows) { bytes, place in
            let count = bytes.count / stored
            var part = output._mutatingExtracting(place * width..<(place + count) * width)
            if dtype == self.dtype {
                for index in bytes.indices { part[index] = bytes[index] }
                return
            }
            var numbers = [Float](repeating: 0, count: count)
            var span = numbers.mutableSpan
            kernels.widen(self.dtype, bytes, into: &span)
            kernels.narrow(numbers.span, to: dtype, into: &part)
        }
    }

    /// Elements that are decoded at a time: whole blocks of every size.
    private static let chunkElementCount = 64 << 10

    /// Hands out the rows' numbers in `dtype`, and how many came before.
    private func forEachPiece(of rows: Range<Int>, _ body: (Span<UInt8>, Int) throws -> Void) throws {
        let wanted = rows.lowerBound * columnCount..<rows.upperBound * columnCount
        let width = dtype.bitCount / 8
        // The first block from its start, since a block decodes as a whole.
        var start = wanted.lowerBound / state.blockSize * state.blockSize
        var numbers = [UInt8](repeating: 0, count: min(Self.chunkElementCount, wanted.upperBound - start) * width)
        while start < wanted.upperBound {
            try Task.checkCancellation()
            let end = min(start + Self.chunkElementCount, wanted.upperBound), count = end - start
            let codes = try parts.bytes("codes", start / 2..<(end + 1) / 2)
            let blocks = start / state.blockSize..<(end + state.blockSize - 1) / state.blockSize
            var all = numbers.mutableSpan
            var span = all._mutatingExtracting(0..<count * width)
            kernels.decodeFourBit(
                state.type, codes: codes.span, absmax: absmax.span.extracting(blocks), blockSize: state.blockSize,
                count: count, into: &span, as: dtype)
            let first = max(start, wanted.lowerBound)
            try body(numbers.span.extracting((first - start) * width..<count * width), first - wanted.lowerBound)
            start = end
        }
    }
}
