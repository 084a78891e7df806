#if canImport(Glibc)
    package import Glibc
#elseif canImport(Darwin)
    package import Darwin
#endif

/// The system calls on files, each behind `CallSeam`: results and `errno` as the system gives them. A call that a signal
/// interrupted is made again.
package enum SystemCalls {
    package static func open(_ path: String, _ flags: Int32, mode: UInt16 = 0o644) -> Int32 {
        result(flags & O_CREAT == 0 ? .open : .create, path) { unsafe libraryOpen(path, flags, mode_t(mode)) }
    }

    package static func open(_ name: [CChar], in folder: Int32, _ flags: Int32, named path: String) -> Int32 {
        result(.open, path) { unsafe openat(folder, name, flags) }
    }

    /// Closes a descriptor that was written to; the system may only now say that bytes are lost.
    package static func closeWritten(_ descriptor: Int32, _ path: String) -> Int32 {
        let verdict = CallSeam.verdict(.close, path)
        // It is closed whatever is said, also when a signal interrupted it.
        let result = close(descriptor)
        if case .fail(let number) = verdict { errno = number }
        return verdict == .pass && result == 0 || errno == EINTR ? 0 : -1
    }

    /// Reads up to `count` bytes at `offset` into memory that has room for them.
    @unsafe package static func read(
        _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int, at offset: Int, _ path: String
    ) -> Int {
        transferred(.read, path, count) { unsafe pread(descriptor, bytes, $0, off_t(offset)) }
    }

    /// Writes up to `count` bytes that lie at `bytes`, at the descriptor's position.
    @unsafe package static func write(
        _ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ path: String
    ) -> Int {
        transferred(.write, path, count) { unsafe libraryWrite(descriptor, bytes, $0) }
    }

    /// Writes up to `count` bytes that lie at `bytes`, at `offset`.
    @unsafe package static func write(
        _ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, at offset: Int, _ path: String
    ) -> Int {
        transferred(.write, path, count) { unsafe pwrite(descriptor, bytes, $0, off_t(offset)) }
    }

    package static func protect(_ descriptor: Int32, _ mode: UInt16, _ path: String) -> Int32 {
        result(.protect, path) { fchmod(descriptor, mode_t(mode)) }
    }

    package static func cut(_ descriptor: Int32, toByteCount byteCount: Int, _ path: String) -> Int32 {
        result(.write, path) { ftruncate(descriptor, off_t(byteCount)) }
    }

    package static func sync(_ descriptor: Int32, _ path: String, as call: SystemCall = .sync) -> Int32 {
        result(call, path) { fsync(descriptor) }
    }

    package static func status(of descriptor: Int32, _ status: inout stat, _ path: String) -> Int32 {
        result(.status, path) { unsafe fstat(descriptor, &status) }
    }

    package static func status(at path: String, _ status: inout stat) -> Int32 {
        result(.status, path) { unsafe stat(path, &status) }
    }

    /// Of a link itself, not of what it points to.
    package static func linkStatus(at path: String, _ status: inout stat) -> Int32 {
        result(.status, path) { unsafe lstat(path, &status) }
    }

    package static func linkStatus(
        at name: [CChar], in folder: Int32, _ status: inout stat, named path: String
    ) -> Int32 {
        result(.status, path) { unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) }
    }

    package static func makeFolder(_ path: String) -> Int32 { result(.makeFolder, path) { unsafe mkdir(path, 0o777) } }

    package static func rename(_ path: String, to target: String) -> Int32 {
        result(.rename, path, to: target) { unsafe libraryRename(path, target) }
    }

    package static func link(_ path: String, to target: String) -> Int32 {
        result(.link, path, to: target) { unsafe libraryLink(path, target) }
    }

    package static func unlink(_ path: String) -> Int32 { result(.unlink, path) { unsafe libraryUnlink(path) } }

    package static func unlink(_ name: [CChar], in folder: Int32, isFolder: Bool, named path: String) -> Int32 {
        result(.unlink, path) { unsafe unlinkat(folder, name, isFolder ? AT_REMOVEDIR : 0) }
    }

    /// - Parameter operation: `LOCK_EX`, `LOCK_NB` …, as flock(2) takes them.
    package static func lock(_ descriptor: Int32, _ operation: Int32, _ path: String) -> Int32 {
        result(.lock, path) { flock(descriptor, operation) }
    }

    // MARK: The seam

    private static func result(
        _ call: SystemCall, _ path: String, to target: String? = nil, _ body: () -> Int32
    ) -> Int32 {
        while true {
            var result: Int32 = -1
            if case .fail(let number) = CallSeam.verdict(call, path, to: target) {
                errno = number
            } else {
                result = body()
            }
            guard result < 0, errno == EINTR else { return result }
        }
    }

    private static func transferred(_ call: SystemCall, _ path: String, _ count: Int, _ body: (Int) -> Int) -> Int {
        while true {
            var result = -1
            switch CallSeam.verdict(call, path) {
            case .fail(let number): errno = number
            case .short: result = body((count + 1) / 2)
            case .pass: result = body(count)
            }
            guard result < 0, errno == EINTR else { return result }
        }
    }
}

// Under names that the functions above do not hide.
@unsafe private func libraryOpen(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    unsafe open(path, flags, mode)
}

@unsafe private func libraryWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}

@unsafe private func libraryRename(_ path: String, _ target: String) -> Int32 { unsafe rename(path, target) }
@unsafe private func libraryLink(_ path: String, _ target: String) -> Int32 { unsafe link(path, target) }
@unsafe private func libraryUnlink(_ path: String) -> Int32 { unsafe unlink(path) }
