#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Folder {
    /// Makes a second file that shares its blocks with `path` until one of them changes.
    /// - Returns: false when the file system cannot do that, or when the two are on different ones.
    package static func clone(_ path: String, to target: String) throws(FileError) -> Bool {
        #if canImport(Darwin)
            guard unsafe clonefile(path, target, 0) != 0 else { return true }
            if isNoClone(errno) { return false }
            throw FileError("clone to \(target)", path, number: errno)
        #else
            let source = SystemCalls.open(path, O_RDONLY | O_CLOEXEC)
            guard source >= 0 else { throw FileError("open", path, number: errno) }
            defer { close(source) }
            let copy = SystemCalls.open(target, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)
            guard copy >= 0 else { throw FileError("create", target, number: errno) }
            defer { close(copy) }
            let number: Int32
            if case .fail(let fault) = CallSeam.verdict(.link, path, to: target) {
                number = fault
            } else {
                guard ioctl(copy, ficlone, source) != 0 else { return true }
                number = errno
            }
            try unlink(target)
            if isNoClone(number) { return false }
            throw FileError("clone to \(target)", path, number: number)
        #endif
    }

    /// Makes a symbolic link, in the place of one that is there.
    package static func symbolicLink(to target: String, at path: String) throws(FileError) {
        let made = "\(path).\(getpid())"
        try unlink(made)
        guard CallSeam.verdict(.link, target, to: made) == .pass, unsafe symlink(target, made) == 0 else {
            throw FileError("link to \(target)", path, number: errno)
        }
        try rename(made, to: path)
    }

    /// Takes away everyone's right to write.
    package static func setReadOnly(_ path: String) throws(FileError) {
        guard CallSeam.verdict(.protect, path) == .pass, unsafe chmod(path, 0o444) == 0 else {
            throw FileError("make read-only", path, number: errno)
        }
    }

    private static func isNoClone(_ number: Int32) -> Bool {
        [EOPNOTSUPP, ENOTSUP, ENOSYS, EXDEV, EINVAL, ENOTTY, EPERM, EBADF, ETXTBSY].contains(number)
    }

    #if !canImport(Darwin)
        /// `FICLONE` of linux/fs.h, a macro that Swift does not see: `_IOW(0x94, 9, int)`.
        private static let ficlone: UInt = 0x4004_9409
    #endif
}

extension FileError {
    /// Whether a link could not be made because the file system has none, or because the file lies on another one, has
    /// too many, or is somebody else's.
    package var meansLinksCannotBe: Bool {
        [EXDEV, EPERM, EMLINK, EOPNOTSUPP, ENOTSUP, ENOSYS, EACCES].contains(number)
    }
}
