package import Bytes
import Numbers
package import Tensors

/// Reads tensors as they are meant: elements one behind the other, row-major and little-endian, whatever order they
/// have in the file.
///
/// Memory is bounded by a piece, but for strided views: those need the bytes that hold the elements, and no more.
package struct TensorReader: Sendable {
    private let source: any ByteSource

    package init(_ source: any ByteSource) { self.source = source }

    /// The longest piece that is handed out, but for elements and blocks that are longer.
    package static let pieceByteCount = 256 << 10
    /// A strided view may repeat elements; one that repeats them beyond this is no tensor that anybody saved.
    private static let greatestRepetition = 1024
    /// Deflate's longest match is of 258 bytes and takes two bits at least (RFC 1951, section 3.2.5).
    private static let greatestInflation = 258 * 8 / 2
    /// Beyond the size of the file, what a compressed tensor in another order may need of memory.
    private static let freeByteCount = 32 << 20

    /// Hands out a tensor's bytes in order.
    /// - Throws: `FormatError` when the file does not hold what it announces, `FileError` when the system refuses.
    package func forEachPiece(of tensor: TensorDescription, _ body: (Span<UInt8>) throws -> Void) throws {
        do {
            guard tensor.arrangement != .contiguous else {
                return try forEachHeldPiece(of: tensor, tensor.byteRange.count, unit: 1) { buffer, count in
                    try body(buffer.span.extracting(0..<count))
                }
            }
            try forEachArrangedPiece(of: tensor, body)
        } catch let error as FormatError {
            throw Self.placed(error, tensor, in: source.path)
        }
    }

    /// All bytes of a tensor.
    package func content(of tensor: TensorDescription) throws -> [UInt8] {
        guard tensor.arrangement != .contiguous else { return try source.bytes(tensor.byteRange) }
        var content: [UInt8] = []
        try forEachPiece(of: tensor) { piece in
            if content.isEmpty { content.reserveCapacity(tensor.contentByteCount) }
            // Nothing leaves the closure.
            unsafe piece.withUnsafeBufferPointer { unsafe content.append(contentsOf: $0) }
        }
        return content
    }

    private func forEachArrangedPiece(
        of tensor: TensorDescription, _ body: (Span<UInt8>) throws -> Void
    ) throws {
        let arrangement = tensor.arrangement
        let byteCount = try Self.check(tensor, fileByteCount: source.byteCount)
        func give(_ buffer: inout [UInt8], _ count: Int) throws {
            guard count > 0 else { return }
            if arrangement.isBigEndian {
                var span = buffer.mutableSpan
                tensor.type.reverseByteOrder(of: &span, count: count)
            }
            try body(buffer.span.extracting(0..<count))
        }
        let bits = tensor.dtype?.bitCount ?? 8
        if let strides = arrangement.strides {
            let gather = StridedGather(
                shape: tensor.shape, strides: strides, offset: arrangement.offset, width: max(1, bits / 8))
            try gather.forEachPiece(of: try held(tensor), atMost: Self.pieceByteCount, give)
        } else if arrangement.varints {
            try forEachVarintPiece(of: tensor, width: bits / 8, give)
        } else {
            let start = arrangement.offset * bits / 8
            try checkRoom(for: start, byteCount, in: tensor)
            try forEachHeldPiece(of: tensor, byteCount, from: start, unit: tensor.type.unitByteCount, give)
        }
    }

    /// Whether a tensor can be read with bounded memory and work, without reading it.
    /// - Returns: the bytes of its elements.
    /// - Throws: `FormatError` for bytes that cannot hold what they announce, for a view that repeats its elements
    ///   without measure, and for one in another order that would have to be inflated at once.
    @discardableResult
    package static func check(
        _ tensor: TensorDescription, fileByteCount: Int
    ) throws(FormatError) -> Int {
        guard let byteCount = tensor.type.byteCount(elements: tensor.shape.elementCount) else {
            throw FormatError(
                .refused, "its \(tensor.shape.elementCount) elements of \(tensor.type) fill no whole bytes",
                at: tensor.byteRange.lowerBound, tensor: tensor.name, remedy: "Fetch the file again")
        }
        let held = heldByteCount(tensor)
        if let deflated = tensor.arrangement.deflated {
            let (most, isBeyond) = tensor.byteRange.count.multipliedReportingOverflow(by: greatestInflation)
            guard isBeyond || deflated.byteCount <= most else {
                throw FormatError(
                    .corrupt,
                    "\(tensor.byteRange.count) deflated bytes cannot hold the \(deflated.byteCount) that are announced",
                    at: tensor.byteRange.lowerBound, tensor: tensor.name, remedy: "Fetch the file again")
            }
        }
        guard !tensor.arrangement.varints || tensor.shape.elementCount <= held else {
            throw FormatError(
                .truncated, "\(held) bytes cannot hold \(tensor.shape.elementCount) varints",
                at: tensor.byteRange.lowerBound, tensor: tensor.name, remedy: "Fetch the file again")
        }
        guard tensor.arrangement.strides != nil else { return byteCount }
        guard byteCount / greatestRepetition <= max(fileByteCount, 64 << 10) else {
            throw FormatError(
                .refused,
                "it repeats its elements to \(tensor.shape.elementCount), the file has \(fileByteCount) bytes",
                at: tensor.byteRange.lowerBound, tensor: tensor.name,
                remedy: "Save the tensor again as a contiguous copy")
        }
        guard tensor.arrangement.deflated == nil || held - fileByteCount <= freeByteCount else {
            throw FormatError(
                .refused,
                "it is compressed and in another order, so its \(held) bytes are needed at once, of a file of "
                    + "\(fileByteCount)", at: tensor.byteRange.lowerBound, tensor: tensor.name,
                remedy: "Save it without compression, or in C order")
        }
        return byteCount
    }

    /// The bytes that hold the elements: those of the file, or what comes out of them.
    private static func heldByteCount(_ tensor: TensorDescription) -> Int {
        tensor.arrangement.deflated.map { max(0, $0.byteCount - $0.skip) } ?? tensor.byteRange.count
    }

    private func checkRoom(for start: Int, _ byteCount: Int, in tensor: TensorDescription) throws(FormatError) {
        let room = Self.heldByteCount(tensor)
        guard start >= 0, start <= room, byteCount <= room - start else {
            throw FormatError(
                .truncated, "its elements end \(start + byteCount - room) bytes past the bytes that hold them",
                remedy: "Fetch the file again")
        }
    }

    /// Hands out some of the bytes that hold the elements, in pieces of whole units.
    private func forEachHeldPiece(
        of tensor: TensorDescription, _ byteCount: Int, from start: Int = 0, unit: Int,
        _ body: (inout [UInt8], Int) throws -> Void
    ) throws {
        guard byteCount > 0 else { return }
        let pieceByteCount = max(unit, Self.pieceByteCount / unit * unit)
        var buffer = [UInt8](repeating: 0, count: min(pieceByteCount, byteCount))
        guard let deflated = tensor.arrangement.deflated else {
            let first = tensor.byteRange.lowerBound + start
            for place in stride(from: first, to: first + byteCount, by: buffer.count) {
                try Task.checkCancellation()
                let count = min(buffer.count, first + byteCount - place)
                try source.read(count, at: place, into: &buffer)
                try body(&buffer, count)
            }
            return
        }
        var stream = try Inflation(tensor.byteRange, of: source, byteCount: deflated.byteCount)
        try stream.skip(deflated.skip + start)
        var left = byteCount
        while left > 0 {
            try Task.checkCancellation()
            let count = min(left, try stream.read(into: &buffer))
            guard count > 0 else { return }
            try body(&buffer, count)
            left -= count
        }
    }

    private func forEachVarintPiece(
        of tensor: TensorDescription, width: Int, _ body: (inout [UInt8], Int) throws -> Void
    ) throws {
        var varints = Varints(width: width)
        var output: [UInt8] = []
        try forEachHeldPiece(of: tensor, Self.heldByteCount(tensor), unit: 1) { buffer, count in
            output.removeAll(keepingCapacity: true)
            try varints.decode(buffer, count, into: &output)
            try body(&output, output.count)
        }
        try varints.finish(tensor.shape.elementCount)
    }

    /// All bytes that hold the elements of a strided view.
    private func held(_ tensor: TensorDescription) throws -> [UInt8] {
        guard tensor.arrangement.deflated != nil else { return try source.bytes(tensor.byteRange) }
        let byteCount = Self.heldByteCount(tensor)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        try forEachHeldPiece(of: tensor, byteCount, unit: 1) { buffer, count in bytes += buffer[0..<count] }
        return bytes
    }

    private static func placed(_ error: FormatError, _ tensor: TensorDescription, in path: String) -> FormatError {
        var error = error.concerning(tensor: tensor.name).within(file: path)
        error.byteOffset = error.byteOffset ?? tensor.byteRange.lowerBound
        return error
    }
}

extension ElementType {
    /// The bytes that belong together when their order is reversed: an element, or a block.
    fileprivate var unitByteCount: Int {
        switch self {
        case .plain(let dtype): max(1, dtype.bitCount / 8)
        case .block(let type): type.byteCount
        }
    }
}
