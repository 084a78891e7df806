/// How a quantized tensor is held, in the words of its family.
package protocol QuantizedEncoding: Hashable, Sendable {
    /// The id of the scheme: family, type, and what else changes the layout.
    var scheme: String { get }
    /// The bits of one code, without scales.
    var bits: Int { get }
    /// How many neighbors in a row share a scale; nil when rows, blocks or the whole tensor do.
    var groupSize: Int? { get }
    /// The same for people, in one line: `GPTQ 4-bit, group 128, act-order, asymmetric, v1`.
    var summary: String { get }
}

extension LogicalTensor.Encoding {
    /// What is known of a quantized tensor; nil for a dense one.
    package var quantized: (any QuantizedEncoding)? {
        switch self {
        case .dense: nil
        case .blocks(let state): state
        case .bitsAndBytes(let state): state
        case .bitsAndBytesInt8: BitsAndBytesInt8State()
        case .gptq(let state): state
        case .awq(let state): state
        case .compressedTensors(let state): state
        case .mlx(let state): state
        case .gptOSS: GPTOSSState()
        case .scaledFloat(let state): state
        }
    }
}

/// Which weights of a matrix share a scale.
package enum ScaleGranularity: Hashable, Sendable {
    case tensor
    /// Each row of the matrix has one.
    case channel
    /// So many neighbors of a row.
    case group(Int)
    /// A rectangle; those at the edges may be cut off.
    case block(rows: Int, columns: Int)

    /// As scheme ids spell it: `g128`, `block128x128`.
    package var id: String {
        switch self {
        case .tensor: "tensor"
        case .channel: "channel"
        case .group(let size): "g\(size)"
        case .block(let rows, let columns): "block\(rows)x\(columns)"
        }
    }

    /// As people say it.
    var words: String {
        switch self {
        case .tensor: "one scale a tensor"
        case .channel: "one scale a row"
        case .group(let size): "group \(size)"
        case .block(let rows, let columns): "blocks of \(rows) × \(columns)"
        }
    }

    package var groupSize: Int? { if case .group(let size) = self { size } else { nil } }

    /// What the shape of a matrix's scales says.
    /// - Parameters:
    ///   - scales: the scales' dimensions.
    ///   - matrix: the weights' dimensions, two at least.
    ///   - block: the block that the configuration names, in which a scale grid is read first.
    /// - Returns: nil when the two do not fit.
    init?(scales: [Int], matrix: [Int], block: (rows: Int, columns: Int)?) {
        guard matrix.count >= 2, let columns = matrix.last, case let rows = matrix[matrix.count - 2] else { return nil }
        let leading = Array(matrix.dropLast(2))
        if scales.allSatisfy({ $0 == 1 }) {
            guard leading.allSatisfy({ $0 == 1 }) || scales.isEmpty else { return nil }
            self = rows == 1 && scales.count >= 2 ? .channel : .tensor
            return
        }
        if !leading.isEmpty, scales == leading {
            self = .block(rows: rows, columns: columns)
            return
        }
        if scales == leading + [rows] || scales == leading + [rows, 1] {
            self = .channel
            return
        }
        guard scales.count == matrix.count, Array(scales.dropLast(2)) == leading else { return nil }
        let grid = (rows: scales[scales.count - 2], columns: scales[scales.count - 1])
        guard grid.rows > 0, grid.columns > 0 else { return nil }
        if grid.rows == rows, block == nil || block?.rows == 1 {
            guard columns % grid.columns == 0 else { return nil }
            self = .group(columns / grid.columns)
            return
        }
        for candidate in [block, (128, 128)] {
            if let candidate, candidate.rows > 0, candidate.columns > 0,
                grid.rows == Self.count(rows, of: candidate.rows),
                grid.columns == Self.count(columns, of: candidate.columns)
            {
                self = .block(rows: candidate.rows, columns: candidate.columns)
                return
            }
        }
        guard rows % grid.rows == 0, columns % grid.columns == 0 else { return nil }
        self = .block(rows: rows / grid.rows, columns: columns / grid.columns)
    }

    /// How many groups of `size` cover `count`.
    static func count(_ count: Int, of size: Int) -> Int { count / size + (count % size == 0 ? 0 : 1) }
}
