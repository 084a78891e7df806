import Bytes

extension ModelRegistry {
    /// Whether a file that exists may be replaced.
    public enum ExistingFile: Sendable {
        case refuse, replace
    }

    /// Whether a document may be written to a file.
    /// - Throws: when the file exists and may not be replaced, or is a folder.
    public static func checkDocument(at path: String, existing: ExistingFile = .refuse) throws {
        guard !Folder.isFolder(path) else {
            throw RegistryError("\(path) is a folder", remedy: "Name a file")
        }
        guard existing == .replace || !Folder.exists(path) else {
            throw RegistryError(
                "\(path) exists already", remedy: "Choose another name, or replace it with --force")
        }
    }

    /// Writes a document to a file: beside it first, and under its name when all of it is there and durable.
    /// - Throws: when the file exists and may not be replaced, or cannot be written.
    public static func write(_ document: String, to path: String, existing: ExistingFile = .refuse) throws {
        try checkDocument(at: path, existing: existing)
        let staging = "\(path).\(StagingName())"
        do {
            let file = try NewFile(staging)
            let bytes = Array(document.utf8)
            try file.append(bytes.span)
            try file.seal()
            try checkDocument(at: path, existing: existing)
            try Folder.rename(staging, to: path)
        } catch {
            try? Folder.unlink(staging)
            throw error
        }
    }
}
