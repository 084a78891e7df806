import Bytes
package import Tensors

/// Decodes chunks, in buffers that it keeps. Nothing that a chunk says is believed before it was checked.
package final class ChunkDecoder {
    private let kernels: Kernels
    private var planes: [UInt8] = []
    private var wordBitmap: [UInt8] = []
    private var keptWords: [UInt8] = []
    private var byteBitmap: [UInt8] = []
    private var keptBytes: [UInt8] = []

    package init(kernels: Kernels) { self.kernels = kernels }

    /// A chunk being read: its bytes, and how far they are read.
    private struct Input {
        let bytes: [UInt8]
        let end: Int
        var place = 0

        mutating func take(_ count: Int) throws(FormatError) -> Range<Int> {
            guard count >= 0, count <= end - place else {
                throw CodedBlobHeader.fault("a chunk ends before what it announces", at: nil)
            }
            defer { place += count }
            return place..<place + count
        }

        mutating func number(_ count: Int) throws(FormatError) -> Int {
            let range = try take(count)
            return Int(CodedBlobHeader.number(bytes, range.lowerBound, count))
        }
    }

    /// Decodes a chunk into the start of `output`.
    /// - Parameters:
    ///   - stored: holds the chunk in its first `storedByteCount` bytes.
    ///   - byteCount: how many bytes the chunk has; `output` has room for them.
    ///   - base: gives the base's bytes in the same place; asked only when the chunk holds differences.
    package func decode(
        _ stored: [UInt8], storedByteCount: Int, words: WordLayout, byteCount: Int, into output: inout [UInt8],
        base: () throws -> [UInt8]
    ) throws {
        precondition(storedByteCount <= stored.count && byteCount <= output.count, "a chunk of \(byteCount) bytes")
        var input = Input(bytes: stored, end: storedByteCount)
        let form = UInt8(try input.number(1))
        if form == ChunkForm.raw {
            let range = try input.take(byteCount)
            ByteCopy.copy(stored.span, range.lowerBound, count: byteCount, to: &output, at: 0)
            return try expectEnd(input)
        }
        let kind = Kernels.Difference(rawValue: form & ChunkForm.differences)
        guard form & ~(ChunkForm.sparse | ChunkForm.differences) == 0,
            kind != nil || form & ChunkForm.differences == 0
        else { throw CodedBlobHeader.fault("a chunk of the form \(form), which is none", at: nil) }
        let whole = byteCount / words.width * words.width
        let isTurned = words.isTurned && kind != .subtraction
        if form & ChunkForm.sparse != 0 {
            try decodeSparse(&input, words.width, isTurned, whole, &output)
        } else {
            try decodePlanes(&input, words.width, isTurned, whole, &output)
        }
        if let kind {
            let bytes = try base()
            kernels.add(kind, to: bytes.span.extracting(0..<whole), width: words.width, in: &output)
        }
        let tail = try input.take(byteCount - whole)
        ByteCopy.copy(stored.span, tail.lowerBound, count: tail.count, to: &output, at: whole)
        try expectEnd(input)
    }

    private func expectEnd(_ input: Input) throws(FormatError) {
        guard input.place == input.end else {
            throw CodedBlobHeader.fault("\(input.end - input.place) bytes follow what a chunk holds", at: nil)
        }
    }

    private func decodeSparse(
        _ input: inout Input, _ width: Int, _ isTurned: Bool, _ byteCount: Int, _ output: inout [UInt8]
    ) throws(FormatError) {
        let count = byteCount / width
        wordBitmap.ensure((count + 7) / 8)
        try decodeField(&input, (count + 7) / 8, into: &wordBitmap, at: 0, .nested)
        let bitmap = wordBitmap
        let kept = try input.number(4)
        try checkBitmap(bitmap.span.extracting(0..<(count + 7) / 8), of: count, kept: kept)
        keptWords.ensure((kept + 1) * width)
        var words: [UInt8] = []
        swap(&words, &keptWords)
        defer { swap(&words, &keptWords) }
        try decodePlanes(&input, width, isTurned, kept * width, &words)
        kernels.scatter(
            bitmap: bitmap.span.extracting(0..<(count + 7) / 8), kept: words.span, width: width, byteCount: byteCount,
            into: &output, at: 0)
    }

    /// - Throws: `FormatError` unless the bitmap of `count` bits has `kept` of them set, and none behind them.
    private func checkBitmap(_ bitmap: Span<UInt8>, of count: Int, kept: Int) throws(FormatError) {
        var bits = 0
        for index in bitmap.indices { bits += bitmap[index].nonzeroBitCount }
        let isClean = count % 8 == 0 || bitmap[bitmap.count - 1] >> UInt8(count % 8) == 0
        guard bits == kept, isClean else {
            throw CodedBlobHeader.fault("a bitmap of \(bits) bits for \(kept) words", at: nil)
        }
    }

    private func decodePlanes(
        _ input: inout Input, _ width: Int, _ isTurned: Bool, _ byteCount: Int, _ output: inout [UInt8]
    ) throws(FormatError) {
        let shift = try input.number(1), base = try input.number(1)
        guard shift <= 2, width > 1 || shift + base == 0 else {
            throw CodedBlobHeader.fault("a shift of \(shift) bits and a base of \(base)", at: nil)
        }
        guard byteCount > 0 else { return }
        guard width > 1 else { return try decodeField(&input, byteCount, into: &output, at: 0, .whole) }
        let count = byteCount / width
        planes.ensure(byteCount)
        for plane in 0..<width {
            let isLowest = plane == width - 1
            try decodeField(
                &input, count, into: &planes, at: plane * count, .whole, shift: isLowest ? shift : 0)
        }
        let form = Kernels.PlaneForm(
            width: width, isTurned: isTurned, base: UInt64(base) << UInt64(8 * width - 8), shift: shift)
        kernels.join(planes, form, byteCount: byteCount, into: &output)
    }

    private enum Role { case whole, nested }

    /// Reads a field of `count` bytes into `target` at `offset`.
    private func decodeField(
        _ input: inout Input, _ count: Int, into target: inout [UInt8], at offset: Int, _ role: Role, shift: Int = 0
    ) throws(FormatError) {
        guard count > 0 else { return }
        let coder = try input.number(1)
        switch FieldCoder(rawValue: UInt8(coder)) {
        case .raw:
            let range = try input.take(count)
            ByteCopy.copy(input.bytes.span, range.lowerBound, count: count, to: &target, at: offset)
        case .constant:
            let value = UInt8(try input.number(1))
            for index in offset..<offset + count { target[index] = value }
        case .deflate:
            let range = try input.take(try input.number(4))
            guard Deflation.inflate(input.bytes.span.extracting(range), count: count, into: &target, at: offset) else {
                throw CodedBlobHeader.fault("a deflate stream is damaged", at: nil)
            }
        case .prefix:
            let range = try input.take(try input.number(4))
            let coded = input.bytes.span.extracting(range)
            guard kernels.decodePrefix(coded, count: count, into: &target, at: offset) else {
                throw CodedBlobHeader.fault("bytes in a prefix code are damaged", at: nil)
            }
        case .packed where shift > 0:
            let range = try input.take(Kernels.packedByteCount(count, shift: shift))
            kernels.unpack(input.bytes.span.extracting(range), shift: shift, count: count, into: &target, at: offset)
        case .sparse where role == .whole: try decodeSparseField(&input, count, into: &target, at: offset)
        default: throw CodedBlobHeader.fault("the coder \(coder), which is none here", at: nil)
        }
    }

    private func decodeSparseField(
        _ input: inout Input, _ count: Int, into target: inout [UInt8], at offset: Int
    ) throws(FormatError) {
        let kept = try input.number(4)
        guard kept <= count else { throw CodedBlobHeader.fault("\(kept) of \(count) bytes are not zero", at: nil) }
        byteBitmap.ensure((count + 7) / 8)
        try decodeField(&input, (count + 7) / 8, into: &byteBitmap, at: 0, .nested)
        let bitmap = byteBitmap
        try checkBitmap(bitmap.span.extracting(0..<(count + 7) / 8), of: count, kept: kept)
        keptBytes.ensure(kept + 1)
        try decodeField(&input, kept, into: &keptBytes, at: 0, .nested)
        let nonzeros = keptBytes
        kernels.scatter(
            bitmap: bitmap.span.extracting(0..<(count + 7) / 8), kept: nonzeros.span, width: 1, byteCount: count,
            into: &target, at: offset)
    }
}
