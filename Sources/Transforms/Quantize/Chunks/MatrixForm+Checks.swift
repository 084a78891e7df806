import Bytes
import Tensors

extension MatrixForm {
    /// A FormatError for a matrix that a scheme cannot hold.
    func refusal(_ problem: String, _ remedy: String) -> FormatError {
        FormatError(.refused, "\(shape) cannot be held: \(problem)", remedy: remedy)
    }

    /// - Throws: `FormatError` for something else than one matrix.
    func checkIsPlain(_ scheme: String) throws(FormatError) {
        guard shape.dimensions.count == 2, shape.elementCount > 0 else {
            throw refusal("\(scheme) holds single matrices", "Keep this tensor dense")
        }
    }

    /// - Throws: `FormatError` for something else than a matrix or a stack of matrices.
    func checkIsMatrix(_ scheme: String) throws(FormatError) {
        guard (2...3).contains(shape.dimensions.count), shape.elementCount > 0 else {
            throw refusal("\(scheme) holds matrices and stacks of them", "Keep this tensor dense")
        }
    }

    /// - Throws: `FormatError` when groups do not divide rows.
    func checkGroups(of size: Int) throws(FormatError) {
        guard size > 0, columns % size == 0 else {
            throw refusal(
                "a row of \(columns) columns is no multiple of group \(size)",
                "Choose a group that divides \(columns), or keep this tensor dense")
        }
    }
}
