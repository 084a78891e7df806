import Bytes
import Foundation
import GRDB
import Testing

@testable import Catalog

@Suite("Opening a catalog") struct OpeningTests {
    private func code(path: String, _ access: CatalogDatabase.Access) throws -> CatalogError.Code? {
        try catalogError { _ = try CatalogDatabase(path: path, access: access) }?.code
    }

    @Test("where there is none says so when reading") func missing() throws {
        let folder = try TemporaryFolder()
        #expect(try code(path: folder.catalogPath, .readOnly) == .missing)
        #expect(try catalogError { _ = try SQLDoor(path: folder.catalogPath) }?.code == .missing)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    /// A kill -9 in the first milliseconds of a home leaves this: GRDB's own table, and nothing of ours.
    @Test("whose creator died before the first migration is taken up where it stopped") func halfMade() throws {
        let folder = try TemporaryFolder()
        try DatabaseQueue(path: folder.catalogPath).write { database in
            try database.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        #expect(try code(path: folder.catalogPath, .readOnly) == .missing)
        #expect(try code(path: folder.catalogPath, .readWrite) == nil)
        #expect(try code(path: folder.catalogPath, .readOnly) == nil)
    }

    @Test("that is a text file, or another program's database, is refused and left as it was") func foreign() throws {
        let folder = try TemporaryFolder()
        let text = folder.path + "/text"
        try String(repeating: "no database. ", count: 100).write(toFile: text, atomically: true, encoding: .utf8)
        #expect(try code(path: text, .readWrite) == .notACatalog)
        #expect(try code(path: text, .readOnly) == .notACatalog)
        #expect(try catalogError { _ = try SQLDoor(path: text) }?.code == .notACatalog)
        let other = folder.path + "/other"
        try DatabaseQueue(path: other).write { try $0.execute(sql: "CREATE TABLE t (x)") }
        let before = try Data(contentsOf: URL(fileURLWithPath: other))
        #expect(try code(path: other, .readWrite) == .notACatalog)
        #expect(try code(path: other, .readOnly) == .notACatalog)
        #expect(try catalogError { _ = try SQLDoor(path: other) }?.code == .notACatalog)
        #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == before)
    }

    @Test("of a later ingot is refused") func newer() throws {
        let test = try TestCatalog()
        try test.execute("INSERT INTO grdb_migrations VALUES ('v999')")
        #expect(try code(path: test.folder.catalogPath, .readWrite) == .tooNew)
        #expect(try code(path: test.folder.catalogPath, .readOnly) == .tooNew)
    }

    @Test("in a folder that is not there names it") func noFolder() throws {
        #expect(throws: FileError.self) { try CatalogDatabase(path: "/nowhere/at/all/c.sqlite", access: .readWrite) }
    }

    @Test("for reading refuses to write") func readOnly() throws {
        let test = try TestCatalog()
        let reader = try CatalogDatabase(path: test.folder.catalogPath, access: .readOnly)
        #expect(try catalogError { _ = try reader.insert(.sample(["a"])) }?.code == .notWritable)
    }

    @Test("sees what another connection commits, and never waits for it") func concurrent() throws {
        let test = try TestCatalog()
        let reader = try CatalogDatabase(path: test.folder.catalogPath, access: .readOnly)
        try test.catalog.queue.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN IMMEDIATE")
            #expect(try reader.summaries().isEmpty)
            try database.execute(sql: "COMMIT")
        }
        _ = try test.catalog.insert(.sample(["a"]))
        #expect(try reader.summaries().count == 1)
    }

    /// A home on a read-only file system, or of another user: nothing may be created beside the catalog.
    @Test("in a folder that cannot be written works when no log was left") func immutable() throws {
        let test = try TestCatalog()
        _ = try test.catalog.insert(.sample(["a"]), naming: Naming(try tag("m")))
        try test.catalog.queue.close()
        let folder = test.folder.path + "/read only %41?#"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: test.folder.catalogPath, toPath: folder + "/catalog.sqlite")
        let location = CatalogLocation(path: folder + "/catalog.sqlite", folderIsWritable: false)
        #expect(try location.readable().path.hasSuffix("?immutable=1"))
        let reader = try CatalogDatabase(location, access: .readOnly)
        #expect(try reader.summaries().map(\.label) == ["m"])
        var names: [SQLValue] = []
        _ = try SQLDoor(location, limits: .init()).run("SELECT name FROM artifact_summary") { names += $0 }
        #expect(names == [.text("m")])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["catalog.sqlite"])
    }

    @Test("in a folder that cannot be written is refused when a log was left without its index") func leftLog() throws {
        let test = try TestCatalog()
        _ = try test.catalog.insert(.sample(["a"]))
        let copy = test.folder.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: test.folder.catalogPath, toPath: copy)
        try FileManager.default.copyItem(atPath: test.folder.catalogPath + "-wal", toPath: copy + "-wal")
        let location = CatalogLocation(path: copy, folderIsWritable: false)
        #expect(try catalogError { _ = try CatalogDatabase(location, access: .readOnly) }?.code == .notWritable)
        // With the index beside it, the log is read.
        try FileManager.default.copyItem(atPath: test.folder.catalogPath + "-shm", toPath: copy + "-shm")
        #expect(try CatalogDatabase(location, access: .readOnly).summaries().count == 1)
    }

    @Test("by several at once makes one catalog") func race() async throws {
        let folder = try TemporaryFolder()
        try await withThrowingTaskGroup { group in
            for index in 0..<8 {
                group.addTask {
                    let catalog = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
                    _ = try catalog.insert(.sample(["\(index)"]), naming: Naming(try tag("m\(index)")))
                    _ = try catalog.insert(.sample(["shared"]), naming: Naming(try tag("shared")))
                }
            }
            try await group.waitForAll()
        }
        let catalog = try CatalogDatabase(path: folder.catalogPath, access: .readOnly)
        #expect(try catalog.summaries().count == 9)
    }

    @Test("says who is to wait when another process keeps writing") func busy() throws {
        let error = CatalogError(DatabaseError(resultCode: .SQLITE_BUSY), path: "c.sqlite")
        #expect(error.code == .busy)
        #expect(error.description.contains("another ingot is writing"))
        // The real lock, without the five seconds of patience.
        let test = try TestCatalog()
        let other = try CatalogDatabase(path: test.folder.catalogPath, access: .readWrite)
        try other.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 0") }
        try test.catalog.queue.writeWithoutTransaction { database in
            try database.execute(sql: "BEGIN IMMEDIATE")
            #expect(try catalogError { _ = try other.insert(.sample(["a"])) }?.code == .busy)
            #expect(try catalogError { try other.pin([Digest(of: "a")], for: 1) }?.code == .busy)
            try database.execute(sql: "ROLLBACK")
        }
        _ = try other.insert(.sample(["a"]))
    }

    @Test("keeps commits durable, in write-ahead mode") func durability() throws {
        let test = try TestCatalog()
        let job = try test.catalog.beginJob("register", subject: "x")
        try test.catalog.pin([Digest(of: "a")], for: job)
        #expect(try test.text("SELECT journal_mode FROM pragma_journal_mode") == ["wal"])
        #expect(try test.text("SELECT synchronous FROM pragma_synchronous") == ["2"])
        #expect(try test.text("SELECT foreign_keys FROM pragma_foreign_keys") == ["1"])
    }
}
