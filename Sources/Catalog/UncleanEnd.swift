import Bytes
import Foundation
import GRDB

/// Whether whoever used the catalog last was killed, or the machine went down, and whether the file outlived it.
///
/// SQLite removes its log when the last connection is closed. So a log with pages in it that nobody uses was left by an
/// unclean end: SQLite recovers it, and what a failing disk did to the rest is looked for once. Connections hold a lock
/// on the log's index for as long as they are open; who holds locks is read from `/proc/locks`, since opening the index
/// and closing it again would drop this process's own. Without that file, as on macOS, nothing is concluded.
struct UncleanEnd {
    let location: CatalogLocation

    /// A larger catalog is not checked before a command may go on: reading it takes more than some seconds.
    static let greatestByteCount: Int64 = 1 << 30
    /// A log of this length has no pages: SQLite file format, section 4.1.
    private static let logHeader: Int64 = 32

    /// Asked before the catalog is opened, with the turn held.
    var isLeft: Bool {
        if (FileIdentity(path: location.path + "-journal")?.byteCount ?? 0) > 0 { return true }
        guard (FileIdentity(path: location.path + "-wal")?.byteCount ?? 0) > Self.logHeader else { return false }
        guard let index = FileIdentity(path: location.path + "-shm") else { return true }
        guard let locks = Self.locks() else { return false }
        return !Self.isLocked(inode: UInt64(bitPattern: index.inode), in: locks)
    }

    /// Whether one of the system's locks, a line each, is on a file with this number: `1: POSIX ADVISORY READ 42
    /// 08:01:131076 128 128` is on 131076 (proc_locks(5)).
    static func isLocked(inode: UInt64, in locks: String) -> Bool {
        locks.split(separator: "\n").contains { line in
            line.split(separator: " ").contains { field in
                let parts = field.split(separator: ":")
                return parts.count == 3 && parts[2] == "\(inode)"
            }
        }
    }

    private static func locks() -> String? {
        guard let file = FileHandle(forReadingAtPath: "/proc/locks") else { return nil }
        defer { file.closeFile() }
        return String(data: file.readDataToEndOfFile(), encoding: .utf8)
    }

    /// Looks the file over.
    /// - Parameter tell: learns that a check was left out.
    /// - Throws: `CatalogError` `failed` for a damaged file.
    func check(_ database: Database, _ tell: (@Sendable (String) -> Void)?) throws {
        let byteCount = FileIdentity(path: location.path)?.byteCount ?? 0
        guard byteCount <= Self.greatestByteCount else {
            tell?(
                "\(location.path) was not closed properly, and is too large to be checked now: 'ingot doctor' does it")
            return
        }
        let faults = try String.fetchAll(database, sql: "PRAGMA quick_check(3)")
        guard faults == ["ok"] else {
            throw CatalogError(
                .failed, "\(location.path) was not closed properly and is damaged: \(faults.joined(separator: "; "))",
                remedy: CatalogError.damageRemedy)
        }
    }
}
