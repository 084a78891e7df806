package import Bytes
package import Numbers
package import Tensors

/// The order of the bytes of numbers in a GGUF file.
package enum GGUFByteOrder: Hashable, Sendable {
    case littleEndian, bigEndian
}

/// Where a GGUF file to be written will hold what: known before the first tensor byte, so that a writer streams the
/// header and then each tensor with its padding in turn.
///
/// Tensors lie in the order that is given. The alignment is what the metadata says, or 32. Equal input gives the same
/// bytes, and a header that was read gives its own bytes again.
package struct GGUFLayout: Equatable, Sendable {
    /// All that comes before the first tensor, padding included.
    package let headerBytes: [UInt8]
    /// The bytes of the header without its padding.
    let unpaddedByteCount: Int
    /// The tensors in the file's order, with the bytes that each will take. In a big-endian file the numbers in them
    /// are to be reversed (`ElementType.reverseByteOrder`), as their arrangement says.
    package let tensors: [TensorDescription]
    /// Each tensor starts at a multiple of so many bytes.
    package let alignment: Int
    /// The whole file's length; it ends with the padding of the last tensor.
    package let byteCount: Int

    /// - Parameters:
    ///   - metadata: what the file says about itself; its `general.alignment` is obeyed.
    ///   - tensors: what the file will hold; shapes outermost dimension first.
    /// - Throws: `FormatError` for equal names, for a tensor that ggml would not read (a long name, more than four
    ///   dimensions, rows that do not fill blocks, a type that GGUF lacks), and for more than `GGUF` allows.
    package init(
        metadata: GGUFMetadata, tensors: [(name: String, type: ElementType, shape: [Int])],
        version: UInt32 = GGUF.versions.upperBound, byteOrder: GGUFByteOrder = .littleEndian
    ) throws(FormatError) {
        precondition(GGUF.versions.contains(version), "no GGUF version \(version) is written")
        let alignment = try metadata.checkedAlignment(at: nil)
        try Self.check(metadata, tensorCount: tensors.count)
        var writer = GGUFWriter(isBigEndian: byteOrder == .bigEndian)
        writer.append(raw: GGUF.magic)
        writer.append(version)
        writer.append(UInt64(tensors.count))
        writer.append(UInt64(metadata.entries.count))
        for entry in metadata.entries {
            writer.append(string: entry.key)
            writer.append(entry.value.type.rawValue)
            writer.append(entry.value)
        }
        var places: [(shape: Shape, range: Range<Int>)] = []
        var names: Set<String> = []
        var end = 0
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw FormatError(
                    .refused, "a file cannot hold two tensors of this name", tensor: tensor.name,
                    remedy: "Rename one of them")
            }
            do throws(FormatError) {
                let (shape, byteCount) = try Self.append(tensor, offset: end, to: &writer)
                places.append((shape, end..<end + byteCount))
                end = try Self.end(of: places.last?.range ?? 0..<0, alignment)
            } catch {
                throw error.concerning(tensor: tensor.name)
            }
        }
        unpaddedByteCount = writer.bytes.count
        writer.pad(to: alignment)
        let start = writer.bytes.count
        headerBytes = writer.bytes
        self.alignment = alignment
        byteCount = start + end
        let arrangement = Arrangement(isBigEndian: byteOrder == .bigEndian)
        self.tensors = zip(tensors, places).map { tensor, place in
            TensorDescription(
                name: tensor.name, type: tensor.type, shape: place.shape,
                byteRange: place.range.lowerBound + start..<place.range.upperBound + start, arrangement: arrangement)
        }
    }

    /// The layout of the file that the header was read from.
    package init(of header: GGUFHeader) throws(FormatError) {
        try self.init(
            metadata: header.metadata,
            tensors: header.tensors.map { (name: $0.name, type: $0.type, shape: $0.shape.dimensions) },
            version: header.version, byteOrder: header.isBigEndian ? .bigEndian : .littleEndian)
    }

    /// The zeros that follow a tensor.
    package func paddingByteCount(after index: Int) -> Int {
        let next = index + 1 < tensors.count ? tensors[index + 1].byteRange.lowerBound : byteCount
        return next - tensors[index].byteRange.upperBound
    }

    /// Adds a tensor's entry of the table.
    private static func append(
        _ tensor: (name: String, type: ElementType, shape: [Int]), offset: Int, to writer: inout GGUFWriter
    ) throws(FormatError) -> (shape: Shape, byteCount: Int) {
        try check(tensor.name)
        guard tensor.shape.count <= GGUF.mostDimensions else {
            throw FormatError(
                .refused, "it has \(tensor.shape.count) dimensions; GGUF holds \(GGUF.mostDimensions)",
                remedy: "Reshape the tensor")
        }
        guard let number = GGUFTypes.number(of: tensor.type) else {
            throw FormatError(
                .refused, "GGUF has no type for \(tensor.type)", remedy: "Cast the tensor to F32, F16 or BF16")
        }
        let (shape, byteCount) = try GGUFSize.byteCount(of: tensor.type, tensor.shape, at: nil)
        writer.append(string: tensor.name)
        writer.append(UInt32(tensor.shape.count))
        for dimension in tensor.shape.reversed() { writer.append(UInt64(dimension)) }
        writer.append(number)
        writer.append(UInt64(offset))
        return (shape, byteCount)
    }

    private static func check(_ name: String) throws(FormatError) {
        try PlainName.check(tensor: name, at: nil)
        guard name.utf8.count < GGUF.nameLimit else {
            throw FormatError(
                .refused, "the name has \(name.utf8.count) bytes; GGUF allows \(GGUF.nameLimit - 1)",
                remedy: "Shorten the name")
        }
    }

    private static func check(_ metadata: GGUFMetadata, tensorCount: Int) throws(FormatError) {
        guard tensorCount <= GGUF.mostTensors, metadata.entries.count <= GGUF.mostKeys else {
            throw FormatError(
                .refused,
                "\(tensorCount) tensors and \(metadata.entries.count) keys are more than the \(GGUF.mostTensors) and "
                    + "\(GGUF.mostKeys) that a file may hold", remedy: "Split the model over several files")
        }
        for entry in metadata.entries
        where entry.key.isEmpty || entry.key.utf8.count > GGUF.longestKey || PlainName.hasControlCharacter(entry.key) {
            throw FormatError(
                .refused, "the key \(PlainName.quoted(entry.key)) is empty, too long or has a control character",
                remedy: "Rename the key")
        }
    }

    /// Where the padding of a tensor ends, if its file can still be counted.
    private static func end(of range: Range<Int>, _ alignment: Int) throws(FormatError) -> Int {
        guard let end = range.upperBound.roundedUp(to: alignment), end <= Int.max / 2 else {
            throw FormatError(.refused, "the file would be too long to count", remedy: "Split the model")
        }
        return end
    }
}
