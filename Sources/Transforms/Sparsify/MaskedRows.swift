package import Numbers

/// The rows of a matrix with zeros in the place of the numbers that count least; all others keep their bits.
package final class MaskedRows: RowSource {
    package var rowCount: Int { matrix.rows.rowCount }
    package var rowLength: Int { matrix.rows.rowLength }
    package var dtype: DType { matrix.rows.dtype }
    package let rowGroup: Int
    private var matrix: ScoredMatrix
    private let choice: Choice
    private var keys: [ScoreKey] = []
    private var scratch: [UInt64] = []
    /// Of the numbers that are equal to the limit, how many may still go; rows are read in order.
    private var equalCount: Int
    private var nextRow = 0

    private enum Choice {
        case limit(ScoreLimit)
        /// So many of each output.
        case ofOutputs(Int)
        /// So many of each run of inputs.
        case ofRuns(Int, length: Int)
    }

    /// - Parameters:
    ///   - limit: where what goes ends, of all matrices together; nil to find it here.
    /// - Throws: what reading throws.
    package init(_ matrix: ScoredMatrix, _ settings: SparsifySettings, limit: ScoreLimit? = nil) throws {
        self.matrix = matrix
        let inputs = matrix.isInputMajor ? matrix.matrixRowCount : matrix.rows.rowLength
        switch settings.amount {
        case .pattern(let pattern): choice = .ofRuns(pattern.length - pattern.kept, length: pattern.length)
        case .share(let share) where settings.scope == .row: choice = .ofOutputs(Self.count(inputs, share))
        case .share(let share):
            choice = .limit(try limit ?? Self.limit(share, of: matrix))
        }
        var group = matrix.rows.rowGroup
        if matrix.isInputMajor {
            switch choice {
            case .limit: break
            case .ofOutputs: group = matrix.matrixRowCount
            case .ofRuns(_, let length): group = max(group, length)
            }
        }
        rowGroup = group
        if case .limit(let limit) = choice { equalCount = limit.equalCount } else { equalCount = 0 }
    }

    /// How many of a share go, rounded down.
    package static func count(_ all: Int, _ share: Double) -> Int { Int(Double(all) * share) }

    private static func limit(_ share: Double, of matrix: ScoredMatrix) throws -> ScoreLimit {
        var matrix = matrix
        return try ScoreCounts.limit(ofLowest: count(matrix.elementCount, share)) { take in
            try matrix.forEachKeys(take)
        }
    }

    package func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        try matrix.rows.read(rows, into: &buffer)
        let byteCount = rows.count * rowByteCount
        let held = buffer
        try matrix.keys(of: held.span.extracting(0..<byteCount), rows: rows, into: &keys)
        let width = dtype.bitCount / 8
        switch choice {
        case .limit(let limit):
            precondition(rows.lowerBound == nextRow, "rows from \(rows.lowerBound), and \(nextRow) is the next")
            nextRow = rows.upperBound
            for (place, key) in keys.enumerated() where key <= limit.key {
                if key == limit.key {
                    guard equalCount > 0 else { continue }
                    equalCount -= 1
                }
                Self.clear(place, width, &buffer)
            }
        case .ofOutputs(let count):
            let length = matrix.isInputMajor ? matrix.matrixRowCount : rowLength
            clear(count, ofRuns: length, rows.count, width, &buffer)
        case .ofRuns(let count, let length): clear(count, ofRuns: length, rows.count, width, &buffer)
        }
    }

    /// Clears the lowest of each run of inputs, whichever way these lie.
    private func clear(_ count: Int, ofRuns length: Int, _ rowCount: Int, _ width: Int, _ buffer: inout [UInt8]) {
        let columns = rowLength
        if matrix.isInputMajor {
            for first in stride(from: 0, to: rowCount, by: length) {
                for column in 0..<columns {
                    LowestScores.forEach(
                        count, of: keys, start: first * columns + column, length: length, stride: columns,
                        scratch: &scratch
                    ) { Self.clear($0, width, &buffer) }
                }
            }
        } else {
            for start in stride(from: 0, to: rowCount * columns, by: length) {
                LowestScores.forEach(count, of: keys, start: start, length: length, scratch: &scratch) {
                    Self.clear($0, width, &buffer)
                }
            }
        }
    }

    private static func clear(_ place: Int, _ width: Int, _ buffer: inout [UInt8]) {
        for byte in place * width..<(place + 1) * width { buffer[byte] = 0 }
    }
}
