import Bytes
import Foundation
import GRDB
import Testing

@testable import Catalog

@Suite("After an unclean end") struct UncleanEndTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A copy of a catalog as a killed process leaves it: the last changes lie in the log, and nobody holds a lock.
    private func killed() throws -> String {
        let test = try TestCatalog()
        for index in 0..<20 { _ = try test.catalog.insert(.sample((0..<40).map { "\(index) \($0)" })) }
        try test.catalog.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        _ = try test.catalog.insert(.sample(["last"]), naming: Naming(try tag("last")))
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: test.folder.catalogPath + suffix, toPath: folder.catalogPath + suffix)
        }
        return folder.catalogPath
    }

    /// Overwrites half of a page that belongs to the tensors.
    private func damage(_ path: String) throws {
        let copy = path + ".look"
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let page = try DatabaseQueue(path: copy).read { database in
            try Int.fetchOne(
                database, sql: "SELECT pageno FROM dbstat WHERE name = 'tensor' AND pagetype = 'leaf' LIMIT 1")
        }
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.seek(toOffset: UInt64((try #require(page) - 1) * 4096))
        try handle.write(contentsOf: Data(repeating: 0xFF, count: 2048))
        try handle.close()
    }

    @Test("a sound catalog opens, with what was committed") func sound() throws {
        let path = try killed()
        #expect(UncleanEnd(location: CatalogLocation(path: path)).isLeft)
        let catalog = try CatalogDatabase(path: path, access: .readWrite)
        #expect(try catalog.find(try name("last")) != nil)
        #expect(!UncleanEnd(location: CatalogLocation(path: path)).isLeft)
    }

    @Test("a damaged page is found before anything is written, with what mends it") func damaged() throws {
        let path = try killed()
        try damage(path)
        let error = try #require(try catalogError { _ = try CatalogDatabase(path: path, access: .readWrite) })
        #expect(error.code == .failed)
        #expect(error.description.contains("ingot repair --catalog"))
        #expect(error.description.contains("ingot backup --restore"))
    }

    @Test("only such an end is looked at: a clean one costs nothing") func clean() throws {
        let path = try killed()
        try DatabaseQueue(path: path).close()  // recovers the log and removes it
        try damage(path)
        #expect(!UncleanEnd(location: CatalogLocation(path: path)).isLeft)
        _ = try CatalogDatabase(path: path, access: .readWrite)
    }

    @Test("a log that somebody uses is no such end") func inUse() throws {
        let test = try TestCatalog()
        _ = try test.catalog.insert(.sample(["a"]))
        #expect(FileIdentity(path: test.folder.catalogPath + "-wal")?.byteCount ?? 0 > 32)
        #expect(!UncleanEnd(location: CatalogLocation(path: test.folder.catalogPath)).isLeft)
    }

    @Test("locks are read as the system lists them") func locks() {
        let locks = """
            1: POSIX  ADVISORY  READ 1034 fe:00:131076 128 128
            2: FLOCK  ADVISORY  WRITE 9 00:1f:77 0 EOF
            2: -> FLOCK  ADVISORY  WRITE 11 00:1f:77 0 EOF
            """
        #expect(UncleanEnd.isLocked(inode: 131_076, in: locks))
        #expect(UncleanEnd.isLocked(inode: 77, in: locks))
        #expect(!UncleanEnd.isLocked(inode: 128, in: locks))
        #expect(!UncleanEnd.isLocked(inode: 31_076, in: locks))
    }
}
