import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Text that a command reads whole: a query, from a file or from standard input.
enum TextInput {
    /// More than this is not a query.
    static let greatestByteCount = 1 << 20

    /// Whether standard input is a terminal, where nothing comes unless the user types it.
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// The text of standard input.
    static func standard() throws -> String { try text(of: STDIN_FILENO, named: "standard input") }

    /// The text of the file at `path`, which may be a pipe.
    static func file(_ path: String) throws -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path, number: errno) }
        defer { close(descriptor) }
        return try text(of: descriptor, named: path)
    }

    private static func text(of descriptor: Int32, named name: String) throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError("read", name, number: errno) }
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
            guard bytes.count <= greatestByteCount else {
                throw InputFault(
                    "\(name): more than \(greatestByteCount) bytes, which no query needs. Check the path.")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputFault("\(name): not UTF-8 text. Check the path.")
        }
        return text
    }
}

/// Something wrong with what a command was given to read.
struct InputFault: Error, CustomStringConvertible {
    /// What is wrong, where, and what to do.
    let description: String

    init(_ description: String) { self.description = description }
}
