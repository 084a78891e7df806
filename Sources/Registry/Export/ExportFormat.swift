import Numbers

/// A file format that `export` writes.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// A Hugging Face folder with safetensors weights.
    case safetensors
    /// One GGUF file, or its parts.
    case gguf
    /// A folder with the weights as a NumPy archive.
    case npz
}

/// What becomes of finite numbers that are too large for the dtype they are cast to.
public enum OverflowPolicy: String, Sendable, CaseIterable {
    /// The export fails and names the tensors.
    case fail
    /// The greatest finite number of the dtype stands for them.
    case saturate
    /// A tensor with such numbers keeps a wider dtype.
    case widen
}
