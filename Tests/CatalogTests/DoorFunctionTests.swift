import Bytes
import Testing

@testable import Catalog

@Suite("Functions of the SQL door") struct DoorFunctionTests {
    let test: TestCatalog
    let door: SQLDoor

    init() throws {
        test = try TestCatalog()
        _ = try test.catalog.insert(.sample(["a", "b"]), naming: Naming(try tag("m")))
        door = try SQLDoor(path: test.folder.catalogPath)
    }

    private func value(_ expression: String) throws -> SQLValue? {
        var found: SQLValue?
        _ = try door.run("SELECT \(expression)") { found = $0[0] }
        return found
    }

    private func message(_ query: String) -> SQLDoorError? {
        do {
            _ = try door.run(query) { _ in }
            return nil
        } catch { return error as? SQLDoorError }
    }

    @Test(
        "human_bytes writes what a person reads",
        arguments: [
            ("0", "0 B"), ("812", "812 B"), ("999", "999 B"), ("1000", "1.0 kB"), ("3249000", "3.2 MB"),
            ("99940000", "99.9 MB"), ("99960000", "100 MB"), ("999499999", "999 MB"), ("999500000", "1.0 GB"),
            ("-1500", "-1.5 kB"), ("145e9", "145 GB"),
        ])
    func humanBytes(number: String, text: String) throws {
        #expect(try value("human_bytes(\(number))") == .text(text))
    }

    @Test("human_bytes of what is no number is NULL", arguments: ["NULL", "'x'", "x'00'"])
    func noBytes(argument: String) throws { #expect(try value("human_bytes(\(argument))") == .null) }

    @Test(
        "percentile lies between neighbors in proportion, and NULL does not count",
        arguments: [
            ("percentile(value, 0)", 1.0), ("percentile(value, 100)", 10), ("percentile(value, 25)", 2.5),
            ("median(value)", 5), ("percentile(value, 75)", 7.5),
        ])
    func percentile(call: String, wanted: Double) throws {
        #expect(try value("\(call) FROM json_each('[10,null,1,2,4,null,3,6,8]') WHERE value IS NOT 3") == .real(wanted))
    }

    @Test("aggregates of nothing are NULL", arguments: ["median(1)", "percentile(1, 9)", "corr(1, 2)"])
    func nothing(call: String) throws {
        #expect(try value("\(call) FROM blob WHERE 0") == .null)
        #expect(try value("\(call.replacing("1", with: "NULL")) FROM blob") == .null)
    }

    @Test("aggregates work by group") func groups() throws {
        var rows: [[SQLValue]] = []
        _ = try door.run(
            "SELECT value % 2 AS odd, median(value) FROM json_each('[1,2,3,4,5,6,7]') GROUP BY odd ORDER BY odd"
        ) { rows.append($0) }
        #expect(rows == [[.integer(0), .real(4)], [.integer(1), .real(4)]])
    }

    @Test("corr is Pearson's") func correlation() throws {
        #expect(try value("corr(value, 3 * value + 1) FROM json_each('[1,2,5,9]')") == .real(1))
        #expect(try value("corr(value, -value) FROM json_each('[1,2,5,9]')") == .real(-1))
        #expect(try value("corr(1, value) FROM json_each('[1,2]')") == .null)
        guard case .real(let found) = try value("corr(value ->> 0, value ->> 1) FROM json_each('[[1,2],[2,1],[3,5]]')")
        else { throw CatalogError(.failed, "no number", remedy: "Look") }
        // By hand: sums of products 3, of squares 2 and 26/3.
        #expect(abs(found - 3 / (2.0 * 26 / 3).squareRoot()) < 1e-14)
    }

    @Test(
        "misused functions are refused in words",
        arguments: [
            "SELECT percentile(1, 101)", "SELECT percentile(1, NULL)", "SELECT percentile('x', 5)",
            "SELECT percentile(value, value) FROM json_each('[1,2]')", "SELECT median(x'01')",
        ])
    func misuse(query: String) {
        #expect(message(query)?.code == .query)
        #expect(message(query)?.description.contains("percentile") == true)
    }

    /// In a process of its own, as the limit is SQLite's for the whole process.
    @Test("percentiles keep to the bound of a query's memory") func memory() async {
        await #expect(processExitsWith: .success) {
            let test = try TestCatalog()
            var limits = SQLDoor.Limits()
            limits.memoryByteCount = 16 << 20
            let door = try SQLDoor(path: test.folder.catalogPath, limits: limits)
            let bomb = "WITH t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 5000000) SELECT median(n) FROM t"
            #expect {
                try door.run(bomb) { _ in }
            } throws: {
                ($0 as? SQLDoorError)?.code == .memoryLimit
            }
            _ = try door.run("SELECT median(1)") { _ in }
        }
    }

    @Test("parameters are values, never SQL") func parameters() throws {
        var rows: [[SQLValue]] = []
        let hostile = SQLValue.text("'; DROP TABLE blob; --")
        let values: [String: SQLValue] = ["a": hostile, "b": .integer(3), "c": .null, "d": .real(0.5)]
        _ = try door.run("SELECT :a, @b, $c, :d, :a", parameters: values) { rows.append($0) }
        #expect(rows == [[hostile, .integer(3), .null, .real(0.5), hostile]])
    }

    @Test("missing, unknown and nameless parameters are told") func wrongParameters() throws {
        func fails(_ query: String, _ values: [String: SQLValue]) -> String {
            do {
                _ = try door.run(query, parameters: values) { _ in }
                return ""
            } catch { return "\(error)" }
        }
        #expect(fails("SELECT :a", [:]).contains("parameter 'a' of the query has no value"))
        #expect(fails("SELECT :a", ["a": .null, "b": .null]).contains("no parameter 'b'. Its parameters are 'a'"))
        #expect(fails("SELECT 1", ["b": .null]).contains("Write :b"))
        #expect(fails("SELECT ?", [:]).contains("Write :name"))
    }

    @Test("a plan says what is read, and runs nothing") func plan() throws {
        let steps = try door.plan(
            of: "SELECT * FROM tensor WHERE artifact_id = :a ORDER BY name", parameters: ["a": .integer(1)])
        #expect(steps.first?.step.contains("tensor_position") == true)
        #expect(steps.contains { $0.step.contains("TEMP B-TREE") })
        #expect(throws: SQLDoorError.self) { try door.plan(of: "DELETE FROM blob") }
        #expect(throws: SQLDoorError.self) { try door.plan(of: "SELECT nothing FROM blob") }
    }

    @Test("every named query says what it answers, and runs", arguments: NamedQuery.all)
    func named(query: NamedQuery) throws {
        #expect(query.meaning.hasSuffix("."))
        #expect(query.sql.hasSuffix(";\n"))
        var values: [String: SQLValue] = [:]
        for parameter in query.parameters {
            #expect(!parameter.meaning.isEmpty)
            values[parameter.name] =
                parameter.defaultValue.map { Int64($0).map(SQLValue.integer) ?? .text($0) } ?? .text("m")
        }
        _ = try door.run(query.sql, parameters: values) { _ in }
    }

    @Test("a query's name that nothing has is answered with one that comes near") func unknownQuery() {
        #expect { _ = try NamedQuery.named("worst-tensor") } throws: { "\($0)".contains("worst-tensors") }
    }
}
