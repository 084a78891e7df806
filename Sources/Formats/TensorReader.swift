package import Bytes
import Numbers
package import Tensors

/// Reads tensors as they are meant: elements one behind the other, row-major and little-endian, whatever order they have
/// in the file.
package struct TensorReader: Sendable {
    private let source: any ByteSource

    package init(_ source: any ByteSource) { self.source = source }

    /// The longest piece that is handed out.
    package static let pieceByteCount = 256 << 10

    /// Hands out a tensor's bytes in order.
    /// - Throws: `FormatError` when the file does not hold what it announces, `FileError` when the system refuses.
    package func forEachPiece(of tensor: TensorDescription, _ body: (Span<UInt8>) throws -> Void) throws {
        if tensor.arrangement == Arrangement(deflated: tensor.arrangement.deflated), tensor.arrangement.deflated != nil
        {
            try forEachInflatedPiece(of: tensor, body)
        } else if tensor.arrangement == .contiguous {
            var buffer = [UInt8](repeating: 0, count: min(Self.pieceByteCount, max(1, tensor.byteRange.count)))
            for start in stride(from: tensor.byteRange.lowerBound, to: tensor.byteRange.upperBound, by: buffer.count) {
                try Task.checkCancellation()
                let count = min(buffer.count, tensor.byteRange.upperBound - start)
                try source.read(count, at: start, into: &buffer)
                try body(buffer.span.extracting(0..<count))
            }
        } else {
            let content = try arranged(tensor)
            for start in stride(from: 0, to: content.count, by: Self.pieceByteCount) {
                try Task.checkCancellation()
                try body(content.span.extracting(start..<min(start + Self.pieceByteCount, content.count)))
            }
        }
    }

    /// Hands out the elements that lie in a deflate stream one behind the other.
    private func forEachInflatedPiece(of tensor: TensorDescription, _ body: (Span<UInt8>) throws -> Void) throws {
        guard let deflated = tensor.arrangement.deflated,
            var left = tensor.type.byteCount(elements: tensor.shape.elementCount), left > 0
        else { return }
        do {
            var stream = try Inflation(tensor.byteRange, of: source, byteCount: deflated.byteCount)
            try stream.skip(deflated.skip)
            var buffer = [UInt8](repeating: 0, count: min(Self.pieceByteCount, left))
            while left > 0 {
                try Task.checkCancellation()
                let count = min(left, try stream.read(into: &buffer))
                guard count > 0 else { return }
                try body(buffer.span.extracting(0..<count))
                left -= count
            }
        } catch let error as FormatError {
            throw Self.placed(error, tensor, in: source.path)
        }
    }

    /// The bytes that a tensor's elements are in: those of the file, or what comes out of them.
    private func held(_ tensor: TensorDescription) throws -> [UInt8] {
        guard let deflated = tensor.arrangement.deflated else { return try source.bytes(tensor.byteRange) }
        var stream = try Inflation(tensor.byteRange, of: source, byteCount: deflated.byteCount)
        try stream.skip(deflated.skip)
        var bytes = [UInt8](repeating: 0, count: stream.remainingByteCount)
        _ = try stream.read(into: &bytes)
        return bytes
    }

    /// All bytes of a tensor.
    package func content(of tensor: TensorDescription) throws -> [UInt8] {
        tensor.arrangement == .contiguous ? try source.bytes(tensor.byteRange) : try arranged(tensor)
    }

    /// A view may repeat elements; one that repeats them beyond this is no tensor that anybody saved.
    private static let greatestRepetition = 1024

    /// The tensor's bytes, put in order in memory.
    private func arranged(_ tensor: TensorDescription) throws -> [UInt8] {
        let arrangement = tensor.arrangement
        let width = (tensor.dtype?.bitCount ?? 8) / 8
        guard let byteCount = tensor.type.byteCount(elements: tensor.shape.elementCount),
            byteCount / Self.greatestRepetition <= max(source.byteCount, 64 << 10)
        else {
            throw FormatError(
                .refused,
                "it repeats its elements to \(tensor.shape.elementCount), the file has \(source.byteCount) bytes",
                at: tensor.byteRange.lowerBound, tensor: tensor.name, file: source.path,
                remedy: "Save the tensor again as a contiguous copy")
        }
        do {
            var bytes = try held(tensor)
            if arrangement.varints {
                bytes = try Varints.elements(bytes, width: width, count: tensor.shape.elementCount)
            }
            if let strides = arrangement.strides {
                let gather = StridedGather(
                    shape: tensor.shape, strides: strides, offset: arrangement.offset, width: width)
                bytes = try gather.run(bytes)
            } else if arrangement.offset != 0 || bytes.count != byteCount {
                bytes = try Self.cut(bytes, from: arrangement.offset * width, byteCount)
            }
            if arrangement.isBigEndian {
                var span = bytes.mutableSpan
                tensor.type.reverseByteOrder(of: &span)
            }
            return bytes
        } catch let error as FormatError {
            throw Self.placed(error, tensor, in: source.path)
        }
    }

    private static func cut(_ bytes: [UInt8], from start: Int, _ count: Int) throws -> [UInt8] {
        guard start >= 0, start <= bytes.count, count <= bytes.count - start else {
            throw FormatError(
                .truncated, "its elements end \(start + count - bytes.count) bytes past the bytes that hold them",
                remedy: "Fetch the file again")
        }
        return Array(bytes[start..<start + count])
    }

    private static func placed(_ error: FormatError, _ tensor: TensorDescription, in path: String) -> FormatError {
        var error = error.concerning(tensor: tensor.name).within(file: path)
        error.byteOffset = error.byteOffset ?? tensor.byteRange.lowerBound
        return error
    }
}
