import Bytes
package import Formats
package import Numbers
package import Tensors

/// Turns a stored 4-bit matrix of bitsandbytes back into numbers, as the library does: table × scale in float32, then
/// rounded to the wanted dtype.
package struct FourBitDecoder: Sendable {
    /// What the file says of the matrix.
    package let state: BitsAndBytesQuantState
    private let absmax: [Float]
    private let kernels: Kernels

    /// Reads all bytes of one part of the matrix, by its role; nil when the file has no such part.
    package typealias PartReader = (_ role: String) throws -> [UInt8]?

    /// - Throws: `FormatError` when parts are missing or too short for the shape.
    package init(_ state: BitsAndBytesQuantState, kernels: Kernels, read: PartReader) throws {
        self.state = state
        self.kernels = kernels
        guard let scales = try read("absmax") else { throw Self.missing("absmax") }
        if let offset = state.nestedOffset {
            guard let nested = try read("nested_absmax") else { throw Self.missing("nested_absmax") }
            let floats = LittleEndianFloats.decode(nested)
            guard let nested = NestedAbsmax(codes: scales, scales: floats, offset: offset) else {
                throw FormatError(
                    .corrupt, "\(floats.count) nested scales for \(scales.count) scales", remedy: "Fetch the file again"
                )
            }
            absmax = nested.decoded()
        } else {
            absmax = LittleEndianFloats.decode(scales)
        }
        let blockCount = (elementCount + state.blockSize - 1) / state.blockSize
        guard absmax.count == blockCount else {
            throw FormatError(
                .corrupt, "\(absmax.count) scales for \(blockCount) blocks", remedy: "Fetch the file again")
        }
    }

    /// The numbers in the matrix.
    package var elementCount: Int { state.shape.reduce(1, *) }

    /// Elements that are decoded at a time: whole blocks of every size.
    package static let chunkElementCount = 64 << 10

    /// Decodes the elements from `start` on.
    /// - Parameters:
    ///   - codes: their codes; two a byte.
    ///   - start: a multiple of the chunk.
    ///   - output: little-endian numbers, as long as the elements need.
    package func decode(
        _ codes: Span<UInt8>, from start: Int, count: Int, as dtype: DType, into output: inout MutableSpan<UInt8>
    ) {
        let blocks = start / state.blockSize..<(start + count + state.blockSize - 1) / state.blockSize
        kernels.decodeFourBit(
            state.type, codes: codes, absmax: absmax.span.extracting(blocks), blockSize: state.blockSize,
            count: count, into: &output, as: dtype)
    }

    private static func missing(_ role: String) -> FormatError {
        FormatError(.corrupt, "the part '\(role)' is missing", remedy: "Fetch the file again")
    }
}
