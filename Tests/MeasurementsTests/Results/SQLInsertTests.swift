import Bytes
import Testing

@testable import Measurements

@Suite("SQL of llama-bench") struct SQLInsertTests {
    private let good =
        "INSERT INTO llama_bench (n_prompt, n_gen, avg_ts, stddev_ts) VALUES ('512', '0', '10.5', '0.1');"

    @Test("is read as text, with quotes that are doubled and several rows") func reading() throws {
        let text = """
            CREATE TABLE IF NOT EXISTS llama_bench (
              n_prompt INTEGER,
              model_filename TEXT
            );

            insert into llama_bench (n_prompt, n_gen, avg_ts, stddev_ts, model_filename, devices)
            values ('512', '0', '10.5', '0.1', 'it''s; DROP TABLE x.gguf', NULL), (0, 128, nan, 0, 'y', NULL);
            """
        let rows = try results(text)
        #expect(rows.map(\.task) == ["pp512", "tg128"])
        #expect(rows[0].value == 10.5)
        #expect(rows[1].value.isNaN)
        #expect(rows[0].about["model_filename"] == .string("it's; DROP TABLE x.gguf"))
        #expect(rows[0].conditions["devices"] == nil)
    }

    @Test(
        "of any other kind is refused",
        arguments: [
            "DROP TABLE llama_bench;", "SELECT 1;", "ATTACH 'x' AS y;", "INSERT INTO other (a) VALUES ('1');",
            "CREATE TABLE other (a);", "CREATE VIEW llama_bench AS SELECT 1;", "-- comment",
            "INSERT INTO llama_bench (a, b) VALUES ('1');", "INSERT INTO llama_bench (a, a) VALUES ('1', '2');",
            "INSERT INTO llama_bench (a) VALUES ('1;", "INSERT INTO llama_bench (a) VALUES (random());",
            "INSERT INTO llama_bench (a) VALUES ('1') RETURNING a;", "INSERT INTO llama_bench (a) SELECT 1;",
            "INSERT INTO llama_bench VALUES ('1');", "CREATE TABLE llama_bench (a", "INSERT INTO llama_bench (",
        ])
    func hostile(statement: String) {
        expectRefusal("\(good)\n\(statement)", saying: "line 2", "byte")
    }

    @Test("with endless lists or texts is refused") func caps() {
        let list = Array(repeating: "'1'", count: 1_001).joined(separator: ",")
        expectRefusal("\(good)\nINSERT INTO llama_bench (\(list)) VALUES (1);", saying: "more than 1000 values")
        let text = String(repeating: "x", count: 1 << 20 + 1)
        expectRefusal("\(good)\nINSERT INTO llama_bench (a) VALUES ('\(text)');", saying: "more than 1048576 bytes")
    }
}
