import Tensors

/// Puts the codes of a matrix, and the numbers of their groups, where a layout has them.
protocol CodePacking {
    /// The rows of a chunk are a multiple of this.
    var rowMultiple: Int { get }
    /// Takes the next rows.
    mutating func append(_ rows: GroupedRows, into sink: any PartSink) throws
    /// Hands out what runs across rows, when all have been taken.
    mutating func finish(into sink: any PartSink) throws
}

extension CodePacking {
    var rowMultiple: Int { 1 }
    mutating func finish(into sink: any PartSink) throws {}
}

/// Rows of codes, with the numbers of their groups as the layout counts them.
struct GroupedRows {
    let rows: Range<Int>
    /// One byte a weight.
    var codes: [UInt8]
    /// Rows of codes without gaps, each ending with a 32-bit word.
    var packed: [UInt8]
    /// One a group, row after row.
    var scales: [Float]
    /// Zero points or biases, one a group.
    var shifts: [Float]
}
