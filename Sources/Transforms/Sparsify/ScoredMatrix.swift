package import Tensors

/// A matrix, or a stack of them, whose numbers are ranked: its rows, and what its inputs count.
package struct ScoredMatrix {
    package let rows: any RowSource
    /// Rows of one matrix.
    let matrixRowCount: Int
    /// Whether rows are inputs, as in GPT-2's layers; else columns are.
    package let isInputMajor: Bool
    /// The norm of each input, of a stack one matrix after the other, or once for all of them; empty to rank by
    /// magnitude alone.
    let norms: [Float]
    private let kernels: Kernels
    private var reader: FloatReader
    private var buffer: [UInt8] = []

    /// Elements that are read together, about.
    private static let chunkElementCount = 128 << 10

    /// - Parameter norms: those of the inputs; empty for magnitudes.
    /// - Throws: `FormatError` for elements that are no numbers of whole bytes.
    package init(
        _ rows: any RowSource, matrixRowCount: Int, isInputMajor: Bool, norms: [Float], kernels: Kernels
    ) throws {
        self.rows = rows
        self.matrixRowCount = max(1, matrixRowCount)
        self.isInputMajor = isInputMajor
        self.norms = norms
        self.kernels = kernels
        reader = try FloatReader(rows.dtype, kernels: kernels)
    }

    package var elementCount: Int { rows.rowCount * rows.rowLength }

    /// The scores of some rows.
    /// - Parameter bytes: the rows' elements, in the dtype of the rows.
    mutating func keys(of bytes: Span<UInt8>, rows some: Range<Int>, into keys: inout [ScoreKey]) throws {
        try reader.take(bytes)
        let numbers = reader.values
        if keys.count != numbers.count { keys = [ScoreKey](repeating: 0, count: numbers.count) }
        guard !norms.isEmpty else {
            for index in numbers.indices { keys[index] = numbers[index].bitPattern & 0x7FFF_FFFF }
            return
        }
        let width = rows.rowLength, inputs = isInputMajor ? matrixRowCount : width
        let isShared = norms.count == inputs
        for (place, row) in some.enumerated() {
            let start = isShared ? 0 : row / matrixRowCount * inputs
            for column in 0..<width {
                let norm = norms[start + (isInputMajor ? row % matrixRowCount : column)]
                keys[place * width + column] = (numbers[place * width + column] * norm).bitPattern & 0x7FFF_FFFF
            }
        }
    }

    /// Reads all scores, some rows at a time, in order.
    mutating func forEachKeys(_ body: ([ScoreKey]) -> Void) throws {
        let group = rows.rowGroup
        let step = max(group, Self.chunkElementCount / max(1, rows.rowLength) / group * group)
        var keys: [ScoreKey] = []
        for start in stride(from: 0, to: rows.rowCount, by: step) {
            try Task.checkCancellation()
            let some = start..<min(start + step, rows.rowCount)
            let byteCount = some.count * rows.rowByteCount
            if buffer.count < byteCount { buffer = [UInt8](repeating: 0, count: byteCount) }
            try rows.read(some, into: &buffer)
            let held = buffer
            try self.keys(of: held.span.extracting(0..<byteCount), rows: some, into: &keys)
            body(keys)
        }
    }
}

/// Finds the limit of the lowest scores of several matrices, all of which are read twice.
package struct GlobalRanking: Sendable {
    private var counts = ScoreCounts()
    /// What the second reading looks into; nil for the first.
    private let bin: Int?

    /// The first reading.
    package init() { bin = nil }

    private init(bin: Int?) { self.bin = bin }

    /// What one matrix adds to this reading.
    package func counted(_ matrix: ScoredMatrix) throws -> Self {
        var own = Self(bin: bin)
        var matrix = matrix
        try matrix.forEachKeys { keys in
            if let bin { own.counts.count(keys, in: bin) } else { own.counts.count(keys) }
        }
        return own
    }

    package static func += (ranking: inout Self, other: Self) { ranking.counts += other.counts }

    /// After the first reading of all matrices: the second one.
    /// - Returns: what to begin with, and how many go of those that it looks into.
    package func second(lowest count: Int) -> (ranking: Self, rest: Int) {
        let (bin, rest) = counts.bin(ofLowest: count)
        return (Self(bin: bin), rest)
    }

    /// How many numbers there are of each score that this reading counts, without those of none.
    package struct Held: Sendable {
        fileprivate let counts: [(key: Int, count: Int)]
    }

    package var held: Held {
        Held(counts: counts.bins.enumerated().lazy.filter { $0.element > 0 }.map { ($0.offset, $0.element) })
    }

    package static func += (ranking: inout Self, held: Held) {
        for (key, count) in held.counts { ranking.counts.add(count, to: key) }
    }

    /// After the second reading: the limit of each matrix, with as many of those that are equal to it as are left.
    /// - Parameters:
    ///   - rest: as `second` gave it.
    ///   - matrices: what each adds, in order.
    package func limits(rest: Int, of matrices: [Held]) -> [ScoreLimit] {
        let (key, equal) = counts.bin(ofLowest: rest)
        var left = equal
        return matrices.map { matrix in
            let own = min(left, matrix.counts.first { $0.key == key }?.count ?? 0)
            left -= own
            return ScoreLimit(key: ScoreKey((bin ?? 0) << ScoreCounts.lowBits | key), equalCount: own)
        }
    }
}
