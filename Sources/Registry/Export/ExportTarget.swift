import Bytes
import Catalog
import Foundation

/// The place that an export writes to: everything is written to a staging folder first, and appears at the destination
/// when all of it is there and durable.
///
/// The staging folder lies beside a new destination, and inside a folder that exists: that may be another file system.
struct ExportTarget {
    /// The folder or file that the user named, without a slash at its end.
    let destination: String
    /// Where files are written until they are complete.
    let staging: String
    /// What will be written, relative to the destination.
    private let files: [String]
    private let kind: Kind
    private let existing: ExportRequest.Existing
    private let references: [BlobReference]

    private enum Kind {
        /// The one file itself.
        case file
        case newFolder
        /// A folder that exists already.
        case oldFolder
    }

    /// - Parameters:
    ///   - files: the paths that will be written, relative to the destination.
    ///   - references: files outside the store that must not be replaced.
    /// - Throws: `RegistryError` when something is there that the request does not allow to replace.
    init(_ request: ExportRequest, files: [String], references: [BlobReference]) throws {
        var path = request.destination
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        destination = path
        self.files = files
        self.references = references
        existing = request.existing
        kind = try Self.kind(of: path, files: files)
        let name = StagingName()
        staging = kind == .oldFolder ? (path == "/" ? "/.\(name)" : "\(path)/.\(name)") : "\(path).\(name)"
        StagingName.sweep(besides: path)
        try check()
    }

    private static func kind(of path: String, files: [String]) throws -> Kind {
        if Folder.isFolder(path) { return .oldFolder }
        let isNamedAsFile = files.contains { isWeights($0) && ending(of: $0) == ending(of: path) }
        guard isNamedAsFile || files.count == 1 && ending(of: files[0]) == ending(of: path) else { return .newFolder }
        guard files.count == 1 else {
            throw RegistryError(
                "\(path) is named as a file, and \(files.count) files go there: \(files.prefix(3).joined(separator: ", "))…",
                remedy: "Name a folder")
        }
        return .file
    }

    private static func isWeights(_ file: String) -> Bool {
        ExportFormat.allCases.contains { $0.rawValue == ending(of: file) }
    }

    /// What follows the last dot of a path, in small letters.
    private static func ending(of path: String) -> String? {
        path.split(separator: "/").last.flatMap { name in
            name.contains(".") ? name.split(separator: ".").last?.lowercased() : nil
        }
    }

    /// Says what is in the way; called before anything is written, and again before it appears.
    private func check() throws {
        if kind == .newFolder, Folder.exists(destination), !Folder.isFolder(destination) {
            let fileNames = files.count == 1 ? ", or a file that is named as \(files[0]) is" : ""
            throw RegistryError(
                "\(destination) is a file, and the artifact goes to a folder", remedy: "Name a folder\(fileNames)")
        }
        switch existing {
        case .refuse: try refuseOccupied()
        case .replace: try checkReplaced()
        }
    }

    private func refuseOccupied() throws {
        guard Folder.exists(destination) else { return }
        if kind != .file, try Folder.entries(of: destination).allSatisfy({ destination + "/" + $0 == staging }) {
            return
        }
        throw RegistryError(
            "\(destination) exists already", remedy: "Choose another place, or replace the files there with --force")
    }

    /// No folder may stand where a file goes, no file where a folder goes, and no file may go that the catalog needs.
    private func checkReplaced() throws {
        let places = kind == .file ? [destination] : files.map { destination + "/" + $0 }
        for place in places where Folder.exists(place) && Folder.isFolder(place) {
            throw RegistryError("\(place) is a folder, and a file must go there", remedy: "Choose another place")
        }
        for folder in folders(below: destination) where Folder.exists(folder) && !Folder.isFolder(folder) {
            throw RegistryError("\(folder) is a file, and a folder must go there", remedy: "Choose another place")
        }
        let standing = places.compactMap { place in FileIdentity(path: place).map { (place, $0) } }
        guard !standing.isEmpty, !references.isEmpty else { return }
        let needed = references.map { (path: $0.path, then: $0.identity, now: FileIdentity(path: $0.path)) }
        for (place, identity) in standing {
            let owner = needed.first { reference in
                identity == reference.then
                    || (identity.device == reference.now?.device && identity.inode == reference.now?.inode)
            }
            guard let owner else { continue }
            throw RegistryError(
                "\(place) is a file that the store refers to (as \(owner.path)): it would be lost",
                remedy: "Choose another place, or first register the model again without --reference")
        }
    }

    /// Where the file of this relative path is written for now; its folder is made.
    func place(of path: String) throws -> String {
        let place = staging + "/" + path
        try Folder.make(Self.parent(of: place))
        return place
    }

    /// The files under the names that they have at the destination: a file that was named by itself has that name.
    func named(_ files: [ExportReport.File]) -> [ExportReport.File] {
        guard kind == .file, let name = destination.split(separator: "/").last else { return files }
        return files.map { file in
            var file = file
            file.path = String(name)
            return file
        }
    }

    /// Makes the files appear at the destination.
    private func commit() throws {
        try check()
        for folder in [staging] + folders(below: staging) { try Folder.sync(folder) }
        switch kind {
        case .file:
            try Folder.rename(staging + "/" + files[0], to: destination)
            try Folder.removeTree(staging)
        case .newFolder:
            try Folder.rename(staging, to: destination)
        case .oldFolder:
            let folders = folders(below: destination)
            for folder in folders { try Folder.make(folder) }
            for path in files { try Folder.rename(staging + "/" + path, to: destination + "/" + path) }
            try Folder.removeTree(staging)
            for folder in folders + [destination] { try Folder.sync(folder) }
        }
        try Folder.sync(Self.parent(of: destination))
    }

    /// The folders that the files need below `root`, outer ones first.
    private func folders(below root: String) -> [String] {
        var folders: Set<String> = []
        for path in files {
            var folder = path
            while let slash = folder.lastIndex(of: "/") {
                folder = String(folder[..<slash])
                folders.insert(root + "/" + folder)
            }
        }
        return folders.sorted()
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension ExportTarget {
    /// Runs `body`, which writes the files, and makes them appear at the destination; when it fails, nothing is left.
    /// - Parameter byteCount: what will take room, asked when the staging folder is there; too little room is an error
    ///   before the first byte.
    func filling<Result>(_ byteCount: () throws -> Int, with body: () throws -> Result) throws -> Result {
        do {
            try Folder.make(staging)
            try checkRoom(for: try byteCount())
            let result = try body()
            try commit()
            return result
        } catch {
            try Folder.removeTree(staging)
            throw error
        }
    }

    private func checkRoom(for byteCount: Int) throws {
        guard let free = Folder.freeByteCount(at: staging), free < byteCount else { return }
        throw RegistryError(
            "\(destination) needs \(byteCount) bytes, and its file system has \(free) free",
            remedy: "Free some space there, or choose another place")
    }
}
