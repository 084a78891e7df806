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

    /// What the folder lies on.
    var fileSystem: FileSystemKind { FileSystemKind(of: folder) }

    /// Its name in messages.
    var fileSystemName: String { fileSystem.networkName ?? "this file system" }

    /// How a catalog can be read where it lies.
    struct Reading: Sendable {
        /// What SQLite opens: the path, or a URI that promises that nobody writes.
        let path: String
        /// The file's state when it was opened by that promise.
        fileprivate let promised: FileIdentity?

        /// Whether the promise was kept so far.
        /// - Throws: `CatalogError` `busy` when the file was written to: what was read may be of two states.
        func check(_ location: CatalogLocation) throws(CatalogError) {
            guard let promised else { return }
            let now = (try? OpenFile(location.path))?.identity
            guard now == promised, FileIdentity(path: location.path + "-wal")?.byteCount ?? 0 == 0 else {
                throw CatalogError(
                    .busy, "\(location.path) was written to while it was read, and no lock can be set there",
                    remedy: "Run the command again")
            }
        }
    }

    /// How to open the catalog for reading.
    ///
    /// A catalog in a folder that cannot be written has no place for the log's index. Then it is read as it lies, which
    /// is complete when no log was left behind, and right when it did not change meanwhile (`Reading.check`); a log that
    /// was left is read only where its index was left too. Across machines an index is of no use: there the log must
    /// have been done away with, which the first who may write does.
    func readable() throws -> Reading {
        guard FileIdentity(path: path) != nil else {
            throw CatalogError(
                .missing, "there is no catalog at \(path)",
                remedy: "Register something first with 'ingot register', or check --home")
        }
        let isShared = fileSystem != .local
        let hasLog = try JournalMode(ofDatabaseAt: path) == .log
        if isShared, hasLog, folderIsWritable {
            let turn = WriteTurn(location: self, waiting: Waiting())
            _ = try turn.whileHeld { _ in try JournalMode.rollback.settle(self, waiting: turn.waiting) }
            return Reading(path: path, promised: nil)
        }
        if folderIsWritable || !hasLog { return Reading(path: path, promised: nil) }
        let logByteCount = FileIdentity(path: path + "-wal")?.byteCount ?? 0
        if logByteCount == 0 {
            return Reading(
                path: "file:" + Self.percentEncoded(path) + "?immutable=1", promised: try OpenFile(path).identity)
        }
        guard FileIdentity(path: path + "-shm") != nil, !isShared else {
            throw CatalogError(
                .notWritable, "the last changes to \(path) lie in \(path)-wal, and \(folder) cannot be written",
                remedy: "Run any ingot command there as its owner, or copy the whole folder to a place of your own")
        }
        return Reading(path: path, promised: nil)
    }

    /// `path` as a part of a URI.
    static func percentEncoded(_ path: String) -> String {
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
