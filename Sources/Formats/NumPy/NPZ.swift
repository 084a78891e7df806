package import Bytes
import Tensors

/// A zip archive of NumPy arrays (`.npz`): `NAME.npy` for each, stored (`savez`) or deflated (`savez_compressed`).
///
/// A tensor is called as its file without `.npy`. Other files in the archive are noted and left out. An array of a type
/// that NumPy lacks has its dtype in the archive's comment on it, when Ingot wrote it; see `NPZMark`.
package enum NPZ: CheckpointFormat {
    package static let name = "npz"
    package static let summary = "archives of arrays, stored or deflated; written stored, every dtype"

    static let suffix = ".npy"

    /// A zip archive whose first file is an array, or that is empty.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        let bytes = start.indices.map { start[$0] }
        if bytes.starts(with: Array("PK\u{5}\u{6}".utf8)) { return true }
        guard bytes.starts(with: Array("PK\u{3}\u{4}".utf8)), bytes.count > 30 else { return false }
        let end = 30 + Int(bytes[26]) + Int(bytes[27]) << 8
        return end <= bytes.count && bytes[30..<end].suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    package static func layout(of file: any ByteSource, options: ReadOptions) throws -> FileLayout {
        do {
            var tensors: [TensorDescription] = []
            var others: [String] = []
            for entry in try ZipArchive(reading: file).entries {
                guard entry.name.hasSuffix(suffix) else {
                    others.append(entry.name)
                    continue
                }
                tensors.append(try tensor(entry, of: file, options))
            }
            let notes = others.isEmpty ? [] : ["left out, as no arrays: \(others.prefix(8).joined(separator: ", "))"]
            return FileLayout(format: name, tensors: tensors, metadata: [], notes: notes)
        } catch let error as FormatError {
            throw error.within(file: file.path)
        }
    }

    private static func tensor(
        _ entry: ZipEntry, of file: any ByteSource, _ options: ReadOptions
    ) throws -> TensorDescription {
        let name = String(entry.name.dropLast(suffix.count))
        try PlainName.check(tensor: name, at: entry.headerOffset)
        do throws(FormatError) {
            let base = entry.payload.lowerBound
            let range = try NPYHeader.textRange(try start(of: entry, NPYHeader.prefixByteCount, file), base: base)
            let header = try NPYHeader(parsing: try start(of: entry, range.upperBound, file), base: base)
            let holder = StridedView.Holder(
                range: entry.payload, inflatedByteCount: entry.method == .deflated ? entry.byteCount : nil,
                skip: header.byteCount)
            let array = NPYArray(header: header, name: name, place: base)
            return try array.described(
                in: holder, mark: NPZMark(entry.comment), options, fileByteCount: file.byteCount)
        } catch {
            var error = error.concerning(tensor: name)
            // A place in a compressed member is none in the file.
            if entry.method == .deflated { error.byteOffset = entry.payload.lowerBound }
            throw error
        }
    }

    private static func start(
        of entry: ZipEntry, _ count: Int, _ file: any ByteSource
    ) throws(FormatError) -> [UInt8] {
        do {
            return try entry.start(count, of: file)
        } catch let error as FormatError {
            throw error
        } catch {
            throw FormatError(.truncated, "\(error)", at: entry.headerOffset, remedy: "Try again")
        }
    }
}
