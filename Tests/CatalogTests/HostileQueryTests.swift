import Bytes
import Foundation
import Testing

@testable import Catalog

/// Queries that mean harm: each ends inside its limits, with an error that says which, or with its answer.
@Suite("Hostile queries") struct HostileQueryTests {
    let test: TestCatalog
    let door: SQLDoor

    init() throws {
        test = try TestCatalog()
        _ = try test.catalog.insert(.sample((0..<200).map { "\($0)" }), naming: Naming(try tag("m")))
        var limits = SQLDoor.Limits()
        limits.time = .milliseconds(300)
        limits.rowCount = 1000
        limits.memoryByteCount = nil  // of the whole process; DoorTests bound it in one of their own
        door = try SQLDoor(path: test.folder.catalogPath, limits: limits)
    }

    private func outcome(_ query: String) throws -> (code: SQLDoorError.Code?, isCut: Bool) {
        do {
            return (nil, try door.run(query) { _ in }.isCut)
        } catch let error as SQLDoorError {
            #expect(!error.remedy.isEmpty)
            return (error.code, false)
        }
    }

    private static let many = "(SELECT 1 FROM tensor AS a, tensor AS b)"

    @Test(
        "that would run for years are stopped in time",
        arguments: [
            "SELECT count(*) FROM tensor AS a, tensor AS b, tensor AS c, tensor AS d, tensor AS e",
            "SELECT a.name FROM tensor AS a, tensor AS b, tensor AS c WHERE a.name || b.name || c.name = 'x'",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n + 1 FROM t) SELECT max(n) FROM t",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t ORDER BY -n",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT sum(n) OVER (ORDER BY n) FROM t",
            "SELECT count(*) FROM json_each('[' || (SELECT group_concat(1) FROM \(many)) || ']') AS a, \(many), \(many)",
            "SELECT count(*) FROM tensor AS a, tensor AS b, tensor AS c WHERE a.name LIKE '%' || b.name || '%' || c.name",
            "SELECT (SELECT count(*) FROM artifact_search WHERE artifact_search MATCH 'w*' AND b.id + c.id > 0) "
                + "FROM tensor AS a, tensor AS b, tensor AS c, tensor AS d WHERE a.id < 0 OR d.id < -(b.id + c.id)",
        ])
    func time(query: String) throws { #expect(try outcome(query).code == .timeLimit) }

    @Test(
        "that make long texts are refused",
        arguments: [
            "SELECT zeroblob(1000000000)", "SELECT randomblob(1000000000)", "SELECT hex(zeroblob(16000000))",
            "SELECT replace(hex(zeroblob(4000000)), '0', 'xxxxxxxx')", "SELECT quote(zeroblob(16000000))",
            "WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM t) SELECT length(s) FROM t",
        ])
    func length(query: String) throws { #expect(try outcome(query).code == .memoryLimit) }

    @Test(
        "that grow an answer are stopped by what comes first, time or size",
        arguments: [
            "SELECT json_group_array(hex(zeroblob(4000))) FROM tensor AS a, tensor AS b",
            "SELECT group_concat(hex(randomblob(900))) FROM tensor AS a, tensor AS b",
        ])
    func growth(query: String) throws {
        #expect([.memoryLimit, .timeLimit].contains(try outcome(query).code))
    }

    @Test(
        "that look hostile and compute next to nothing are answered",
        arguments: [
            "SELECT printf('%1000000000d', 1)", "SELECT fts5(1)", "SELECT bm25(artifact_search) FROM artifact_search",
        ])
    func harmless(query: String) throws { #expect(try outcome(query).code == nil) }

    @Test("that give more rows than they may are cut") func rows() throws {
        #expect(try outcome("SELECT * FROM tensor AS a, tensor AS b").isCut)
        #expect(try outcome("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t").isCut)
    }

    static let shapes: [String] = [
        "SELECT " + String(repeating: "(", count: 3000) + "1" + String(repeating: ")", count: 3000),
        "SELECT " + String(repeating: "1+", count: 100_000) + "1",
        "SELECT " + String(repeating: "NOT ", count: 50_000) + "1",
        "SELECT 1" + String(repeating: " UNION ALL SELECT 1", count: 2000),
        "SELECT " + (0..<1000).map { "\($0)" }.joined(separator: ","),
        "SELECT 1 FROM " + (0..<100).map { "tensor AS t\($0)" }.joined(separator: ","),
        "SELECT 1 WHERE 1 = 1 " + String(repeating: "OR 1 = 1 ", count: 100_000),
        "SELECT '" + String(repeating: "x", count: 2 << 20) + "'",
        "SELECT json('" + String(repeating: "[", count: 100_000) + "')",
        "SELECT name LIKE '" + String(repeating: "%a", count: 2000) + "' FROM tensor",
        "SELECT * FROM artifact_search WHERE artifact_search MATCH '" + String(repeating: "(", count: 5000) + "a'",
        "SELECT * FROM artifact_search WHERE artifact_search MATCH '\"'",
        "SELECT * FROM artifact_search WHERE artifact_search MATCH 'nocolumn : x'",
        "SELECT * FROM artifact_search WHERE artifact_search MATCH 'AND OR NOT'",
        "SELECT * FROM artifact_label WHERE artifact_label MATCH 'x'",
        "SELECT regexp('(a+)+$', 'aaaa')",
        "SELECT load_extension('/tmp/x.so')", "SELECT writefile('/tmp/ingot-hostile', 'x')",
        "SELECT readfile('/etc/passwd')", "SELECT edit('x')", "SELECT * FROM generate_series(1, 1e18)",
    ]

    @Test("of unreasonable shape are refused with a reason", arguments: shapes) func shape(query: String) throws {
        let code = try outcome(query).code
        #expect(
            [.query, .refused, .memoryLimit].contains(code),
            "\(query.prefix(80)): \(code.map(\.rawValue) ?? "answered")")
        #expect(!FileManager.default.fileExists(atPath: "/tmp/ingot-hostile"))
    }

    @Test(
        "that would write to the search or look at its inside are refused or harmless",
        arguments: [
            "INSERT INTO artifact_search (artifact_search) VALUES ('rebuild')",
            "INSERT INTO artifact_search (artifact_search) VALUES ('delete-all')", "DELETE FROM artifact_search",
            "INSERT INTO artifact_search (artifact_search, rank) VALUES ('pgsz', 64)",
            "UPDATE artifact_search_data SET block = x'00'", "DROP TABLE artifact_search",
        ])
    func searchWrites(query: String) throws {
        #expect(try outcome(query).code == .refused)
        #expect(try outcome("SELECT count(*) FROM artifact_search WHERE artifact_search MATCH 'weight'").code == nil)
    }

    @Test("a long list of values is answered") func list() throws {
        let list = (0..<100_000).map(String.init).joined(separator: ",")
        #expect(try outcome("SELECT count(*) FROM tensor WHERE id IN (\(list))").code == nil)
    }

    @Test("a search of thousands of words is stopped in time or answered") func longSearch() throws {
        let words = Array(repeating: "w*", count: 40_000).joined(separator: " OR ")
        let code = try outcome("SELECT count(*) FROM artifact_search WHERE artifact_search MATCH '\(words)'").code
        #expect([nil, .timeLimit, .query].contains(code))
    }

    /// SQLite asks nobody while it is inside a function: here `trim` would take minutes. In a process of its own, which
    /// ends as the command line ends itself.
    @Test("a function that does not come back is noticed") func stuck() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let test = try TestCatalog()
            var limits = SQLDoor.Limits()
            limits.time = .milliseconds(100)
            limits.whenStuck = { exit(7) }
            let query = """
                SELECT length(trim(replace(hex(zeroblob(400000)), '0', 'a'), 'b' || replace(hex(zeroblob(200000)), '00', 'cd')
                    || 'a'))
                """
            _ = try SQLDoor(path: test.folder.catalogPath, limits: limits).run(query) { _ in }
        }
    }
}
