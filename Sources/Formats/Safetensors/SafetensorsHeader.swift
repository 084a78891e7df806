package import Bytes
package import Tensors

/// A safetensors file's header, checked: what follows may rely on tensors that fill the data without holes or overlaps.
///
/// It refuses what the reference reader refuses, and besides: duplicate keys, names that differ only in how Unicode
/// composes their letters (nothing that follows could tell them apart), empty names and those with control characters
/// (lists of lines hold them), and sizes that do not fit in an `Int`.
package struct SafetensorsHeader: Equatable, Sendable {
    /// The tensors, by the place of their bytes; empty tensors at one place in the header's order.
    package let tensors: [TensorDescription]
    /// For each tensor in the header's order, its place in `tensors`.
    package let headerOrder: [Int]
    /// `__metadata__`, in the header's order; empty when there is none.
    package let metadata: [MetadataEntry]
    /// The bytes of the file that hold the JSON and the spaces behind it.
    package let headerRange: Range<Int>

    /// Where the tensors' bytes start.
    package var dataStart: Int { headerRange.upperBound }
    /// The whole file's length.
    package var byteCount: Int { tensors.last?.byteRange.upperBound ?? dataStart }
    /// The tensors' names in the header's order.
    package var namesInHeaderOrder: [String] { headerOrder.map { tensors[$0].name } }

    /// Reads the length and the JSON, and no more of the file.
    /// - Throws: `FormatError` that names the file, the tensor and the byte; `FileError` when the system refuses.
    package init(reading file: any ByteSource) throws {
        do {
            let prefix = try file.bytes(0..<min(CheckpointFormats.startByteCount, file.byteCount))
            let range = try Self.headerRange(prefix, fileByteCount: file.byteCount)
            try self.init(parsing: try file.bytes(range), fileByteCount: file.byteCount)
        } catch let error as FormatError {
            throw error.within(file: file.path)
        }
    }

    /// - Parameters:
    ///   - json: the header, without the length before it.
    ///   - fileByteCount: the whole file's length.
    package init(parsing json: [UInt8], fileByteCount: Int) throws(FormatError) {
        headerRange = Safetensors.prefixByteCount..<(Safetensors.prefixByteCount + json.count)
        let entries = try SafetensorsEntries(parsing: json, dataStart: headerRange.upperBound)
        metadata = entries.metadata
        (tensors, headerOrder) = Self.sorted(entries.tensors)
        try Self.checkCoverage(tensors, dataStart: headerRange.upperBound, fileByteCount: fileByteCount)
    }

    /// The tensors by the place of their bytes, and for each entry its place among them.
    private static func sorted(_ entries: [TensorDescription]) -> ([TensorDescription], [Int]) {
        func isBefore(_ left: Int, _ right: Int) -> Bool {
            let (first, second) = (entries[left].byteRange, entries[right].byteRange)
            return (first.lowerBound, first.upperBound, left) < (second.lowerBound, second.upperBound, right)
        }
        if entries.indices.dropFirst().allSatisfy({ isBefore($0 - 1, $0) }) { return (entries, Array(entries.indices)) }
        let order = entries.indices.sorted(by: isBefore)
        var places = [Int](repeating: 0, count: order.count)
        for (place, entry) in order.enumerated() { places[entry] = place }
        return (order.map { entries[$0] }, places)
    }

    /// Where the JSON lies: inside the file, and no longer than the reference reader allows.
    private static func headerRange(_ start: [UInt8], fileByteCount: Int) throws(FormatError) -> Range<Int> {
        guard start.count >= Safetensors.prefixByteCount else {
            throw FormatError(
                .truncated, "\(fileByteCount) bytes cannot hold the 8 bytes of a header length", at: 0,
                remedy: "Fetch the file again")
        }
        let byteCount = Safetensors.headerByteCount(start.span)
        guard byteCount <= Safetensors.longestHeader else {
            if let other = KnownContent(of: start.span) { throw other.error }
            throw FormatError(
                .corrupt, "a header of \(byteCount) bytes is announced, \(Safetensors.longestHeader) are allowed",
                at: 0,
                remedy: "This is no safetensors file, or its start is damaged: fetch it again")
        }
        guard Int(byteCount) <= fileByteCount - Safetensors.prefixByteCount else {
            throw FormatError(
                .truncated, "a header of \(byteCount) bytes is announced, but the file has \(fileByteCount) bytes",
                at: 0, remedy: "Fetch the file again")
        }
        return Safetensors.prefixByteCount..<(Safetensors.prefixByteCount + Int(byteCount))
    }

    /// Holes and overlaps would let bytes hide or count twice; bytes behind the last tensor too.
    private static func checkCoverage(
        _ tensors: [TensorDescription], dataStart: Int, fileByteCount: Int
    ) throws(FormatError) {
        var end = dataStart
        for tensor in tensors {
            let begin = tensor.byteRange.lowerBound
            guard begin == end else {
                let fault = begin < end ? "overlaps the tensor before it by" : "leaves a hole before it of"
                throw FormatError(
                    .corrupt, "it \(fault) \((begin - end).magnitude) bytes", at: min(begin, end), tensor: tensor.name,
                    remedy: "Write the file again with its original tool")
            }
            end = tensor.byteRange.upperBound
            guard end <= fileByteCount else {
                throw FormatError(
                    .truncated, "it ends at byte \(end), the file at byte \(fileByteCount)", at: begin,
                    tensor: tensor.name, remedy: "The download or copy was cut short: fetch the file again")
            }
        }
        guard end == fileByteCount else {
            throw FormatError(
                .corrupt, "\(fileByteCount - end) bytes follow the last tensor", at: end,
                remedy: "Fetch the file again; what follows does not belong to it")
        }
    }
}
