import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a catalog lies, and how it can be opened there.
struct CatalogLocation: Sendable {
    /// The catalog's file, absolute or beginning with `./`, so that SQLite takes it for a path.
    let path: String
    /// Whether this process may create files beside the catalog, as SQLite's write-ahead log needs even for reading.
    let folderIsWritable: Bool

    /// - Parameter folderIsWritable: nil asks the system.
    init(path: String, folderIsWritable: Bool? = nil) {
        self.path = path.hasPrefix("/") ? path : "./" + path
        let end = self.path.lastIndex(of: "/") ?? self.path.startIndex
        let folder = end == self.path.startIndex ? "/" : String(self.path[..<end])
        self.folder = folder
        // The path outlives the call.
        self.folderIsWritable = folderIsWritable ?? (unsafe access(folder, W_OK) == 0)
    }

    let folder: String

    /// What SQLite opens for reading: the path, or a URI that promises that nobody writes.
    ///
    /// A catalog in a folder that cannot be written has no place for the log's index. Then it is read as it lies, which
    /// is complete when no log was left behind; a log that was left is read only where its index was left too.
    func readable() throws(CatalogError) -> String {
        guard FileIdentity(path: path) != nil else {
            throw CatalogError(
                .missing, "there is no catalog at \(path)",
                remedy: "Register something first with 'ingot register', or check --home")
        }
        if folderIsWritable { return path }
        let logByteCount = FileIdentity(path: path + "-wal")?.byteCount ?? 0
        if logByteCount == 0 { return "file:" + Self.percentEncoded(path) + "?immutable=1" }
        guard FileIdentity(path: path + "-shm") != nil else {
            throw CatalogError(
                .notWritable, "the last changes to \(path) lie in \(path)-wal, and \(folder) cannot be written",
                remedy: "Run any ingot command there as its owner, or copy the whole folder to a place of your own")
        }
        return path
    }

    /// Runs `body` while no other process of Ingot creates or migrates a catalog in this folder.
    ///
    /// The lock is on the folder itself, so a killed process leaves nothing behind. A file system without locks
    /// grants it to everybody, as SQLite's own locks would not work there either.
    func whileLocked<Value>(_ body: () throws -> Value) throws -> Value {
        // The path outlives the call.
        let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", folder, number: errno) }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try body()
    }

    private static func percentEncoded(_ path: String) -> String {
        var text = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                text.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }
}
