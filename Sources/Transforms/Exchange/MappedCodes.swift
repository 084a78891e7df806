import Architectures
import Numbers
import Tensors

/// The rows of codes that a tensor of another layout consists of: those of all sources one after the other, in the order
/// of the mapping.
struct MappedCodes {
    private let pieces: [(source: CodeSource, rows: Range<Int>)]
    private let order: TensorMapping.RowOrder
    /// The rows of all sources, of which the order may take some.
    private let storedRowCount: Int
    let rowCount: Int
    let columns: Int

    /// - Parameters:
    ///   - mapping: one that takes whole rows (`CodeExchange` refuses others).
    ///   - sources: the tensors that the mapping's sources name, in its order.
    init(_ mapping: TensorMapping, of sources: [CodeSource]) {
        guard case .sources(let parts) = mapping.content else { preconditionFailure("values have no codes") }
        pieces = zip(parts, sources).map { part, source in
            (source, part.rows ?? 0..<source.shape.dimensions.dropLast().reduce(1, *))
        }
        order = mapping.rowOrder
        storedRowCount = pieces.reduce(0) { $0 + $1.rows.count }
        rowCount = Self.rowCount(mapping, of: sources.map(\.shape))
        columns = sources.first?.columns ?? 0
    }

    /// The rows that a mapping takes of sources of these shapes.
    static func rowCount(_ mapping: TensorMapping, of shapes: [Shape]) -> Int {
        guard case .sources(let parts) = mapping.content else { return 0 }
        let stored = zip(parts, shapes).reduce(0) { sum, pair in
            sum + (pair.0.rows?.count ?? pair.1.dimensions.dropLast().reduce(1, *))
        }
        return if case .every(let count, _) = mapping.rowOrder { stored / count } else { stored }
    }

    func codes(ofRows rows: Range<Int>) throws -> CodeRows { try read(rows) { try $0.codes(ofRows: $1) } }

    func numbers(ofRows rows: Range<Int>) throws -> CodeRows { try read(rows) { try $0.numbers(ofRows: $1) } }

    private func read(
        _ rows: Range<Int>, _ read: (CodeSource, Range<Int>) throws -> CodeRows
    ) throws -> CodeRows {
        if order == .asStored { return try stored(rows, read) }
        let wanted = rows.map { order.sourceRow(of: $0, among: storedRowCount) }
        guard let first = wanted.min(), let last = wanted.max() else { return CodeRows() }
        let all = try stored(first..<last + 1, read)
        return all.rows(wanted.map { $0 - first }, among: last + 1 - first)
    }

    /// Rows in the order of the sources.
    private func stored(
        _ rows: Range<Int>, _ read: (CodeSource, Range<Int>) throws -> CodeRows
    ) throws -> CodeRows {
        var found = CodeRows()
        var start = 0
        for piece in pieces {
            let part = rows.clamped(to: start..<start + piece.rows.count)
            if !part.isEmpty {
                let offset = piece.rows.lowerBound - start
                found.append(try read(piece.source, part.lowerBound + offset..<part.upperBound + offset))
            }
            start += piece.rows.count
        }
        return found
    }
}

extension CodeRows {
    init() { self.init(codes: [], scales: [], shifts: []) }

    mutating func append(_ other: CodeRows) {
        if codes.isEmpty, scales.isEmpty {
            self = other
        } else {
            codes += other.codes
            scales += other.scales
            shifts += other.shifts
        }
    }

    /// Some rows, of as many as there are.
    fileprivate func rows(_ wanted: [Int], among count: Int) -> CodeRows {
        func picked<Element>(_ elements: [Element]) -> [Element] {
            let width = elements.count / count
            return wanted.flatMap { elements[$0 * width..<($0 + 1) * width] }
        }
        return CodeRows(codes: picked(codes), scales: picked(scales), shifts: picked(shifts))
    }
}
