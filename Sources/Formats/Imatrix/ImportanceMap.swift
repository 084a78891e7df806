package import Architectures
package import Bytes

/// An imatrix for the tensors of a checkpoint in the Hugging Face layout, which has other names than GGUF and cuts some
/// tensors otherwise.
///
/// What a layer's input counts does not depend on the order of its output rows, so that the order of the rows of
/// attention heads makes no difference.
package struct ImportanceMap: Sendable {
    /// A tensor of GGUF that holds something of the checkpoint's.
    private struct Place {
        let name: String
        let shape: [Int]
        /// The matrix of the stack; nil for all of it.
        let expert: Int?
        /// The rows of the checkpoint's tensor; nil for all.
        let rows: Range<Int>?
    }

    private let matrix: ImportanceMatrix
    private let places: [String: [Place]]

    /// - Parameter layout: how GGUF's tensors are made from the checkpoint's (`GGUFModel.layout`).
    /// - Throws: `FormatError` when the imatrix is of another model.
    package init(_ matrix: ImportanceMatrix, _ layout: LayoutMapping) throws(FormatError) {
        try matrix.check(against: layout.tensors.map { ($0.name, $0.shape) })
        self.matrix = matrix
        var places: [String: [Place]] = [:]
        for tensor in layout.tensors where matrix[tensor.name] != nil {
            guard case .sources(let sources) = tensor.content else { continue }
            let experts = tensor.shape.dropLast(2).reduce(1, *)
            for (index, source) in sources.enumerated() {
                let expert = experts == sources.count && experts > 1 ? index : nil
                places[source.name, default: []].append(
                    Place(name: tensor.name, shape: tensor.shape, expert: expert, rows: source.rows))
            }
        }
        self.places = places
    }

    /// The importance of each input of a tensor's matrix, of a stack one matrix after the other; nil when the imatrix
    /// holds nothing of it.
    ///
    /// An input is a column, and a row in the layers that keep their matrix as [in, out] (GPT-2). Where the rows of one
    /// matrix are several of GGUF's, as gate and up are, each counts by its rows; all of them see the same inputs.
    /// - Parameter name: the tensor's name in the checkpoint.
    package func importance(of name: String) throws -> [Float]? {
        guard let places = places[name], let columns = places.first?.shape.last else { return nil }
        guard places.count > 1 else { return try values(of: places[0]) }
        // By the matrix of the checkpoint's stack: the sum of all that concerns it, and how many rows that stands for.
        var sums: [[Double]] = []
        var rows: [Double] = []
        var held: (name: String, values: [Float])?
        for place in places {
            if held?.name != place.name, let entry = matrix[place.name] {
                held = (place.name, try matrix.importance(of: entry))
            }
            guard let values = held?.values else { continue }
            let matrices = place.expert.map { $0..<$0 + 1 } ?? 0..<values.count / columns
            let weight = Double(place.rows?.count ?? 1)
            for matrix in matrices {
                let target = place.rows == nil && place.expert != nil ? 0 : matrix
                while sums.count <= target {
                    sums.append([Double](repeating: 0, count: columns))
                    rows.append(0)
                }
                rows[target] += weight
                for column in 0..<columns { sums[target][column] += weight * Double(values[matrix * columns + column]) }
            }
        }
        return zip(sums, rows).flatMap { sum, rows in sum.map { Float($0 / rows) } }
    }

    private func values(of place: Place) throws -> [Float]? {
        guard let entry = matrix[place.name], let columns = place.shape.last else { return nil }
        let values = try matrix.importance(of: entry)
        return place.expert.map { Array(values[$0 * columns..<($0 + 1) * columns]) } ?? values
    }
}
