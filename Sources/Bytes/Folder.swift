import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is done with folders and names: each call says what failed and where.
package enum Folder {
    /// Makes the folder and those above it that are missing.
    package static func make(_ path: String) throws(FileError) {
        guard !isFolder(path) else { return }
        var number = SystemCalls.makeFolder(path) == 0 ? 0 : errno
        if number == ENOENT, let parent = parent(of: path) {
            try make(parent)
            number = SystemCalls.makeFolder(path) == 0 ? 0 : errno
        }
        // Another process may have made it meanwhile; what exists and is no folder cannot hold files.
        guard number != 0, !isFolder(path) else { return }
        throw FileError("create", path, number: number == EEXIST ? ENOTDIR : number)
    }

    /// The names in a folder, sorted by their bytes; in a name that is no UTF-8, U+FFFD stands for what cannot be read.
    package static func entries(of path: String) throws(FileError) -> [String] {
        let descriptor = SystemCalls.open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else { throw FileError("list", path, number: errno) }
        defer { close(descriptor) }
        return try rawNames(in: descriptor, path).map(text).sorted(byBytesOf: \.self)
    }

    /// Removes a file, or a folder with all that is in it; nothing there, or no longer, is no error.
    package static func removeTree(_ path: String) throws(FileError) {
        try remove(Array(path.utf8CString), in: AT_FDCWD, path)
    }

    /// Whether anything, a dangling link included, has this name. Where the system cannot tell (a disk that fails), it
    /// counts as there, so that nothing is replaced by mistake.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        guard SystemCalls.linkStatus(at: path, &status) != 0 else { return true }
        return ![ENOENT, ENOTDIR, EACCES, ENAMETOOLONG, ELOOP].contains(errno)
    }

    /// Whether `path` is a folder, or a link to one.
    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return SystemCalls.status(at: path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// What a name in a folder stands for, links not followed.
    package enum Entry: Sendable {
        case file, folder, link
        /// A pipe, a device, or nothing that the system tells of.
        case other
    }

    /// What `path` itself is.
    package static func entry(at path: String) -> Entry {
        var status = stat()
        guard SystemCalls.linkStatus(at: path, &status) == 0 else { return .other }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        case S_IFLNK: .link
        default: .other
        }
    }

    /// Refuses a folder that this user may not look into; one that is not there passes.
    package static func checkReadable(_ path: String) throws(FileError) {
        guard unsafe access(path, R_OK | X_OK) == 0 || errno != EACCES else {
            throw FileError("read", path, number: EACCES)
        }
    }

    /// Whether this process may make files in the folder.
    package static func isWritable(_ path: String) -> Bool { unsafe access(path, W_OK) == 0 }

    /// The path without links and `..` in it; nil when nothing is there.
    package static func resolved(_ path: String) -> String? {
        guard CallSeam.verdict(.resolve, path) == .pass, let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(validatingCString: resolved)
    }

    /// Gives a file or folder another name, replacing a file of that name at once.
    package static func rename(_ path: String, to target: String) throws(FileError) {
        guard SystemCalls.rename(path, to: target) == 0 else {
            throw FileError("rename to \(target)", path, number: errno)
        }
    }

    /// Gives the file at `path` a second name.
    package static func link(_ path: String, to target: String) throws(FileError) {
        guard SystemCalls.link(path, to: target) == 0 else {
            throw FileError("link to \(target)", path, number: errno)
        }
    }

    /// Removes one name of a file; nothing there is no error.
    package static func unlink(_ path: String) throws(FileError) {
        guard SystemCalls.unlink(path) == 0 || errno == ENOENT else {
            throw FileError("remove", path, number: errno)
        }
    }

    /// Makes renames inside the folder durable.
    package static func sync(_ path: String) throws(FileError) {
        let descriptor = SystemCalls.open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY)
        guard descriptor >= 0 else { throw FileError("open", path, number: errno) }
        defer { close(descriptor) }
        // Some network file systems cannot sync a folder and say EINVAL; there is nothing more to do there.
        guard SystemCalls.sync(descriptor, path, as: .syncFolder) == 0 || errno == EINVAL else {
            throw FileError.writing(path, number: errno, as: "sync")
        }
    }

    /// Bytes that an ordinary user may still write on the file system of `path`.
    package static func freeByteCount(at path: String) -> Int? {
        var status = statvfs()
        guard CallSeam.verdict(.space, path) == .pass, unsafe statvfs(path, &status) == 0 else { return nil }
        let (count, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? Int.max : Int(clamping: count)
    }

    /// The bytes of a file, or of all files in a folder and below; links count nothing.
    package static func byteCount(ofTree path: String) throws(FileError) -> Int {
        var status = stat()
        guard SystemCalls.linkStatus(at: path, &status) == 0 else { return 0 }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return Int(status.st_size)
        case S_IFDIR:
            var sum = 0
            for name in try entries(of: path) { sum += try byteCount(ofTree: path + "/" + name) }
            return sum
        default: return 0
        }
    }

    // MARK: Names as the system has them

    /// The names in an open folder but for `.` and `..`: bytes that end in 0, in no order.
    private static func rawNames(in descriptor: Int32, _ path: String) throws(FileError) -> [[CChar]] {
        if case .fail(let number) = CallSeam.verdict(.list, path) { throw FileError("list", path, number: number) }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw FileError("list", path, number: errno) }
        guard let stream = unsafe fdopendir(copy) else {
            let number = errno
            close(copy)
            throw FileError("list", path, number: number)
        }
        defer { unsafe closedir(stream) }
        var names: [[CChar]] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            // The name ends in 0; an entry may be shorter than `dirent`, so it is read where it lies, not copied.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                    unsafe Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                }
            }
            if name != [0x2E, 0], name != [0x2E, 0x2E, 0] { names.append(name) }
        }
        // A folder that was removed while it was open has no more names.
        guard errno == 0 || errno == ENOENT else { throw FileError("list", path, number: errno) }
        return names
    }

    /// Removes what is called `name` in the open folder `parent`. What another process removes first is gone too.
    private static func remove(_ name: [CChar], in parent: Int32, _ path: String) throws(FileError) {
        var status = stat()
        guard SystemCalls.linkStatus(at: name, in: parent, &status, named: path) == 0 else {
            return try ignoreAbsence(errno, path)
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if isFolder {
            let descriptor = SystemCalls.open(
                name, in: parent, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW, named: path)
            guard descriptor >= 0 else { return try ignoreAbsence(errno, path) }
            defer { close(descriptor) }
            for child in try rawNames(in: descriptor, path) {
                try remove(child, in: descriptor, path + "/" + text(child))
            }
        }
        guard SystemCalls.unlink(name, in: parent, isFolder: isFolder, named: path) == 0 else {
            return try ignoreAbsence(errno, path)
        }
    }

    private static func ignoreAbsence(_ number: Int32, _ path: String) throws(FileError) {
        if number != ENOENT { throw FileError("remove", path, number: number) }
    }

    private static func text(_ name: [CChar]) -> String {
        String(decoding: name.dropLast().lazy.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The path without its last part; nil when there is none above it.
    private static func parent(of path: String) -> String? {
        let slash = UInt8(ascii: "/")
        var bytes = Array(path.utf8)
        while bytes.last == slash { bytes.removeLast() }
        while let last = bytes.last, last != slash { bytes.removeLast() }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
