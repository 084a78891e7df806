import Bytes
package import Tensors

/// Codes chunks, one after the other, in buffers that it keeps. The same chunk gives the same bytes on every machine.
package final class ChunkEncoder {
    /// How much is tried.
    package enum Effort: Sendable {
        /// What is fast to read: planes that lose at least a sixty-fourth.
        case quick
        /// Everything; the smallest is taken.
        case thorough
    }

    private let kernels: Kernels
    private let words: WordLayout
    private let effort: Effort
    /// The best form of the chunk so far.
    package private(set) var output: [UInt8] = []
    private var count = 0
    /// What the last chunk would take without differences.
    package private(set) var aloneByteCount = 0
    private var trial: [UInt8] = []
    private var side: [UInt8] = []
    private var planes: [UInt8] = []
    private var differences: [UInt8] = []
    private var wordBitmap: [UInt8] = []
    private var keptWords: [UInt8] = []
    private var byteBitmap: [UInt8] = []
    private var keptBytes: [UInt8] = []

    package init(_ words: WordLayout, effort: Effort, kernels: Kernels) {
        self.words = words
        self.effort = effort
        self.kernels = kernels
    }

    /// Codes one chunk.
    /// - Parameters:
    ///   - chunk: at least one byte.
    ///   - base: begins with the base's bytes in the same place; nil when there is none.
    /// - Returns: how many bytes at the start of `output` are the chunk's.
    package func encode(_ chunk: Span<UInt8>, base: [UInt8]?) -> Int {
        prepare(chunk.count)
        count = chunk.count + 1
        let whole = chunk.count / words.width * words.width
        let tail = chunk.extracting(whole..<chunk.count)
        consider(chunk.extracting(0..<whole), tail, form: 0, isTurned: words.isTurned)
        aloneByteCount = count
        if let base, whole > 0 {
            for kind in [Kernels.Difference.exclusiveOr, .subtraction] {
                kernels.difference(
                    chunk.extracting(0..<whole), from: base.span.extracting(0..<whole), kind, width: words.width,
                    into: &differences)
                // A second owner, so that the span does not hold the property; nothing writes to it meanwhile.
                let found = differences
                consider(
                    found.span.extracting(0..<whole), tail, form: kind.rawValue,
                    isTurned: words.isTurned && kind == .exclusiveOr)
            }
        }
        if count > chunk.count {
            output[0] = ChunkForm.raw
            ByteCopy.copy(chunk, 0, count: chunk.count, to: &output, at: 1)
        }
        return count
    }

    private func prepare(_ byteCount: Int) {
        let room = 2 * byteCount + 4096
        output.ensure(room)
        trial.ensure(room)
        side.ensure(room)
        planes.ensure(byteCount)
        differences.ensure(byteCount)
        wordBitmap.ensure(byteCount / words.width / 8 + 1)
        keptWords.ensure(byteCount + words.width)
        byteBitmap.ensure(byteCount / 8 + 1)
        keptBytes.ensure(byteCount + 1)
    }

    /// Tries words, or their differences, with zeros and without.
    private func consider(_ values: Span<UInt8>, _ tail: Span<UInt8>, form: UInt8, isTurned: Bool) {
        let wordCount = values.count / words.width
        trial[0] = form
        keep(codeTail(tail, at: codePlanes(values, isTurned, at: 1)))
        // Below an eighth, what is said of each word costs more than the zeros do.
        guard wordCount > 0, mayHaveZeros(values),
            kernels.zeroCount(of: values, width: words.width) * 8 >= wordCount
        else { return }
        let kept = kernels.gather(values, width: words.width, bitmap: &wordBitmap, kept: &keptWords)
        let (bitmap, nonzeros) = (wordBitmap, keptWords)
        trial[0] = form | ChunkForm.sparse
        var place = code(bitmap.span.extracting(0..<(wordCount + 7) / 8), into: &trial, at: 1, .nested)
        place = Self.write(kept, into: &trial, at: place)
        keep(codeTail(tail, at: codePlanes(nonzeros.span.extracting(0..<kept * words.width), isTurned, at: place)))
    }

    /// Whether a look at some of the words, in 32 runs of a kilobyte, finds one in sixteen to be zero.
    private func mayHaveZeros(_ values: Span<UInt8>) -> Bool {
        let runs = 32, run = 1024
        guard values.count > runs * run else { return true }
        let step = values.count / runs / 8 * 8
        let zeros = (0..<runs).reduce(0) { zeros, index in
            zeros + kernels.zeroCount(of: values.extracting(index * step..<index * step + run), width: words.width)
        }
        return zeros * 16 >= runs * run / words.width
    }

    /// Takes the trial when it is shorter than what there is.
    private func keep(_ trialCount: Int) {
        guard trialCount < count else { return }
        swap(&output, &trial)
        count = trialCount
    }

    private func codeTail(_ tail: Span<UInt8>, at place: Int) -> Int {
        ByteCopy.copy(tail, 0, count: tail.count, to: &trial, at: place)
        return place + tail.count
    }

    /// - Returns: the place behind the planes.
    private func codePlanes(_ values: Span<UInt8>, _ isTurned: Bool, at start: Int) -> Int {
        var place = start + 2
        trial[start] = 0
        trial[start + 1] = 0
        guard words.width > 1 else { return code(values, into: &trial, at: place, .highest) }
        guard values.count > 0 else { return place }
        let planeByteCount = values.count / words.width
        let form = form(of: values, isTurned)
        trial[start] = UInt8(form.shift)
        trial[start + 1] = UInt8(form.base >> UInt64(8 * words.width - 8))
        kernels.split(values, form, into: &planes)
        let all = planes
        for plane in 0..<words.width {
            let bytes = all.span.extracting(plane * planeByteCount..<(plane + 1) * planeByteCount)
            let isLowest = plane == words.width - 1
            place = code(
                bytes, into: &trial, at: place, plane == 0 ? .highest : .lower, shift: isLowest ? form.shift : 0)
        }
        return place
    }

    /// Words whose highest bytes lie close together are shifted until the highest byte is used well: its first bits say
    /// more of what follows them than they cost.
    private func form(of values: Span<UInt8>, _ isTurned: Bool) -> Kernels.PlaneForm {
        var form = Kernels.PlaneForm(width: words.width, isTurned: isTurned)
        let range = kernels.range(of: values, form)
        let place = UInt64(8 * words.width - 8)
        let (low, high) = (range.lowerBound >> place, range.upperBound >> place)
        form.shift = high - low < 64 ? 2 : high - low < 128 ? 1 : 0
        form.base = form.shift > 0 ? low << place : 0
        return form
    }

    // MARK: Fields

    private enum Role {
        /// A plane that is coded if it can be.
        case highest
        /// One that mostly is not: a sample tells.
        case lower
        /// A part of a sparse field or chunk.
        case nested
    }

    /// Writes a field by the coder that takes least.
    /// - Parameter shift: the zero bits at the end of each byte.
    /// - Returns: the place behind it.
    private func code(
        _ bytes: Span<UInt8>, into target: inout [UInt8], at start: Int, _ role: Role, shift: Int = 0
    ) -> Int {
        guard bytes.count > 0 else { return start }
        let first = bytes[0]
        if Self.isConstant(bytes) {
            target[start] = FieldCoder.constant.rawValue
            target[start + 1] = first
            return start + 2
        }
        let plain = shift > 0 ? Kernels.packedByteCount(bytes.count, shift: shift) : bytes.count
        var best = effort == .quick ? plain - plain / 64 : plain - 1
        var place: Int?
        if isWorthCoding(bytes, role, to: best),
            let coded = kernels.encodePrefix(bytes, into: &target, at: start + 5, limit: best - 4)
        {
            best = coded + 3
            place = Self.head(.prefix, coded, into: &target, at: start)
        }
        if effort == .thorough, let coded = Deflation.huffmanOnly(bytes, limit: best - 4) {
            best = coded.count + 3
            place = Self.head(.deflate, coded.count, into: &target, at: start)
            ByteCopy.copy(coded.span, 0, count: coded.count, to: &target, at: start + 5)
        }
        // Where half of the bytes are zero, the others take five bits of each byte at most.
        if role != .nested, best <= bytes.count * 3 / 4 || effort == .thorough, let coded = codeSparse(bytes),
            coded <= best
        {
            let body = side
            ByteCopy.copy(body.span, 0, count: coded, to: &target, at: start + 1)
            target[start] = FieldCoder.sparse.rawValue
            place = start + 1 + coded
        }
        if let place { return place }
        if shift > 0 {
            target[start] = FieldCoder.packed.rawValue
            kernels.pack(bytes, shift: shift, into: &target, at: start + 1)
        } else {
            target[start] = FieldCoder.raw.rawValue
            ByteCopy.copy(bytes, 0, count: bytes.count, to: &target, at: start + 1)
        }
        return start + 1 + plain
    }

    private func isWorthCoding(_ bytes: Span<UInt8>, _ role: Role, to limit: Int) -> Bool {
        guard effort == .quick, role == .lower else { return true }
        // In 1/2048 of the bytes; 0 when the sample holds one value only.
        return Kernels.prefixEstimate(of: bytes) * (bytes.count / 256) / 8 <= limit
    }

    /// Writes the body of a sparse field to `side`.
    /// - Returns: its length; nil when less than half of the bytes are zero.
    private func codeSparse(_ bytes: Span<UInt8>) -> Int? {
        guard kernels.zeroCount(of: bytes, width: 1) * 2 >= bytes.count else { return nil }
        let kept = kernels.gather(bytes, width: 1, bitmap: &byteBitmap, kept: &keptBytes)
        let (bitmap, nonzeros) = (byteBitmap, keptBytes)
        var place = Self.write(kept, into: &side, at: 0)
        place = code(bitmap.span.extracting(0..<(bytes.count + 7) / 8), into: &side, at: place, .nested)
        return code(nonzeros.span.extracting(0..<kept), into: &side, at: place, .nested)
    }

    private static func isConstant(_ bytes: Span<UInt8>) -> Bool {
        let first = bytes[0]
        for index in bytes.indices where bytes[index] != first { return false }
        return true
    }

    private static func head(_ coder: FieldCoder, _ count: Int, into target: inout [UInt8], at place: Int) -> Int {
        target[place] = coder.rawValue
        return write(count, into: &target, at: place + 1) + count
    }

    private static func write(_ number: Int, into target: inout [UInt8], at place: Int) -> Int {
        for index in 0..<4 { target[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        return place + 4
    }
}
