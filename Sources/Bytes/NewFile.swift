#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file being written from its start to its end by one owner, under a name that nobody else uses yet.
package final class NewFile {
    /// Where it is being written.
    package let path: String
    /// The bytes written so far.
    package private(set) var byteCount = 0
    private var descriptor: Int32

    /// The most bytes that are written at a time. Pieces of 2 MiB took two to five times the processor time in most
    /// runs (ext4, Linux 6.18, a virtual machine), spent in copying to the page cache; why is not known.
    static let pieceByteCount = 256 << 10

    /// Makes the file; an older one at `path` is an error.
    /// - Throws: `FileError`.
    package init(_ path: String, mode: UInt16 = 0o644) throws(FileError) {
        descriptor = SystemCalls.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode: mode)
        guard descriptor >= 0 else { throw FileError("create", path, number: errno) }
        self.path = path
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Adds `bytes` at the end.
    package func append(_ bytes: Span<UInt8>) throws(FileError) {
        var done = 0
        while done < bytes.count {
            // Writes from inside the span only: `done ..< count`.
            let step = unsafe bytes.withUnsafeBufferPointer {
                unsafe SystemCalls.write(
                    descriptor, $0.baseAddress.map { unsafe $0 + done },
                    min(bytes.count - done, Self.pieceByteCount), path)
            }
            guard step > 0 else {
                throw FileError.writing(path, number: step < 0 ? errno : ENOSPC, leftByteCount: bytes.count - done)
            }
            done += step
        }
        byteCount += done
    }

    /// Makes what was written durable and closes the file; `mode` becomes its permissions.
    package func seal(mode: UInt16? = nil) throws(FileError) {
        if let mode, SystemCalls.protect(descriptor, mode, path) != 0 {
            throw FileError("protect", path, number: errno)
        }
        guard SystemCalls.sync(descriptor, path) == 0 else { throw FileError.writing(path, number: errno, as: "sync") }
        let result = SystemCalls.closeWritten(descriptor, path)
        descriptor = -1
        guard result == 0 else { throw FileError.writing(path, number: errno, as: "close") }
    }
}
