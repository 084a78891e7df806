import Bytes
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that holds tensors which a model's own file describes, as ONNX has it.
struct ExternalData {
    /// Its path from the folder of the model's file: relative, without `..`.
    let location: String
    let tensors: [ExternalTensor]
    private let format: String

    /// The files that the layouts tell of, by the bytes of their locations.
    static func all(of layouts: some Sequence<FileLayout>) -> [Self] {
        var found: [String: Self] = [:]
        for layout in layouts {
            for (location, tensors) in Dictionary(grouping: layout.external, by: \.location) {
                let known = found[location]?.tensors ?? []
                found[location] = Self(location: location, tensors: known + tensors, format: layout.format)
            }
        }
        return Array(found.values).sorted(byBytesOf: \.location)
    }

    /// The file as it lies beside the model's, or in a folder below.
    ///
    /// A link may lead to a file of the same folder, or to where the model's own file is a link to: the cache of the
    /// Hub keeps all files of a model in one folder, and links to them.
    /// - Throws: `FormatError` when it is not there, or a link leads it out of the folder.
    func found(beside model: ModelFile) throws -> ModelFile {
        let folder = String(model.absolutePath.dropLast(model.path.count + 1))
        let path = folder + "/" + location
        try PlainName.check(file: location, in: folder)
        let identity: FileIdentity
        switch PathKind(path) {
        case .file(let found): identity = found
        case .nothing(let number) where number != ENOENT && number != ENOTDIR && number != ELOOP:
            throw FileError("open", path, number: number)
        case .nothing, .folder, .linkedFolder, .special: throw missing(from: folder)
        }
        let homes = [Folder.resolved(folder), Folder.resolved(model.absolutePath).map(Self.parent(of:))]
        guard let target = Folder.resolved(path),
            target.hasPrefix((homes[0] ?? folder) + "/") || Self.parent(of: target) == homes[1]
        else {
            throw FormatError(
                .refused, "\(PlainName.quoted(location)) is a link that leads out of the model's folder",
                tensor: tensors.first?.tensor.name, file: model.absolutePath,
                remedy: "Put the file itself there, if you trust the model")
        }
        guard identity.inode != model.identity.inode || identity.device != model.identity.device else {
            throw taken(in: model.absolutePath)
        }
        return try file(FolderListing.Entry(path: location, absolutePath: path, identity: identity), part: "")
    }

    /// The file as weights.
    /// - Parameter part: the folder of the model, or of the part of a pipeline, that it belongs to.
    func file(_ entry: FolderListing.Entry, part: String) throws(FormatError) -> ModelFile {
        do {
            for tensor in tensors { try tensor.check(fileByteCount: Int(entry.identity.byteCount)) }
        } catch { throw error.within(file: entry.absolutePath) }
        return ModelFile(
            path: entry.path, absolutePath: entry.absolutePath, role: .weights, identity: entry.identity,
            layout: FileLayout(format: format, tensors: tensors.map(\.tensor), metadata: []), folder: part)
    }

    func missing(from folder: String) -> FormatError {
        let what = Counted.text(tensors.count, "tensor", verb: "lie")
        return FormatError(
            .truncated, "\(what) in \(PlainName.quoted(location)), which is not there",
            tensor: tensors.first?.tensor.name, file: folder, remedy: "Fetch the missing file into the same folder")
    }

    func taken(in path: String) -> FormatError {
        FormatError(
            .refused, "its bytes are said to lie in \(PlainName.quoted(location)), which is a model's own file",
            tensor: tensors.first?.tensor.name, file: path, remedy: "Do not trust this file")
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
