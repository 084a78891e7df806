#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file operation that the system refused: which, on what, why, and what to do.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, as a verb: "open", "read", "write" …
    public var operation: String
    /// The file's path as it was given.
    public var path: String
    /// The system's error number (`errno`), such as `ENOENT`.
    public var number: Int32
    /// What stands against it, where the system's own words would not tell.
    public var reason: String?

    package init(_ operation: String, _ path: String, number: Int32, reason: String? = nil) {
        self.operation = operation
        self.path = path
        self.number = number
        self.reason = reason
    }

    /// Why bytes could not be written; of a full disk, how much was to come and how much is free.
    package static func writing(
        _ path: String, number: Int32, as operation: String = "write", leftByteCount: Int = 0
    ) -> Self {
        guard number == ENOSPC || number == EDQUOT else { return Self(operation, path, number: number) }
        var reason = unsafe String(cString: strerror(number))
        if leftByteCount > 0 { reason += "; \(leftByteCount) bytes more were to be written" }
        if let free = Folder.freeByteCount(at: path) { reason += ", and its file system has \(free) bytes free" }
        return Self(operation, path, number: number, reason: reason)
    }

    /// `cannot open x: No such file or directory. Check the path.`
    public var description: String { "\(problem). \(remedy)." }

    /// `cannot open x: No such file or directory`
    package var problem: String {
        let reason = unsafe self.reason ?? String(cString: strerror(number))
        return "cannot \(operation) \(path): \(reason)"
    }

    /// What to do; no final period.
    package var remedy: String {
        switch number {
        case ENOENT, ENAMETOOLONG, ELOOP: "Check the path"
        case ENOSPC, EDQUOT: "Free some space there, or choose another place"
        case _ where reason != nil: "Check the path"
        case EACCES, EPERM: "Check the permissions of the file and of its folder"
        case EROFS: "Choose a place that can be written"
        case EMFILE, ENFILE: "Close other programs, or raise the limit with 'ulimit -n'"
        case EEXIST: "Remove it first, or choose another name"
        case EISDIR, ENOTDIR: "Check whether a file or a folder is meant"
        default: "Try again; if it stays, check the disk"
        }
    }
}
