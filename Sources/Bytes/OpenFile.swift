#if canImport(Glibc)
    package import Glibc
#elseif canImport(Darwin)
    package import Darwin
#endif

/// A file open for reading at any offset, without a position of its own: several threads may read at once.
package final class OpenFile: Sendable {
    /// The path it was opened by.
    package let path: String
    /// Its bytes when it was opened.
    package let byteCount: Int
    /// What tells this state of the file from a later one.
    package let identity: FileIdentity
    private let descriptor: Int32

    /// - Throws: `FileError` when `path` cannot be opened or is not a regular file.
    package init(_ path: String) throws(FileError) {
        let descriptor = SystemCalls.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)  // a pipe would wait for its writer
        guard descriptor >= 0 else { throw FileError("open", path, number: errno) }
        var status = stat()
        guard SystemCalls.status(of: descriptor, &status, path) == 0 else {
            let number = errno
            close(descriptor)
            throw FileError("open", path, number: number)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            guard status.st_mode & S_IFMT != S_IFDIR else { throw FileError("open", path, number: EISDIR) }
            throw FileError("open", path, number: EINVAL, reason: "it is not a regular file")
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
        identity = FileIdentity(status)
    }

    deinit { close(descriptor) }

    /// Makes the file's bytes durable.
    package func sync() throws(FileError) {
        guard SystemCalls.sync(descriptor, path) == 0 else { throw FileError("sync", path, number: errno) }
    }

    /// Fills `buffer` from its start with the `count` bytes at `offset`.
    /// - Throws: `FileError` when the system refuses; `FormatError` when the file ends before.
    package func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws {
        precondition(count <= buffer.count, "\(count) bytes do not fit in \(buffer.count)")
        var done = 0
        while done < count {
            // `done ..< count` lies within the buffer, by the precondition.
            let step = unsafe buffer.withUnsafeMutableBytes {
                unsafe SystemCalls.read(
                    descriptor, $0.baseAddress.map { unsafe $0 + done }, count - done, at: offset + done, path)
            }
            guard step >= 0 else { throw FileError("read", path, number: errno) }
            guard step > 0 else {
                throw FormatError(
                    .truncated, "the file ends here, \(offset + count) bytes were expected", at: offset + done,
                    file: path, remedy: "Another program may be writing it; try again when it has finished")
            }
            done += step
        }
    }

    /// Whether the file at the path is still the one that was opened, unchanged.
    package func isUnchanged() -> Bool {
        var status = stat()
        return SystemCalls.status(of: descriptor, &status, path) == 0 && FileIdentity(status) == identity
    }
}

/// What tells one state of a file from another without reading it: place, length and time of change.
package struct FileIdentity: Equatable, Sendable {
    package let device: Int64
    package let inode: Int64
    package let byteCount: Int64
    /// Nanoseconds since 1970; the nearest that fit for a time that a file system gives beyond 1677 … 2262.
    package let modifiedAt: Int64

    package init(device: Int64, inode: Int64, byteCount: Int64, modifiedAt: Int64) {
        self.device = device
        self.inode = inode
        self.byteCount = byteCount
        self.modifiedAt = modifiedAt
    }

    /// - Parameter status: what stat(2) says.
    package init(_ status: stat) {
        device = Int64(truncatingIfNeeded: status.st_dev)
        inode = Int64(truncatingIfNeeded: status.st_ino)
        byteCount = Int64(status.st_size)
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        modifiedAt = Self.nanoseconds(seconds: Int64(time.tv_sec), Int64(time.tv_nsec))
    }

    static func nanoseconds(seconds: Int64, _ rest: Int64) -> Int64 {
        let (whole, isTooFar) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isOver) = whole.addingReportingOverflow(rest)
        return isTooFar || isOver ? (seconds < 0 ? .min : .max) : sum
    }

    /// The state of the file at `path` now; nil when there is none.
    package init?(path: String) {
        var status = stat()
        guard SystemCalls.status(at: path, &status) == 0 else { return nil }
        self.init(status)
    }
}
