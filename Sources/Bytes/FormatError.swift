/// A fault in a file that was given to Ingot: what is wrong, where it is, and what its owner can do.
public struct FormatError: Error, Equatable, Sendable {
    /// The kind of fault, for callers that branch.
    public enum Code: String, Sendable {
        /// The file ends before what it announces.
        case truncated
        /// The bytes contradict themselves or the format.
        case corrupt
        /// The bytes are legal, but Ingot does not handle them.
        case unsupported
        /// Values that the requested act must not meet, such as NaN in a tensor to quantize.
        case refused
    }

    /// The kind of fault.
    public var code: Code
    /// What is wrong, with the value found and the value allowed; no final period.
    public var problem: String
    /// What to do about it; no final period.
    public var remedy: String
    /// The first offending byte, counted from the file's start, where one byte is to blame.
    public var byteOffset: Int?
    /// The tensor concerned, if one is.
    public var tensor: String?
    /// The file concerned; low code leaves it out and the code that opened the file adds it.
    public var file: String?

    package init(
        _ code: Code, _ problem: String, at byteOffset: Int? = nil, tensor: String? = nil, file: String? = nil,
        remedy: String
    ) {
        self.code = code
        self.problem = problem
        self.remedy = remedy
        self.byteOffset = byteOffset
        self.tensor = tensor
        self.file = file
    }

    /// The same fault, in a document that begins at byte `start` of its file.
    package func moved(by start: Int) -> Self {
        var copy = self
        copy.byteOffset = byteOffset.map { $0 + start }
        return copy
    }

    /// The same fault, said to be in `file` unless a file was named before.
    package func within(file: String) -> Self {
        var copy = self
        copy.file = self.file ?? file
        return copy
    }
}

extension FormatError: CustomStringConvertible {
    /// `model.safetensors, tensor 'a', byte 8: problem. Remedy.`
    public var description: String {
        let place = [file, tensor.map { "tensor '\($0)'" }, byteOffset.map { "byte \($0)" }].compactMap(\.self)
        let prefix = place.isEmpty ? "" : place.joined(separator: ", ") + ": "
        return "\(prefix)\(problem). \(remedy)."
    }
}
