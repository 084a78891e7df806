package import Bytes
package import Numbers
import Tensors

extension GGUFLayout {
    /// The layouts of a model's parts, none longer than `maximumByteCount` unless one tensor alone is; one layout,
    /// without the keys of parts, when everything fits.
    ///
    /// Tensors keep their order. The first part has all metadata; the others only say which part they are, and the
    /// alignment where it is not the usual one.
    package static func parts(
        metadata: GGUFMetadata, tensors: [(name: String, type: ElementType, shape: [Int])], maximumByteCount: Int
    ) throws(FormatError) -> [GGUFLayout] {
        let whole = try GGUFLayout(metadata: metadata, tensors: tensors)
        guard whole.byteCount > maximumByteCount else { return [whole] }
        // All parts have keys of equal length.
        let example = GGUFSplit(number: 0, count: 0, tensorCount: tensors.count)
        var ranges: [Range<Int>] = []
        var start = 0
        while start < tensors.count {
            let bare = try GGUFLayout(metadata: example.metadata(of: metadata, isFirst: start == 0), tensors: [])
            let end = whole.end(ofPartFrom: start, bareByteCount: bare.unpaddedByteCount, maximumByteCount)
            ranges.append(start..<end)
            start = end
        }
        guard ranges.count > 1 else { return [whole] }
        guard ranges.count <= Int(UInt16.max), tensors.count <= Int(Int32.max) else {
            throw FormatError(
                .refused, "\(ranges.count) parts are more than GGUF can count", remedy: "Allow larger parts")
        }
        var layouts: [GGUFLayout] = []
        for (number, range) in ranges.enumerated() {
            let split = GGUFSplit(number: number, count: ranges.count, tensorCount: tensors.count)
            layouts.append(
                try GGUFLayout(
                    metadata: split.metadata(of: metadata, isFirst: number == 0), tensors: Array(tensors[range])))
        }
        return layouts
    }

    /// The first tensor that no longer fits into a part that begins with tensor `start`.
    private func end(ofPartFrom start: Int, bareByteCount: Int, _ maximumByteCount: Int) -> Int {
        var header = bareByteCount, data = 0, end = start
        while end < tensors.count {
            // A name with its length, the count of dimensions, the dimensions, the type and the offset.
            header += 8 + tensors[end].name.utf8.count + 4 + 8 * tensors[end].shape.dimensions.count + 4 + 8
            data += tensors[end].byteRange.count + paddingByteCount(after: end)
            let total = (header.roundedUp(to: alignment) ?? header) + data
            guard total <= maximumByteCount || end == start else { break }
            end += 1
        }
        return end
    }
}

extension GGUFSplit {
    /// A part's metadata.
    func metadata(of whole: GGUFMetadata, isFirst: Bool) -> GGUFMetadata {
        var metadata = isFirst ? whole : GGUFMetadata()
        if !isFirst, let alignment = whole[GGUF.alignmentKey] { metadata[GGUF.alignmentKey] = alignment }
        for (key, value) in entries { metadata[key] = value }
        return metadata
    }
}
