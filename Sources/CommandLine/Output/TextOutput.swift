import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where results go: buffered text for standard output, whose failures are noticed.
final class TextOutput {
    private let sink: (Span<UInt8>) throws -> Void
    private var buffer: [UInt8] = []
    private static let bufferByteCount = 1 << 16

    /// - Parameter sink: receives the bytes, piece by piece.
    init(sink: @escaping (Span<UInt8>) throws -> Void) { self.sink = sink }

    /// Standard output.
    static func standard() -> TextOutput {
        TextOutput { try Self.write($0, to: STDOUT_FILENO, named: "standard output") }
    }

    /// Adds `text`.
    func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.bufferByteCount { try flush() }
    }

    /// Adds `text` and a line feed.
    func line(_ text: String = "") throws { try write(text + "\n") }

    /// Hands over what is buffered.
    func flush() throws {
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        if !bytes.isEmpty { try sink(bytes.span) }
    }

    /// Writes all of `bytes`.
    /// - Throws: `ClosedPipe` when nobody reads any more; `FileError` when the system refuses otherwise.
    static func write(_ bytes: Span<UInt8>, to descriptor: Int32, named name: String) throws {
        // `done` never passes the buffer's count.
        try unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                let step = unsafe Self.write(descriptor, rest)
                if step >= 0 {
                    done += step
                } else if errno == EPIPE {
                    throw ClosedPipe()
                } else if errno != EINTR {
                    throw FileError("write", name, number: errno)
                }
            }
        }
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

/// The reader of standard output has gone, as `head` does when it has seen enough: no error, nothing left to say.
struct ClosedPipe: Error {}
