package import Architectures
package import Tensors

extension KeptIndices {
    /// The numbers of a tensor that stay.
    /// - Parameters:
    ///   - tensor: the whole tensor.
    ///   - rows: its numbers, or the bytes of blocks where only whole rows go.
    package func rows(of tensor: TensorAxes, from rows: any RowSource, kernels: Kernels) -> any RowSource {
        let dimensions = tensor.dimensions
        switch dimensions.count {
        case 1:
            return SlicedRows(rows, rows: ranges(dimensions[0], of: tensor), columns: nil, kernels: kernels)
        case 2:
            return SlicedRows(
                rows, rows: ranges(dimensions[0], of: tensor), columns: ranges(dimensions[1], of: tensor),
                kernels: kernels)
        case 3 where tensor.isStack: return stack(tensor, rows, kernels)
        default: return rows
        }
    }

    private func stack(_ tensor: TensorAxes, _ rows: any RowSource, _ kernels: Kernels) -> any RowSource {
        let dimensions = tensor.dimensions
        let height = tensor.shape[1]
        let experts = ranges(dimensions[0], of: tensor).joined()
        let matrices = experts.map { expert -> (source: any RowSource, rows: Range<Int>) in
            let some = ranges(dimensions[1], of: tensor, expert: expert)
                .map { $0.lowerBound + expert * height..<$0.upperBound + expert * height }
            let columns = ranges(dimensions[2], of: tensor, expert: expert)
            let matrix = SlicedRows(rows, rows: some, columns: columns, kernels: kernels)
            return (matrix, 0..<matrix.rowCount)
        }
        return ConcatenatedRows(matrices)
    }
}
