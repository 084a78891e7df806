import Bytes
import Tensors

/// A file being exported: written, digested and counted in one pass, and checked at its end.
final class ExportedFile {
    private let path: String
    private let file: NewFile
    private let meter: ProgressMeter
    /// Of this file, and of the tensors that it is made of.
    let digests = ExportDigests()

    /// - Parameters:
    ///   - path: the file's path in the artifact.
    ///   - target: gives the place to write at.
    init(_ path: String, in target: ExportTarget, meter: ProgressMeter) throws {
        self.path = path
        self.meter = meter
        file = try NewFile(try target.place(of: path))
    }

    func append(_ bytes: Span<UInt8>) throws {
        digests.addWritten(bytes)
        try file.append(bytes)
        meter.add(bytes.count)
    }

    /// Makes what was written durable.
    /// - Parameter expected: the digest that it must have; nil for bytes that are new.
    /// - Throws: `RegistryError` for another digest, also of a tensor that it is made of.
    func finish(_ method: String, expecting expected: Digest? = nil) throws -> ExportReport.File {
        try file.seal()
        let found = try digests.finishFile()
        if let expected { try found.check(expected, of: path) }
        return ExportReport.File(path: path, bytes: file.byteCount, digest: found.hex, method: method)
    }
}

extension Digest {
    /// - Parameter subject: what was read, for the message.
    /// - Throws: `RegistryError` when this digest, of bytes that were read, is not the one that was recorded.
    func check(_ recorded: Digest, of subject: String) throws {
        guard self == recorded else {
            throw RegistryError(
                "\(subject) is damaged in the store: its digest is \(hex.prefix(12)), not \(recorded.hex.prefix(12))",
                remedy: "'ingot verify' tells which tensors; register the model again to mend it")
        }
    }
}

extension StoredFileReader {
    /// Hands out a tensor's bytes in order.
    /// - Throws: `RegistryError` at the end when their digest is not the recorded one.
    func forEachCheckedPiece(of tensor: StoredTensor, _ body: (Span<UInt8>) throws -> Void) throws {
        var digest = DigestStream()
        try forEachPiece(of: tensor.description.byteRange, in: tensor.file) { piece in
            digest.update(piece)
            try body(piece)
        }
        try digest.finish().check(tensor.digest, of: tensor.subject)
    }

    /// All bytes of a small tensor, checked.
    func checkedBytes(of tensor: StoredTensor) throws -> [UInt8] {
        let range = tensor.description.byteRange
        var bytes = [UInt8](repeating: 0, count: range.count)
        try read(range.count, at: range.lowerBound, of: tensor.file, into: &bytes)
        try Digest(of: bytes).check(tensor.digest, of: tensor.subject)
        return bytes
    }

    /// All bytes of a small file, checked.
    func checkedBytes(of file: StoredFile) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: file.byteCount)
        try read(file.byteCount, at: 0, of: file, into: &bytes)
        try Digest(of: bytes).check(file.digest, of: file.path)
        return bytes
    }

    /// Reads a file for nothing but its digest.
    func check(_ file: StoredFile) throws {
        var digest = DigestStream()
        try forEachPiece(of: 0..<file.byteCount, in: file) { digest.update($0) }
        try digest.finish().check(file.digest, of: file.path)
    }
}

extension StoredTensor {
    /// The tensor and its file, for messages.
    var subject: String { "\(file.path), tensor '\(description.name)'" }
}
