import Bytes
import Foundation
import GRDB
import Testing

@testable import Catalog

@Suite("SQL door") struct DoorTests {
    let test: TestCatalog
    let door: SQLDoor

    init() throws {
        test = try TestCatalog()
        _ = try test.catalog.insert(.sample(["a", "b"]), naming: Naming(try tag("m")))
        _ = try test.catalog.insert(.quantizedSample(["a", "b"]), naming: Naming(try tag("m:nf4")))
        door = try SQLDoor(path: test.folder.catalogPath)
    }

    private func rows(_ query: String) throws -> [[SQLValue]] {
        var rows: [[SQLValue]] = []
        _ = try door.run(query) { rows.append($0) }
        return rows
    }

    private func error(_ query: String, in door: SQLDoor? = nil) throws -> SQLDoorError? {
        do {
            _ = try (door ?? self.door).run(query) { _ in }
            return nil
        } catch let error as SQLDoorError {
            return error
        }
    }

    @Test("answers with typed values and column names") func answers() throws {
        var names: [String] = []
        var rows: [[SQLValue]] = []
        let query =
            "SELECT 1 AS one, 2.5 AS two, 'x' || char(0) || 'é' AS three, x'00ff' AS four, NULL AS five, '' AS six"
        let outcome = try door.run(query, start: { names = $0 }, row: { rows.append($0) })
        #expect(names == ["one", "two", "three", "four", "five", "six"])
        #expect(rows == [[.integer(1), .real(2.5), .text("x\0é"), .blob([0, 255]), .null, .text("")]])
        #expect(outcome == SQLDoor.Outcome(columns: names, rowCount: 1, isCut: false))
    }

    @Test("waits for a commit that is under way where there is no write-ahead log") func commit() throws {
        let path = test.folder.catalogPath + "-copy"
        try test.catalog.queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let writer = try DatabaseQueue(path: path, configuration: configuration)
        try writer.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        // On a thread of its own: a task may have to wait for other tests for longer than the door waits.
        let commit = Thread {
            Thread.sleep(forTimeInterval: 0.2)
            do { try writer.writeWithoutTransaction { try $0.execute(sql: "COMMIT") } } catch { Issue.record(error) }
        }
        commit.start()
        var found: [[SQLValue]] = []
        _ = try SQLDoor(path: path).run("SELECT count(*) FROM artifact") { found.append($0) }
        #expect(found == [[.integer(2)]])
        while !commit.isFinished { Thread.sleep(forTimeInterval: 0.01) }
    }

    @Test("answers the question that Ingot is for") func mainQuestion() throws {
        let digest = ArtifactDraft.quantizedSample(["a", "b"]).digest
        _ = try test.catalog.add([
            ResultDraft(artifact: digest, task: "heldout", metric: "loss", value: 2.81, measuredAt: .day(0))
        ])
        let found = try rows(
            """
            SELECT a.name, a.tag, a.bits_per_weight, a.rel_rmse, a.stored_bytes, r.value FROM artifact_summary a \
            LEFT JOIN result_summary r ON r.digest = a.digest ORDER BY a.stored_bytes
            """)
        #expect(
            Set(found.map { "\($0)" }) == [
                "\([SQLValue.text("m"), .text("latest"), .real(16), .null, .integer(356), .null])",
                "\([SQLValue.text("m"), .text("nf4"), .real(4.5), .real(0.1), .integer(356), .real(2.81)])",
            ])
    }

    @Test(
        "lets reading pass",
        arguments: [
            "SELECT * FROM artifact_summary",
            "WITH t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 3) SELECT * FROM t",
            "VALUES (1)", "EXPLAIN QUERY PLAN SELECT * FROM blob", "PRAGMA table_info(blob)",
            "SELECT * FROM pragma_table_info('artifact_summary')", "SELECT * FROM sqlite_schema",
            "SELECT value FROM json_each('[1,2]')", "SELECT shape ->> 0 FROM tensor_summary",
            "SELECT 1;", "SELECT 1 ; -- done", "SELECT 1; /* a */ ; ;\n", "-- first\nSELECT 1",
            "SELECT group_concat(name, char(10)) FROM tensor_summary",
            "SELECT row_number() OVER (ORDER BY name) FROM tensor",
        ])
    func reading(query: String) throws { #expect(try rows(query).count > 0) }

    @Test(
        "refuses everything else",
        arguments: [
            "DELETE FROM tensor", "UPDATE model SET name = 'x'", "INSERT INTO removal VALUES ('x')", "DROP TABLE blob",
            "CREATE TABLE t (x)", "CREATE TEMP TABLE t (x)", "CREATE VIEW v AS SELECT 1",
            "CREATE TEMP VIEW v AS SELECT 1",
            "ALTER TABLE blob RENAME TO b", "ATTACH ':memory:' AS x", "ATTACH '/tmp/x' AS x", "DETACH main", "BEGIN",
            "BEGIN IMMEDIATE", "COMMIT", "SAVEPOINT s", "VACUUM", "VACUUM INTO '/tmp/x'", "REINDEX", "ANALYZE",
            "PRAGMA journal_mode", "PRAGMA journal_mode = DELETE", "PRAGMA query_only = OFF",
            "PRAGMA writable_schema = ON",
            "PRAGMA temp_store_directory = '/tmp'", "PRAGMA database_list", "PRAGMA cache_size = 1000000",
            "PRAGMA hard_heap_limit = 0", "PRAGMA wal_checkpoint", "PRAGMA optimize", "PRAGMA user_version = 3",
            "SELECT * FROM pragma_journal_mode", "SELECT load_extension('x')", "SELECT fts3_tokenizer('x')",
            "SELECT fts3_tokenizer('simple', x'00')", "WITH t AS (SELECT 1) DELETE FROM blob",
            "EXPLAIN DELETE FROM blob", "REPLACE INTO removal VALUES ('x')",
            "CREATE VIRTUAL TABLE t USING fts5(x)", "DELETE FROM sqlite_schema",
        ])
    func refusals(query: String) throws {
        let found = try #require(try error(query), "'\(query)' was answered")
        #expect(found.code == .refused || query.contains("sqlite_schema"), "\(found)")
        #expect(try rows("SELECT count(*) FROM artifact") == [[.integer(2)]])
    }

    @Test(
        "refuses functions of SQLite's shell and extensions, were they there",
        arguments: ["readfile", "WriteFile", "edit", "load_extension", "fts3_tokenizer"])
    func functions(name: String) {
        #expect(DoorRules.refusal(of: 31 /* SQLITE_FUNCTION */, nil, name) != nil)
        #expect(DoorRules.refusal(of: 31, nil, "abs") == nil)
    }

    @Test("refuses what a later SQLite may add") func unknownAction() {
        #expect(DoorRules.refusal(of: 9999, nil, nil) != nil)
    }

    @Test("says that it is read-only") func refusalText() throws {
        let text = try #require(try error("DELETE FROM tensor")).description
        #expect(text.contains("read-only"))
        #expect(text.contains("DELETE"))
    }

    @Test(
        "takes one statement",
        arguments: ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE blob", "SELECT 1; nonsense", ";SELECT 1; SELECT 2"])
    func several(query: String) throws {
        let found = try #require(try error(query))
        #expect(found.problem.contains("more than one statement") || query.hasPrefix(";"))
    }

    @Test("wants a query", arguments: ["", "  \n", "-- nothing", "/* nothing */", ";"]) func empty(query: String) throws
    {
        #expect(try error(query)?.problem == "there is no query")
    }

    @Test("refuses a zero byte") func zero() throws {
        #expect(try error("SELECT 1\0; DROP TABLE blob")?.place == .init(byteOffset: 8, in: "SELECT 1"))
    }

    @Test("tells the place and the nearest column or view") func hints() throws {
        let column = try #require(try error("SELECT name,\n  é.rel_rms FROM artifact_summary AS é"))
        #expect(column.place?.line == 2)
        #expect(column.place?.column == 3)
        #expect(column.description.contains("'rel_rmse'"))
        let view = try #require(try error("SELECT * FROM artefact_summary"))
        #expect(view.description.contains("'artifact_summary'"))
        #expect(try error("SELEC 1")?.description.contains("line 1, column 1") == true)
        #expect(try error("SELECT nofunction(1)")?.code == .query)
        // A word in double quotes is a column, never a text.
        #expect(try error("SELECT \"rel_rms\" FROM artifact_summary")?.code == .query)
    }

    private func door(_ change: (inout SQLDoor.Limits) -> Void) throws -> SQLDoor {
        var limits = SQLDoor.Limits()
        limits.memoryByteCount = nil
        change(&limits)
        return try SQLDoor(path: test.folder.catalogPath, limits: limits)
    }

    static let endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t"

    @Test("stops a query that takes too long, and serves the next") func timeLimit() throws {
        let hasty = try door { $0.time = .milliseconds(50) }
        #expect(try error(Self.endless, in: hasty)?.code == .timeLimit)
        #expect(try error("SELECT 1", in: hasty) == nil)
    }

    @Test("stops when it is cancelled") func cancellation() async throws {
        let found = Result { try door.run(Self.endless, isCancelled: { true }) { _ in } }
        #expect(throws: SQLDoorError.self) { try found.get() }
        let path = test.folder.catalogPath
        let task = Task { try SQLDoor(path: path).run(Self.endless) { _ in } }
        task.cancel()
        await #expect { try await task.value } throws: { ($0 as? SQLDoorError)?.code == .cancelled }
    }

    @Test("hands out as many rows as it may, and says when there were more") func rowLimit() throws {
        let narrow = try door { $0.rowCount = 2 }
        func outcome(_ query: String) throws -> SQLDoor.Outcome { try narrow.run(query) { _ in } }
        #expect(try outcome("VALUES (1), (2), (3)") == .init(columns: ["column1"], rowCount: 2, isCut: true))
        #expect(try outcome("VALUES (1), (2)") == .init(columns: ["column1"], rowCount: 2, isCut: false))
    }

    @Test("ends with the reader's error") func readerError() throws {
        #expect(throws: FileError.self) {
            try door.run("VALUES (1), (2)") { _ in throw FileError("write", "x", number: 28) }
        }
    }

    @Test("makes no value longer than it may") func valueLimit() throws {
        let small = try door { $0.valueByteCount = 1 << 16 }
        #expect(try error("SELECT zeroblob(100000)", in: small)?.code == .memoryLimit)
        #expect(
            try error(
                "SELECT group_concat(hex(randomblob(900))) FROM pragma_table_info('artifact'), pragma_table_info('tensor')",
                in: small)?.code == .memoryLimit)
        #expect(try error("SELECT length(zeroblob(60000))", in: small) == nil)
    }

    /// In a process of its own, as the limit is SQLite's for the whole process.
    @Test("takes no more memory than it may") func memoryLimit() async {
        await #expect(processExitsWith: .success) {
            let test = try TestCatalog()
            var limits = SQLDoor.Limits()
            limits.memoryByteCount = 64 << 20
            let door = try SQLDoor(path: test.folder.catalogPath, limits: limits)
            let columns = (0..<40).map { "randomblob(2000000) AS c\($0)" }.joined(separator: ", ")
            #expect { try door.run("SELECT \(columns)") { _ in } } throws: {
                ($0 as? SQLDoorError)?.code == .memoryLimit
            }
            // A sort of 120 MB goes through files.
            let sort = """
                WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 60000)
                SELECT length(h) FROM (SELECT hex(randomblob(1000)) AS h FROM t ORDER BY h)
                """
            var count = 0
            _ = try door.run(sort) { _ in count += 1 }
            #expect(count == 60_000)
        }
    }

    /// In a process of its own, where no other test's query is bounded.
    @Test("bounds memory for as long as it is asked, and not afterwards") func memoryBound() async {
        await #expect(processExitsWith: .success) {
            let test = try TestCatalog()
            func bound() throws -> Int? {
                try test.catalog.queue.read { try Int.fetchOne($0, sql: "PRAGMA hard_heap_limit") }
            }
            let soft = try test.catalog.queue.read { try Int.fetchOne($0, sql: "PRAGMA soft_heap_limit = 1073741824") }
            let door = try SQLDoor(path: test.folder.catalogPath)
            #expect(try bound() == 0)
            var within: Int?
            _ = try door.run("SELECT 1") { _ in within = try bound() }
            #expect(try #require(within) > 256 << 20)
            #expect(try bound() == 0)
            #expect(throws: SQLDoorError.self) { try door.run("SELECT nothing") { _ in } }
            #expect(try bound() == 0)
            #expect(soft == 1 << 30)
            #expect(try test.catalog.queue.read { try Int.fetchOne($0, sql: "PRAGMA soft_heap_limit") } == soft)
        }
    }

    @Test("sees what is committed while it is open") func freshness() throws {
        #expect(try rows("SELECT count(*) FROM artifact_summary") == [[.integer(2)]])
        _ = try test.catalog.insert(.sample(["c"]))
        #expect(try rows("SELECT count(*) FROM artifact_summary") == [[.integer(3)]])
    }
}
