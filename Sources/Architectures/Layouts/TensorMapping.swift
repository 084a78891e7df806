/// How one tensor of the layout to write is made from the tensors at hand.
///
/// The steps, in this order: the rows of neighboring sources in turn; all rows one after the other; transposed; rows
/// chosen or reordered; the addend added. The elements are then seen in `shape`.
package struct TensorMapping: Equatable, Sendable {
    /// Rows of one source tensor. A tensor is seen as a matrix of [product of all sizes but the last, last size]; each
    /// element of a tensor of one dimension is a row.
    package struct Source: Equatable, Sendable {
        package var name: String
        /// The rows that are taken; nil for all.
        package var rows: Range<Int>?

        package init(name: String, rows: Range<Int>? = nil) {
            self.name = name
            self.rows = rows
        }
    }

    /// Where a tensor's elements come from.
    package enum Content: Equatable, Sendable {
        /// Rows of other tensors, in order.
        case sources([Source])
        /// Numbers that the layout wants as a tensor, such as the factors of rotary frequencies.
        case values([Float])
    }

    /// Which rows are written, in which order. Rotary embeddings turn pairs of rows of each attention head: Hugging Face
    /// pairs row i with row i + half, GGUF's `llama` pairs neighbors.
    package enum RowOrder: Equatable, Sendable {
        case asStored
        /// Every `count`-th row, from row `first` on: the rows of one matrix among those of several that take turns.
        case every(count: Int, first: Int)
        /// From halves to neighbors: the new rows 2i and 2i + 1 of a head are its rows i and half + i.
        case interleaved(heads: Int)
        /// From neighbors to halves: the new rows i and half + i of a head are its rows 2i and 2i + 1.
        case halved(heads: Int)
    }

    /// The name to write.
    package var name: String
    /// The sizes to write, outermost dimension first.
    package var shape: [Int]
    package var content: Content
    /// How many neighboring sources give a row each in turn and so become one: 2 for gate and up, whose rows alternate.
    package var turns = 1
    /// Whether each element of a source counts as a row, whatever the source's shape: so that the biases of several
    /// matrices, [experts, rows], are taken apart as the matrices are.
    package var isByElement = false
    package var rowOrder = RowOrder.asStored
    /// Whether the source, a matrix of [in, out], becomes [out, in]; each source by itself, or those that take turns,
    /// with the rows that are taken of them.
    package var isTransposed = false
    /// Whether it is written as the blocks that its sources hold, in the layout of the family: no numbers are made.
    package var isPacked = false
    /// What is added to each element, in float32.
    package var addend: Float = 0
    /// Whether the convention stores this tensor as F32 whatever the type of the others.
    package var staysF32 = false

    /// How many sources it is made of.
    package var sourceCount: Int { if case .sources(let sources) = content { sources.count } else { 0 } }

    package init(name: String, shape: [Int], content: Content) {
        self.name = name
        self.shape = shape
        self.content = content
    }

    package var elementCount: Int { shape.reduce(1, *) }
}

extension TensorMapping.RowOrder {
    /// The row of the source that becomes row `row`, among `rowCount` rows of the source of which each head has an even
    /// share.
    package func sourceRow(of row: Int, among rowCount: Int) -> Int {
        switch self {
        case .asStored: return row
        case .every(let count, let first): return row * count + first
        case .interleaved(let heads):
            let (head, place, half) = split(row, rowCount / heads)
            return head + (place % 2) * half + place / 2
        case .halved(let heads):
            let (head, place, half) = split(row, rowCount / heads)
            return head + (place % half) * 2 + place / half
        }
    }

    /// The first row of the row's head, its place in the head, and half the head's rows.
    private func split(_ row: Int, _ headRows: Int) -> (head: Int, place: Int, half: Int) {
        (row / headRows * headRows, row % headRows, headRows / 2)
    }
}

/// How all tensors of a model are made in another layout.
package struct LayoutMapping: Equatable, Sendable {
    /// A tensor that the other layout does not carry.
    package struct Dropped: Equatable, Sendable {
        package var name: String
        package var reason: String

        package init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// The tensors to write, in the order to write them.
    package var tensors: [TensorMapping] = []
    package var dropped: [Dropped] = []
    /// What else the other layout cannot say.
    package var notes: [String] = []

    /// The parameters of the tensors to write.
    package var elementCount: Int { tensors.reduce(0) { $0 + $1.elementCount } }
}
