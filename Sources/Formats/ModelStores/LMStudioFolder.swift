import Bytes

/// The models of LM Studio: `models/<publisher>/<repository>/<files>` in its folder, as their names on the hub are.
enum LMStudioFolder {
    private static let homes: Set<String> = [".lmstudio", "lm-studio", ".lm-studio"]

    /// - Parameter path: absolute; a repository's folder, or a weights file in it.
    static func model(at path: String) throws -> KeptModel? {
        guard let (root, rest) = place(path), (2...3).contains(rest.count) else { return nil }
        let folder = "\(root)/\(rest[0])/\(rest[1])"
        guard Folder.isFolder(folder) else { return nil }
        let listing = try FolderListing(of: folder)
        var files = listing.files, tag: String?, leftOut = listing.leftOut
        if rest.count == 3 {
            guard let group = listing.quantizations().first(where: { $0.files.contains { $0.path == rest[2] } }) else {
                return nil
            }
            (files, tag, leftOut) = (group.files, group.tag, [])
        }
        return KeptModel(
            path: path,
            name: "\(KeptModel.nameable(rest[0]))/\(KeptModel.nameable(rest[1]))" + (tag.map { ":" + $0 } ?? ""),
            repository: "\(rest[0])/\(rest[1])", revision: nil, files: files, leftOut: leftOut, promised: [:],
            notes: [])
    }

    static func paths(in path: String) throws -> [String]? {
        guard let (root, rest) = place(path + (path.hasSuffix("/models") ? "" : "/models")) ?? place(path),
            rest.isEmpty, Folder.isFolder(root)
        else { return nil }
        return try Folder.entries(of: root).flatMap { publisher in
            let folder = "\(root)/\(publisher)"
            guard Folder.isFolder(folder), !publisher.hasPrefix(".") else { return [String]() }
            return try Folder.entries(of: folder).flatMap { name in
                let repository = "\(folder)/\(name)"
                guard Folder.isFolder(repository), !name.hasPrefix(".") else { return [String]() }
                let several = try FolderListing(of: repository).quantizations()
                return several.isEmpty ? [repository] : several.map(\.first.absolutePath)
            }
        }
    }

    /// The folder of all models, and what of the path comes behind it.
    private static func place(_ path: String) -> (root: String, rest: [String])? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let home = parts.lastIndex(where: { homes.contains($0) }), home + 1 < parts.count,
            parts[home + 1] == "models"
        else { return nil }
        return (parts[...(home + 1)].joined(separator: "/"), Array(parts[(home + 2)...]))
    }
}
