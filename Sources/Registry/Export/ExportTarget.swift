import Bytes
import Foundation

/// The place that an export writes to: everything is written beside it first, and appears there at the end or not at all.
struct ExportTarget {
    /// The folder or file that the user named, without a slash at its end.
    let destination: String
    /// Whether the destination is the one file itself.
    let isFile: Bool
    /// Where files are written until they are complete.
    let staging: String
    private let existing: ExportRequest.Existing

    /// - Parameter files: the paths that will be written, relative to the destination.
    /// - Throws: `RegistryError` when something is there that the request does not allow to replace.
    init(_ request: ExportRequest, files: [String]) throws {
        var path = request.destination
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        destination = path
        existing = request.existing
        let onlyExtension = files.count == 1 ? files[0].split(separator: ".").last.map(String.init) : nil
        isFile = onlyExtension.map { path.hasSuffix("." + $0) } == true && !Folder.isFolder(path)
        staging = "\(path).ingot-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max))"
        if request.existing == .refuse { try Self.refuseOccupied(path) }
        guard isFile || !Folder.exists(path) || Folder.isFolder(path) else {
            throw RegistryError(
                "\(path) is a file, and the artifact has \(files.count) files",
                remedy: "Name a folder that does not exist yet")
        }
    }

    private static func refuseOccupied(_ path: String) throws {
        guard Folder.exists(path) else { return }
        if Folder.isFolder(path), try Folder.entries(of: path).isEmpty { return }
        throw RegistryError(
            "\(path) exists already", remedy: "Choose another place, or replace the files there with --force")
    }

    /// Makes the staging folder.
    /// - Parameter byteCount: what will be written; too little room is an error before the first byte.
    func begin(byteCount: Int) throws {
        try Folder.make(staging)
        if let free = Folder.freeByteCount(at: staging), free < byteCount {
            throw RegistryError(
                "\(destination) needs \(byteCount) bytes, and its file system has \(free) free",
                remedy: "Free some space there, choose another place, or try --link")
        }
    }

    /// Where the file of this relative path is written for now; its folder is made.
    func place(of path: String) throws -> String {
        let place = staging + "/" + path
        if let slash = path.lastIndex(of: "/") { try Folder.make(staging + "/" + path[..<slash]) }
        return place
    }

    /// Makes the files appear at the destination.
    func commit(files: [String]) throws {
        if isFile {
            try Folder.rename(staging + "/" + files[0], to: destination)
            try Folder.removeTree(staging)
        } else if !Folder.exists(destination) {
            try Folder.rename(staging, to: destination)
        } else {
            for path in files {
                if let slash = path.lastIndex(of: "/") { try Folder.make(destination + "/" + path[..<slash]) }
                try Folder.rename(staging + "/" + path, to: destination + "/" + path)
            }
            try Folder.removeTree(staging)
        }
        try Folder.sync(parent)
    }

    /// Removes what was written; the destination is as it was.
    func abandon() throws { try Folder.removeTree(staging) }

    private var parent: String {
        guard let slash = destination.lastIndex(of: "/") else { return "." }
        return slash == destination.startIndex ? "/" : String(destination[..<slash])
    }
}

extension ExportTarget {
    /// Runs `body`, which writes the files, and makes them appear at the destination; when it fails, nothing is left.
    func filling<Result>(byteCount: Int, files: [String], _ body: () throws -> Result) throws -> Result {
        do {
            try begin(byteCount: byteCount)
            let result = try body()
            try commit(files: files)
            return result
        } catch {
            try abandon()
            throw error
        }
    }
}
