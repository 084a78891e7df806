import Bytes
import Foundation
import GRDB
import Measurements
import Testing

@testable import Catalog

/// Databases of MLflow and Trackio, the tools' own and hostile ones.
@Suite("Databases of runs") struct RunDatabaseTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/runs").path

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ path: String) throws -> (run: ForeignRun, values: RunValues, parameters: [RunDraft.Parameter]) {
        let database = try #require(try RunDatabase(path: path))
        let run = try #require(try database.runs().first)
        var values = RunValues()
        try database.read(run, into: &values)
        return (run, values, try database.parameters(of: run))
    }

    /// Metric by metric, `step value`, as the tool's own reader finds them.
    private static func expected(_ name: String) throws -> [String: [String]] {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: fixtures + "/expected.json")))
        guard case .object(let logs) = try JSONValue(parsing: bytes), case .object(let metrics)? = logs[name] else {
            return [:]
        }
        return Dictionary(
            uniqueKeysWithValues: metrics.members.map { key, value in
                guard case .array(let pairs) = value else { return (key, []) }
                return (
                    key,
                    pairs.map { pair in
                        guard case .array(let numbers) = pair, numbers.count == 2, case .number(let step) = numbers[0]
                        else { return "" }
                        return switch numbers[1] {
                        case .number(let text), .string(let text): "\(step) \(Double(text) ?? 0)"
                        default: ""
                        }
                    }
                )
            })
    }

    @Test("hold what the tools' own readers find", arguments: ["mlflow.db", "trackio.db"])
    func golden(name: String) throws {
        let (run, values, parameters) = try read("\(Self.fixtures)/\(name)")
        #expect(run.name == "steady")
        #expect(run.startedAt != nil)
        let expected = try Self.expected(name)
        #expect(!expected.isEmpty && Set(values.metrics) == Set(expected.keys))
        for (metric, wanted) in expected {
            // Trackio's reader sorts by the step's time, MLflow's by nothing; the values at each step are what counts.
            // MLflow's reader leaves an infinity the greatest finite number that its database keeps for it.
            let numbers = wanted.map { $0.replacing("1.7976931348623157e+308", with: "inf") }
            #expect(values[metric].map { "\($0.step) \($0.value)" }.sorted() == numbers.sorted(), "\(metric)")
        }
        #expect(parameters.contains { $0.name == "lr" && $0.value == "0.001" })
    }

    @Test("are left without a trace, byte for byte") func trace() throws {
        let path = folder.path + "/mlflow.db"
        try FileManager.default.copyItem(atPath: Self.fixtures + "/mlflow.db", toPath: path)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        _ = try read(path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["mlflow.db"])
    }

    private func make(_ name: String, _ sql: String) throws -> String {
        let path = folder.path + "/" + name
        try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
        return path
    }

    private static let mlflow = """
        CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
        CREATE TABLE runs (run_uuid TEXT, name TEXT, experiment_id INTEGER, status TEXT, start_time INTEGER,
            end_time INTEGER, lifecycle_stage TEXT);
        CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
        CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
        INSERT INTO runs VALUES ('u', 'r', 1, 'FINISHED', 1, 9223372036854775807, 'active');

        """
    private static let metrics = """
        CREATE TABLE metrics (key TEXT, value REAL, timestamp INTEGER, run_uuid TEXT, step INTEGER, is_nan INTEGER);

        """

    @Test("of MLflow keep NaN and infinities, and odd values do no harm") func nonfinite() throws {
        let path = try make(
            "a.db",
            Self.mlflow + Self.metrics + """
                INSERT INTO metrics VALUES ('x', 0, 1750000000000, 'u', 1, 1), ('x', 1.7976931348623157e308, 0, 'u', 2, 0),
                    ('x', -1.7976931348623157e308, -9223372036854775808, 'u', 3, 0), ('', 1, 1, 'u', 4, 0),
                    (NULL, 1, 1, 'u', 4, 0), ('x', NULL, 1, 'u', 4, 0), ('x', 'text', 1, 'u', 4, 0), ('x', 5, 'y', 'u', 'z', 0)
                """)
        let values = try read(path).values
        #expect(values["x"].map { "\($0.step) \($0.value)" } == ["1 nan", "2 inf", "3 -inf", "0 5.0"])
    }

    @Test("with a view or a virtual table in the place of a table are not taken for runs") func views() throws {
        let view =
            "CREATE VIEW metrics AS SELECT 'x' AS key, randomblob(1000000000) AS value, 1 AS timestamp, 'u' AS run_uuid, 1 AS step, 0 AS is_nan;"
        #expect(try RunDatabase(path: make("view.db", Self.mlflow + view)) == nil)
        let virtual = "CREATE VIRTUAL TABLE metrics USING fts5(key, value, timestamp, run_uuid, step, is_nan);"
        #expect(try RunDatabase(path: make("virtual.db", Self.mlflow + virtual)) == nil)
        #expect(try RunDatabase(path: make("other.db", "CREATE TABLE t (a);")) == nil)
    }

    @Test("of other columns are refused with SQLite's words") func columns() throws {
        let path = try make("a.db", Self.mlflow + "CREATE TABLE metrics (key TEXT, value REAL);")
        let error = #expect(throws: FormatError.self) { _ = try read(path) }
        #expect(error?.file == path && error?.problem.contains("no such column") == true)
    }

    @Test("of Trackio whose rows are no JSON are refused") func json() throws {
        let path = try make(
            "a.db",
            """
            CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name TEXT, config TEXT);
            CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp TEXT, run_name TEXT, step INTEGER, metrics TEXT);
            INSERT INTO metrics VALUES (1, 'x', 'r', 0, '{"a": 1}'), (2, 'x', 'r', 1, '{"a": ');
            """)
        let error = #expect(throws: FormatError.self) { _ = try read(path) }
        #expect(error?.file == path)
    }

    @Test("that are damaged are refused, whatever byte it is", arguments: 0..<UInt64(6)) func damaged(seed: UInt64)
        throws
    {
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: Self.fixtures + "/trackio.db")))
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        for round in 0..<40 {
            var bytes = whole
            for _ in 0..<8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[16 + Int(state >> 33) % (bytes.count - 16)] = UInt8(truncatingIfNeeded: state >> 25)
            }
            if round.isMultiple(of: 4) { bytes = Array(bytes.prefix(Int(state >> 33) % bytes.count)) }
            let path = "\(folder.path)/\(seed)-\(round).db"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            do {
                guard let database = try RunDatabase(path: path) else { continue }
                for run in try database.runs() {
                    var values = RunValues()
                    try database.read(run, into: &values)
                    _ = try database.parameters(of: run)
                }
            } catch let error as FormatError {
                #expect(error.file == path)
            }
        }
    }
}
