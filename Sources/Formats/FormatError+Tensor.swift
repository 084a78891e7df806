import Bytes

extension FormatError {
    /// The same fault, said to concern `tensor` unless one was named before.
    func concerning(tensor: String) -> Self {
        var copy = self
        copy.tensor = self.tensor ?? tensor
        return copy
    }
}
