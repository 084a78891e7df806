import Blobs
import Bytes
import Numbers
import Tensors
import Transforms

/// The error of a matrix with nested scales, measured while its stored codes are read for their digest: so that the
/// threads that do not follow the file's own digest have something to do.
struct DeferredMeasurement: Sendable {
    let encoder: FourBitEncoder
    let matrix: DenseMatrix
    let importance: (@Sendable () throws -> [Float]?)?
    /// Where the scales' codes and their own scales are.
    let absmax: OutputTensor.Content
    let nestedAbsmax: OutputTensor.Content
    let offset: Float
    /// Makes the matrix's bytes to be read once more.
    let bytes: @Sendable () throws -> any TensorBytes

    /// Reads the codes once.
    /// - Returns: their digest, and the error of what they stand for.
    func run(codesAt path: String) throws -> (digest: Digest, errors: ErrorSums) {
        let floats = try LittleEndianFloats.decode(stored(nestedAbsmax))
        guard let scales = NestedAbsmax(codes: try stored(absmax), scales: floats, offset: offset) else {
            throw FormatError(.corrupt, "its scales do not fit together", remedy: "Try again")
        }
        let codes = DigestedFile(try OpenFile(path))
        let errors = try encoder.measure(
            matrix, bytes: bytes(), codes: codes, scales: scales, importance: importance?())
        return (codes.digest, errors)
    }

    private func stored(_ content: OutputTensor.Content) throws -> [UInt8] {
        switch content {
        case .scratch(let place, _): try place.bytes()
        case .staged(let path, let byteCount): try OpenFile(path).bytes(0..<byteCount)
        case .stored: []
        }
    }
}

/// A file whose bytes are lent one behind the other, and digested on the way.
private final class DigestedFile: TensorBytes {
    private let file: OpenFile
    private var buffer: [UInt8] = []
    private var stream = DigestStream()

    init(_ file: OpenFile) { self.file = file }

    /// The digest of everything that was lent.
    var digest: Digest { stream.finish() }

    func lend(_ range: Range<Int>, _ body: (Span<UInt8>) throws -> Void) throws {
        if buffer.count < range.count { buffer = [UInt8](repeating: 0, count: range.count) }
        try file.read(range.count, at: range.lowerBound, into: &buffer)
        let held = buffer
        let bytes = held.span.extracting(0..<range.count)
        stream.update(bytes)
        try body(bytes)
    }
}
