package import Tensors

/// A weights file to be written, known before the first tensor byte: what comes before, between and behind its tensors.
package protocol OutputLayout: Sendable {
    /// The tensors in the order in which they are written, with the bytes that each takes in the file.
    var tensors: [TensorDescription] { get }
    /// The whole file's length.
    var byteCount: Int { get }
    /// What comes before the first tensor, or before what belongs to it.
    var headerBytes: [UInt8] { get }
    /// What stands directly before a tensor and belongs to it.
    func prefix(of index: Int) -> [UInt8]
    /// What stands directly behind a tensor.
    /// - Parameter checksum: the CRC-32 of the tensor's bytes; 0 unless `needsChecksums`.
    func suffix(of index: Int, checksum: UInt32) -> [UInt8]
    /// What stands behind the last tensor.
    func trailer(checksums: [UInt32]) -> [UInt8]
    /// Whether the CRC-32 of each tensor's bytes must be known.
    var needsChecksums: Bool { get }
}

extension OutputLayout {
    package func prefix(of index: Int) -> [UInt8] { [] }
    package func suffix(of index: Int, checksum: UInt32) -> [UInt8] { [] }
    package func trailer(checksums: [UInt32]) -> [UInt8] { [] }
    package var needsChecksums: Bool { false }
}

extension SafetensorsLayout: OutputLayout {}

extension GGUFLayout: OutputLayout {
    package func suffix(of index: Int, checksum: UInt32) -> [UInt8] {
        [UInt8](repeating: 0, count: paddingByteCount(after: index))
    }
}
