/// A weight for each column of each matrix of a stack.
struct ColumnImportances {
    let values: [Float]
    let matrix: MatrixForm

    /// Empty without importances.
    func ofMatrix(withRow row: Int) -> [Float] {
        guard !values.isEmpty, matrix.matrices > 1 else { return values }
        let first = row / matrix.matrixRows * matrix.columns
        return Array(values[first..<first + matrix.columns])
    }
}
