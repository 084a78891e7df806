import Bytes
import Foundation

/// The cache of Hugging Face's libraries, which llama.cpp shares.
///
/// A repository's folder `models--owner--name` holds `refs/<ref>` with a commit in it, and `snapshots/<commit>/<path>`:
/// links to `blobs/<etag>`, or the files themselves where links cannot be made. An etag of 64 hexadecimal digits is the
/// file's SHA-256. Source: huggingface_hub, "Understand caching".
enum HubCache {
    private static let prefix = "models--"

    /// - Parameter path: absolute; a repository's folder, a snapshot, or a weights file of one.
    static func model(at path: String) throws -> KeptModel? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let place = parts.lastIndex(where: { $0.hasPrefix(prefix) }) else { return nil }
        let repository = Repository(folder: parts[...place].joined(separator: "/"), name: parts[place])
        guard Folder.isFolder(repository.snapshots) else { return nil }
        let rest = Array(parts[(place + 1)...])
        switch rest.count {
        case 0: return try repository.model(commit: try repository.usualCommit(), file: nil)
        case 2... where rest[0] == "snapshots":
            let file = rest.count == 2 ? nil : rest[2...].joined(separator: "/")
            return try repository.model(commit: rest[1], file: file)
        default: return nil
        }
    }

    /// The snapshots of a whole cache, or of the folder that it lies in; a repository with several sizes of a model
    /// gives each.
    static func paths(in path: String) throws -> [String]? {
        let hub = Folder.isFolder(path + "/hub") ? path + "/hub" : path
        guard Folder.isFolder(hub) else { return nil }
        let names = try Folder.entries(of: hub).filter {
            $0.hasPrefix(prefix) && Folder.isFolder("\(hub)/\($0)/snapshots")
        }
        guard !names.isEmpty else { return nil }
        return try names.flatMap { name -> [String] in
            let repository = Repository(folder: "\(hub)/\(name)", name: name)
            // One without a commit, such as one of which only a listing was fetched, has nothing to register.
            guard let commit = try? repository.usualCommit() else { return [] }
            let snapshot = "\(repository.snapshots)/\(commit)"
            let several = try FolderListing(of: snapshot).quantizations()
            return several.isEmpty ? [snapshot] : several.map(\.first.absolutePath)
        }
    }

    private struct Repository {
        let folder: String
        let owner: String?
        let model: String

        init(folder: String, name: String) {
            self.folder = folder
            // An id has one `/` at most; a name may have `--` in it.
            let id = String(name.dropFirst(prefix.count))
            let separator = id.range(of: "--")
            owner = separator.map { String(id[..<$0.lowerBound]) }
            model = separator.map { String(id[$0.upperBound...]) } ?? id
        }

        var snapshots: String { folder + "/snapshots" }
        var id: String { (owner.map { $0 + "/" } ?? "") + model }

        /// The commit of `main`, or of the only snapshot.
        func usualCommit() throws -> String {
            if let bytes = try? CompanionReader.bytes(of: folder + "/refs/main", atMost: 256) {
                let commit = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
                if Folder.isFolder("\(snapshots)/\(commit)"), !commit.isEmpty, !commit.contains("/") { return commit }
            }
            let commits = try Folder.entries(of: snapshots)
            guard let only = commits.first, commits.count == 1 else {
                throw FormatError(
                    .refused,
                    commits.isEmpty
                        ? "the cache holds no snapshot of \(id)"
                        : "the cache holds \(commits.count) snapshots of \(id), and none is its main one",
                    file: folder,
                    remedy: commits.isEmpty
                        ? "Download the model again" : "Name one of them: \(snapshots)/\(commits[0]) …")
            }
            return only
        }

        /// - Parameter file: the one weights file that is meant, of several in the snapshot.
        func model(commit: String, file: String?) throws -> KeptModel? {
            let snapshot = "\(snapshots)/\(commit)"
            guard Folder.isFolder(snapshot) else {
                throw FormatError(
                    .refused, "the cache holds no snapshot '\(commit)' of \(id)", file: folder,
                    remedy: "Download it again, or name one of those in \(snapshots)")
            }
            let listing = try FolderListing(of: snapshot)
            var files = listing.files, tag: String?, path = snapshot, leftOut = listing.leftOut
            if let file {
                guard let group = listing.quantizations().first(where: { $0.files.contains { $0.path == file } }) else {
                    return nil  // a file like any other
                }
                (files, tag, path) = (group.files, group.tag, "\(snapshot)/\(file)")
                leftOut = []
            }
            return KeptModel(
                path: path,
                name: (owner.map { KeptModel.nameable($0) + "/" } ?? "") + KeptModel.nameable(model)
                    + (tag.map { ":" + $0 } ?? ""),
                repository: id, revision: commit, files: files, leftOut: leftOut, promised: try promises(of: files),
                notes: missing(commit, listing))
        }

        /// The SHA-256 that the names of blobs are. Links are followed once: shared blobs have names of another kind.
        private func promises(of files: [FolderListing.Entry]) throws -> [String: Digest] {
            let root = Folder.resolved(folder + "/..") ?? folder
            var promises: [String: Digest] = [:]
            for file in files {
                guard let place = Folder.resolved(file.absolutePath), place.hasPrefix(root + "/") else {
                    throw FormatError(
                        .refused, "it leads out of the cache", file: file.absolutePath,
                        remedy: "Copy the file itself into the cache, or name the folder that it lies in")
                }
                let link = try? FileManager.default.destinationOfSymbolicLink(atPath: file.absolutePath)
                if let name = link?.split(separator: "/").last, let digest = Digest(hex: String(name)) {
                    promises[file.path] = digest
                }
            }
            return promises
        }

        /// What the repository has and the cache has not, where the cache has kept the listing.
        private func missing(_ commit: String, _ listing: FolderListing) -> [String] {
            guard let bytes = try? CompanionReader.bytes(of: "\(folder)/trees/\(commit).json", atMost: 64 << 20),
                let names = try? JSONValue(parsing: bytes)["files"]?.objectValue?.members.map(\.key)
            else { return [] }
            let known = Set(listing.files.map(\.path))
            let absent = names.filter { !known.contains($0) && !$0.hasPrefix(".") }
            guard !absent.isEmpty else { return [] }
            return ["\(Counted.text(absent.count, "file")) of \(id) not in the cache: \(SafetensorsIndex.list(absent))"]
        }
    }
}
