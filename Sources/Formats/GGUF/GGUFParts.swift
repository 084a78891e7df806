package import Bytes
package import Tensors

/// A model in several GGUF files, seen as one.
package struct GGUFParts: Equatable, Sendable {
    /// A tensor and the file that holds it.
    package struct Tensor: Equatable, Sendable {
        package let description: TensorDescription
        /// The place of its file in `paths`.
        package let part: Int
    }

    /// The files, by their numbers.
    package let paths: [String]
    /// The metadata of the first part, which has it whole, without the keys that only parts have.
    package let metadata: GGUFMetadata
    /// The tensors, part by part, in each file's order.
    package let tensors: [Tensor]

    /// - Parameter files: the headers of all parts, in any order, or of one file that is whole.
    /// - Throws: `FormatError` when a part is missing, given twice or from another model.
    package init(_ files: [(path: String, header: GGUFHeader)]) throws(FormatError) {
        var splits: [GGUFSplit] = []
        for file in files {
            do throws(FormatError) {
                guard let split = try GGUFSplit(file.header.metadata) else { continue }
                try Self.check(split, named: file.path)
                splits.append(split)
            } catch {
                throw error.within(file: file.path)
            }
        }
        if splits.isEmpty, files.count == 1 {
            try self.init(ordered: files)
            return
        }
        guard splits.count == files.count, let first = splits.first, let path = files.first?.path else {
            throw FormatError(
                .corrupt, "of \(files.count) files \(splits.count) say that they are parts of a model",
                file: files.first?.path, remedy: "Give the parts of one model")
        }
        var places = [Int?](repeating: nil, count: min(first.count, Int(UInt16.max)))
        for (index, split) in splits.enumerated() {
            guard split.count == first.count, split.tensorCount == first.tensorCount, split.number < places.count else {
                throw FormatError(
                    .corrupt,
                    "it is of \(split.count) parts with \(split.tensorCount) tensors, '\(path)' of \(first.count) with "
                        + "\(first.tensorCount)", file: files[index].path, remedy: "Give the parts of one model")
            }
            if let other = places[split.number] {
                throw FormatError(
                    .corrupt, "it is part \(split.number + 1), as '\(files[other].path)' is", file: files[index].path,
                    remedy: "Give each part once")
            }
            places[split.number] = index
        }
        let ordered = places.compactMap { $0.map { files[$0] } }
        guard ordered.count == first.count else {
            let missing = places.indices.filter { places[$0] == nil }.prefix(10).map { String($0 + 1) }
            throw FormatError(
                .truncated, "of \(first.count) parts these are missing: \(missing.joined(separator: ", "))", file: path,
                remedy: "Fetch the missing files")
        }
        try self.init(ordered: ordered)
        guard tensors.count == first.tensorCount else {
            throw FormatError(
                .corrupt, "the parts hold \(tensors.count) tensors, \(first.tensorCount) are announced", at: 0,
                file: path,
                remedy: "Fetch all parts again, of one version")
        }
    }

    private init(ordered files: [(path: String, header: GGUFHeader)]) throws(FormatError) {
        var tensors: [Tensor] = []
        var parts: [String: Int] = [:]
        for (part, file) in files.enumerated() {
            for tensor in file.header.tensors {
                if let other = parts.updateValue(part, forKey: tensor.name) {
                    throw FormatError(
                        .corrupt, "'\(files[other].path)' holds a tensor of this name too",
                        at: tensor.byteRange.lowerBound, tensor: tensor.name, file: file.path,
                        remedy: "Fetch all parts again, of one version")
                }
                tensors.append(Tensor(description: tensor, part: part))
            }
        }
        var metadata = files.first?.header.metadata ?? GGUFMetadata()
        for key in GGUFSplit.keys { metadata[key] = nil }
        paths = files.map(\.path)
        self.metadata = metadata
        self.tensors = tensors
    }

    /// A file that is named as a part says the same inside.
    private static func check(_ split: GGUFSplit, named path: String) throws(FormatError) {
        guard let name = GGUFPartName(path), name.number != split.number + 1 || name.count != split.count else {
            return
        }
        throw FormatError(
            .corrupt,
            "its name says part \(name.number) of \(name.count), its metadata part \(split.number + 1) of "
                + "\(split.count)",
            at: 0, remedy: "Rename the file, or fetch it again")
    }
}
