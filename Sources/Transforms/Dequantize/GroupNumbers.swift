import Numbers
import Tensors

/// Scales or shifts of a matrix: for each row as many as it has groups.
protocol GroupNumbers: Sendable {
    /// The numbers of one row.
    var countPerRow: Int { get }
    /// The numbers of some rows, row after row.
    func numbers(ofRows rows: Range<Int>) throws -> [Float]
}

/// Numbers that are read as they are needed.
struct StoredNumbers: GroupNumbers {
    /// How stored elements become numbers.
    enum Element: Sendable {
        /// BF16, F16 or F32.
        case float(DType)
        /// One byte, by a table of 256.
        case byte([Float])

        var byteCount: Int {
            switch self {
            case .float(let dtype): dtype.bitCount / 8
            case .byte: 1
            }
        }
    }

    let parts: any PartBytes
    let role: String
    let element: Element
    let countPerRow: Int
    /// The rows of one matrix, and how many neighbors among them share their numbers.
    let matrixRows: Int
    let rowsPerNumber: Int
    let kernels: Kernels

    /// - Parameters:
    ///   - matrixRows: the rows of one matrix of a stack.
    ///   - matrices: the matrices of the stack.
    ///   - columns: the columns of the matrix.
    /// - Throws: `FormatError` when the part is not there or has another size.
    init(
        _ role: String, of parts: any PartBytes, _ element: Element, _ granularity: ScaleGrid, matrices: Int,
        kernels: Kernels
    ) throws {
        self.parts = parts
        self.role = role
        self.element = element
        self.kernels = kernels
        countPerRow = granularity.countPerRow
        matrixRows = granularity.matrixRows
        rowsPerNumber = granularity.rowsPerNumber
        let perMatrix = (matrixRows + rowsPerNumber - 1) / rowsPerNumber * countPerRow
        try parts.check(role, (granularity.isShared ? 1 : matrices * perMatrix) * element.byteCount)
    }

    func numbers(ofRows rows: Range<Int>) throws -> [Float] {
        guard !rows.isEmpty else { return [] }
        let first = place(of: rows.lowerBound), last = place(of: rows.upperBound - 1)
        let count = (last - first + 1) * countPerRow
        let start = first * countPerRow * element.byteCount
        let bytes = try parts.bytes(role, start..<start + count * element.byteCount)
        var stored = [Float](repeating: 0, count: count)
        switch element {
        case .float(let dtype):
            var span = stored.mutableSpan
            kernels.widen(dtype, bytes.span, into: &span)
        case .byte(let table):
            for index in 0..<count { stored[index] = table[Int(bytes[index])] }
        }
        if rowsPerNumber == 1 { return stored }
        var found: [Float] = []
        found.reserveCapacity(rows.count * countPerRow)
        for row in rows {
            let start = (place(of: row) - first) * countPerRow
            found += stored[start..<start + countPerRow]
        }
        return found
    }

    /// Where a row's numbers stand, in rows of numbers.
    private func place(of row: Int) -> Int {
        let perMatrix = (matrixRows + rowsPerNumber - 1) / rowsPerNumber
        return row / matrixRows * perMatrix + row % matrixRows / rowsPerNumber
    }
}

/// Numbers in memory, row after row.
struct HeldNumbers: GroupNumbers {
    let values: [Float]
    let countPerRow: Int

    func numbers(ofRows rows: Range<Int>) -> [Float] {
        Array(values[rows.lowerBound * countPerRow..<rows.upperBound * countPerRow])
    }

    /// Numbers that are held [group, row].
    init(transposing values: [Float], rows: Int) {
        let groups = values.count / max(1, rows)
        var turned = [Float](repeating: 0, count: values.count)
        for group in 0..<groups {
            for row in 0..<rows { turned[row * groups + group] = values[group * rows + row] }
        }
        self.values = turned
        countPerRow = groups
    }

    init(_ values: [Float], countPerRow: Int) {
        self.values = values
        self.countPerRow = countPerRow
    }
}

/// The number of each column, where columns of a group do not follow one another.
struct GatheredNumbers: GroupNumbers {
    let groups: any GroupNumbers
    /// The group of each column.
    let index: [Int]

    var countPerRow: Int { index.count }

    func numbers(ofRows rows: Range<Int>) throws -> [Float] {
        let stored = try groups.numbers(ofRows: rows), count = groups.countPerRow
        var found: [Float] = []
        found.reserveCapacity(rows.count * index.count)
        for row in 0..<rows.count {
            for group in index { found.append(stored[row * count + group]) }
        }
        return found
    }
}

/// How scales lie over a matrix.
struct ScaleGrid: Equatable {
    let matrixRows: Int
    let countPerRow: Int
    let rowsPerNumber: Int
    /// The columns that share a number.
    let groupSize: Int
    /// Whether all matrices share one number.
    let isShared: Bool
}
