package import Bytes
package import Numbers
package import Tensors

/// Where an archive of NumPy arrays to be written will hold what: known before the first byte of a tensor.
///
/// Arrays lie in the order of their names' bytes, stored and not compressed, each one's elements at a multiple of 64.
/// The same tensors give the same bytes. Types that NumPy lacks are written as `NPZMark` says.
package struct NPZLayout: Equatable, Sendable {
    /// The tensors in the archive's order, with the bytes that each will take in the archive.
    package let tensors: [TensorDescription]
    /// The whole archive's length.
    package var byteCount: Int { archive.byteCount }

    let archive: ZipLayout
    /// The header of each array.
    let headers: [[UInt8]]

    /// - Parameter tensors: what the archive will hold, in any order; names all different.
    /// - Throws: `FormatError` for names that cannot be files in an archive, and for tensors that do not fill whole
    ///   bytes.
    package init(_ tensors: [(name: String, dtype: DType, shape: [Int])]) throws(FormatError) {
        let sorted = tensors.sorted(byBytesOf: \.name)
        var headers: [[UInt8]] = []
        var members: [ZipLayout.Member] = []
        var shapes: [Shape] = []
        for tensor in sorted {
            try PlainName.check(tensor: tensor.name, at: nil)
            guard let shape = Shape(tensor.shape),
                let byteCount = ElementType.plain(tensor.dtype).byteCount(elements: shape.elementCount)
            else {
                throw FormatError(
                    .refused,
                    "shape \(tensor.shape) of \(tensor.dtype) is no whole number of bytes that can be counted",
                    tensor: tensor.name, remedy: "Write it in another format")
            }
            let isPacked = tensor.dtype.bitCount < 8
            let header = NPYHeader.bytes(
                descr: NPZMark.descr(of: tensor.dtype), shape: isPacked ? [byteCount] : tensor.shape)
            let (memberByteCount, overflow) = header.count.addingReportingOverflow(byteCount)
            guard !overflow else {
                throw FormatError(
                    .refused, "the archive would be too long to count", tensor: tensor.name, remedy: "Split it")
            }
            let hasType = NumPyDType.descr(of: tensor.dtype) != nil
            members.append(
                ZipLayout.Member(
                    name: tensor.name + NPZ.suffix, byteCount: memberByteCount,
                    comment: hasType ? "" : NPZMark(tensor.dtype, shape).comment))
            headers.append(header)
            shapes.append(shape)
        }
        archive = try ZipLayout(members)
        self.headers = headers
        let contents = archive.contents
        self.tensors = sorted.indices.map { index in
            let range = (contents[index].lowerBound + headers[index].count)..<contents[index].upperBound
            return TensorDescription(
                name: sorted[index].name, dtype: sorted[index].dtype, shape: shapes[index], byteRange: range)
        }
    }
}

/// Makes the bytes of an archive around the tensors' own, as they are written one after the other: for each tensor of
/// the layout `begin`, its bytes to `add` and to the file, `end`; at last `finish`.
package struct NPZWriter: Sendable {
    private let layout: NPZLayout
    private var checksums: [UInt32] = []
    private var current = CRC32()
    private var byteCount = 0

    package init(_ layout: NPZLayout) { self.layout = layout }

    /// What to write in front of the next tensor's bytes.
    package mutating func begin() -> [UInt8] {
        let header = layout.headers[checksums.count]
        current = CRC32()
        current.update(header.span)
        byteCount = 0
        return layout.archive.header(of: checksums.count) + header
    }

    /// Takes note of bytes of the tensor, which the caller writes.
    package mutating func add(_ bytes: Span<UInt8>) {
        current.update(bytes)
        byteCount += bytes.count
    }

    /// What to write behind the tensor's bytes.
    package mutating func end() -> [UInt8] {
        let tensor = layout.tensors[checksums.count]
        precondition(
            byteCount == tensor.byteRange.count, "\(byteCount) bytes of \(tensor.name), not \(tensor.byteRange.count)")
        checksums.append(current.value)
        return layout.archive.descriptor(of: checksums.count - 1, crc32: current.value)
    }

    /// What to write at the end.
    package func finish() -> [UInt8] { layout.archive.ending(checksums: checksums) }
}
