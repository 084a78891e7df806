/// Words in byte planes, for coded blobs. Lengths that do not fit each other are the caller's mistake.
extension Kernels {
    /// How words become planes: turned left by one bit so that a float's exponent comes first, lowered by a base, and
    /// shifted left, so that the highest plane holds the first bits of the mantissa too.
    package struct PlaneForm: Equatable, Sendable {
        /// Bytes of a word: 2, 4 or 8.
        package var width: Int
        package var isTurned: Bool
        package var base: UInt64 = 0
        /// 0, 1 or 2.
        package var shift = 0

        package init(width: Int, isTurned: Bool, base: UInt64 = 0, shift: Int = 0) {
            precondition([2, 4, 8].contains(width), "there are no planes of words of \(width) bytes")
            precondition(0...2 ~= shift, "words are not shifted by \(shift) bits")
            self.width = width
            self.isTurned = isTurned
            self.base = base
            self.shift = shift
        }
    }

    /// The smallest and the greatest of `count` words, as they are when they are turned.
    package func range(of words: Span<UInt8>, _ form: PlaneForm) -> ClosedRange<UInt64> {
        precondition(words.count > 0 && words.count % form.width == 0, "\(words.count) bytes are not whole words")
        return callRange(words, form)
    }

    /// Splits words into planes of equal length, the highest bytes first.
    package func split(_ words: Span<UInt8>, _ form: PlaneForm, into planes: inout [UInt8]) {
        precondition(words.count % form.width == 0, "\(words.count) bytes are not whole words")
        precondition(planes.count >= words.count, "\(words.count) bytes do not fit in \(planes.count)")
        callSplit(words, form, &planes)
    }

    /// Makes words of planes: fills `count` bytes of `words` from `offset`.
    package func join(
        _ planes: [UInt8], _ form: PlaneForm, byteCount: Int, into words: inout [UInt8], at offset: Int = 0
    ) {
        precondition(byteCount % form.width == 0 && byteCount <= planes.count, "\(byteCount) bytes of planes")
        Self.check(byteCount, at: offset, in: words.count)
        callJoin(planes, form, byteCount, &words, offset)
    }

    /// The bytes that `count` bytes with `shift` zero bits at their ends take when they are packed.
    package static func packedByteCount(_ count: Int, shift: Int) -> Int {
        let parts = shift == 2 ? 3 : 7
        return (count + parts) / (parts + 1) * parts
    }

    /// Packs bytes whose `shift` low bits are zero.
    package func pack(_ bytes: Span<UInt8>, shift: Int, into output: inout [UInt8], at offset: Int) {
        precondition(1...2 ~= shift, "bytes are not packed by \(shift) bits")
        Self.check(Self.packedByteCount(bytes.count, shift: shift), at: offset, in: output.count)
        callPack(bytes, shift, &output, offset)
    }

    /// Unpacks `count` bytes into `output` at `offset`.
    package func unpack(_ packed: Span<UInt8>, shift: Int, count: Int, into output: inout [UInt8], at offset: Int) {
        precondition(1...2 ~= shift, "bytes are not packed by \(shift) bits")
        precondition(
            packed.count == Self.packedByteCount(count, shift: shift), "\(packed.count) bytes do not hold \(count)")
        Self.check(count, at: offset, in: output.count)
        callUnpack(packed, shift, count, &output, offset)
    }

    /// How words differ from others.
    package enum Difference: UInt8, Sendable {
        case exclusiveOr = 1
        /// Turned left by one bit, subtracted modulo their range, the sign in the lowest bit.
        case subtraction = 2
    }

    /// The differences of words of 1, 2, 4 or 8 bytes from others.
    package func difference(
        _ words: Span<UInt8>, from bases: Span<UInt8>, _ kind: Difference, width: Int, into output: inout [UInt8]
    ) {
        precondition(words.count == bases.count && words.count % width == 0, "\(words.count) bytes of words")
        precondition(output.count >= words.count, "\(words.count) bytes do not fit in \(output.count)")
        callDifference(words, bases, kind, width, &output)
    }

    /// Turns the differences at `offset` of `words`, as many as there are bases, back into words.
    package func add(
        _ kind: Difference, to bases: Span<UInt8>, width: Int, in words: inout [UInt8], at offset: Int = 0
    ) {
        precondition(bases.count % width == 0, "\(bases.count) bytes of words")
        Self.check(bases.count, at: offset, in: words.count)
        callAdd(bases, kind, width, &words, offset)
    }

    /// How many words are zero.
    package func zeroCount(of words: Span<UInt8>, width: Int) -> Int { callZeroCount(words, width) }

    /// Writes one bit for each word into `bitmap`, and the words that are not zero into `kept`.
    /// - Parameter kept: has room for all words and one more.
    /// - Returns: how many are kept.
    package func gather(
        _ words: Span<UInt8>, width: Int, bitmap: inout [UInt8], kept: inout [UInt8]
    ) -> Int {
        let count = words.count / width
        precondition(words.count % width == 0 && bitmap.count >= (count + 7) / 8, "\(words.count) bytes of words")
        precondition(kept.count >= words.count + width, "\(words.count) bytes do not fit in \(kept.count)")
        return callGather(words, width, &bitmap, &kept)
    }

    /// Puts `kept` where the bitmap has a bit, and zeros elsewhere: fills `byteCount` bytes of `words` from `offset`.
    /// - Parameter kept: as many words as the bitmap has bits, and one more.
    package func scatter(
        bitmap: Span<UInt8>, kept: Span<UInt8>, width: Int, byteCount: Int, into words: inout [UInt8], at offset: Int
    ) {
        let count = byteCount / width
        precondition(byteCount % width == 0 && bitmap.count == (count + 7) / 8, "\(byteCount) bytes of words")
        var bits = 0
        for index in bitmap.indices { bits += bitmap[index].nonzeroBitCount }
        precondition(kept.count >= (bits + 1) * width, "\(kept.count) bytes are not \(bits) words and one more")
        Self.check(byteCount, at: offset, in: words.count)
        callScatter(bitmap, kept, width, count, &words, offset)
    }

    /// Codes bytes by a prefix code into `output` at `offset`.
    /// - Parameter limit: the most bytes that it may take; `output` has room for them.
    /// - Returns: what it took; nil, and nothing written, when that would be more, or for less than two different bytes.
    package func encodePrefix(
        _ bytes: Span<UInt8>, into output: inout [UInt8], at offset: Int, limit: Int
    ) -> Int? {
        guard bytes.count > 1, limit > 0 else { return nil }
        precondition(bytes.count < 1 << 30, "\(bytes.count) bytes are too many for one code")
        Self.check(limit, at: offset, in: output.count)
        let count = callEncodePrefix(bytes, &output, offset, limit)
        return count > 0 ? count : nil
    }

    /// Decodes `count` bytes into `output` at `offset`.
    /// - Returns: whether `coded` is exactly what codes them; else what is in their place means nothing.
    package func decodePrefix(
        _ coded: Span<UInt8>, count: Int, into output: inout [UInt8], at offset: Int
    ) -> Bool {
        Self.check(count, at: offset, in: output.count)
        return callDecodePrefix(coded, count, &output, offset)
    }

    /// What a prefix code would take of each bit of the bytes, by a sample, in 1/2048; 0 for less than two different
    /// bytes.
    package static func prefixEstimate(of bytes: Span<UInt8>) -> Int { callPrefixEstimate(bytes) }

    /// XXH64 with seed 0.
    package static func checksum(of bytes: Span<UInt8>) -> UInt64 { callChecksum(bytes) }

    private static func check(_ count: Int, at offset: Int, in room: Int) {
        precondition(offset >= 0 && count >= 0 && count <= room - offset, "\(count) bytes at \(offset) of \(room)")
    }
}
