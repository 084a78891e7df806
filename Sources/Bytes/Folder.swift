import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is done with folders and names: each call says what failed and where.
package enum Folder {
    /// Makes the folder and those above it that are missing.
    package static func make(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch { throw fileError("create", path, error) }
    }

    /// The names in a folder, sorted by their bytes.
    package static func entries(of path: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch { throw fileError("list", path, error) }
    }

    /// Removes a file, or a folder with all that is in it; nothing there is no error.
    package static func removeTree(_ path: String) throws {
        guard exists(path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch { throw fileError("remove", path, error) }
    }

    /// Whether anything, a dangling link included, has this name.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Whether `path` is a folder, or a link to one.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Gives a file or folder another name, replacing a file of that name at once.
    package static func rename(_ path: String, to target: String) throws(FileError) {
        guard unsafe Foundation.rename(path, target) == 0 else {
            throw FileError("rename to \(target)", path, number: errno)
        }
    }

    /// Gives the file at `path` a second name.
    package static func link(_ path: String, to target: String) throws(FileError) {
        guard unsafe Foundation.link(path, target) == 0 else {
            throw FileError("link to \(target)", path, number: errno)
        }
    }

    /// Removes one name of a file; nothing there is no error.
    package static func unlink(_ path: String) throws(FileError) {
        guard unsafe Foundation.unlink(path) == 0 || errno == ENOENT else {
            throw FileError("remove", path, number: errno)
        }
    }

    /// Makes renames inside the folder durable.
    package static func sync(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else { throw FileError("open", path, number: errno) }
        defer { close(descriptor) }
        // Some network file systems cannot sync a folder and say EINVAL; there is nothing more to do there.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError("sync", path, number: errno) }
    }

    /// Bytes that an ordinary user may still write on the file system of `path`.
    package static func freeByteCount(at path: String) -> Int? {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }

    private static func fileError(_ operation: String, _ path: String, _ error: any Error) -> FileError {
        var cause: NSError? = error as NSError
        while let current = cause, current.domain != NSPOSIXErrorDomain {
            cause = current.userInfo[NSUnderlyingErrorKey] as? NSError
        }
        return FileError(operation, path, number: cause.map { Int32($0.code) } ?? EIO)
    }
}
