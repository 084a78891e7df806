#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Locks that other programs take on files of their own, by `flock`.
package enum FileLock {
    /// Runs `body` while the file at `path`, which is made when it is missing, is locked.
    package static func holding<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        let descriptor = SystemCalls.open(path, O_RDWR | O_CREAT | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("create", path, number: errno) }
        defer { close(descriptor) }
        guard SystemCalls.lock(descriptor, LOCK_EX, path) == 0 else { throw FileError("lock", path, number: errno) }
        return try body()
    }
}
