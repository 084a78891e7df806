package import Tensors

/// A weights file to be written, known before the first tensor byte.
package protocol OutputLayout: Sendable {
    /// The tensors in the order in which they are written, with the bytes that each takes in the file.
    var tensors: [TensorDescription] { get }
    /// The whole file's length.
    var byteCount: Int { get }
    /// Makes what stands around the tensors' bytes.
    func writer() -> any LayoutWriter
}

/// Makes the bytes around the tensors' own, as they are written one after the other: `start`, for each tensor `begin`,
/// its bytes to `add` and to the file, `end`; at last `finish`.
package protocol LayoutWriter {
    /// What to write first of all.
    func start() -> [UInt8]
    /// What to write in front of the next tensor's bytes.
    mutating func begin() -> [UInt8]
    /// Takes note of bytes of the tensor, which the caller writes.
    mutating func add(_ bytes: Span<UInt8>)
    /// What to write behind the tensor's bytes.
    mutating func end() -> [UInt8]
    /// What to write at the end.
    func finish() -> [UInt8]
}

/// A file that is a header and tensors with zeros between them.
private struct PaddedWriter: LayoutWriter {
    let header: [UInt8]
    /// The zeros behind each tensor.
    let padding: [Int]
    var index = 0

    func start() -> [UInt8] { header }
    func begin() -> [UInt8] { [] }
    func add(_ bytes: Span<UInt8>) {}
    mutating func end() -> [UInt8] {
        index += 1
        return [UInt8](repeating: 0, count: padding[index - 1])
    }
    func finish() -> [UInt8] { [] }
}

extension SafetensorsLayout: OutputLayout {
    package func writer() -> any LayoutWriter {
        PaddedWriter(header: headerBytes, padding: tensors.map { _ in 0 })
    }
}

extension GGUFLayout: OutputLayout {
    package func writer() -> any LayoutWriter {
        PaddedWriter(header: headerBytes, padding: tensors.indices.map { paddingByteCount(after: $0) })
    }
}

extension NPZLayout: OutputLayout {
    package func writer() -> any LayoutWriter { NPZWriter(self) }
}

extension NPZWriter: LayoutWriter {
    package func start() -> [UInt8] { [] }
}
