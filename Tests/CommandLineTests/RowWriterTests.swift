import Bytes
import Testing

@testable import CommandLine

@Suite("Row writer") struct RowWriterTests {
    private func printed(_ style: RowStyle, _ columns: [String], _ rows: [[Cell]]) throws -> String {
        var bytes: [UInt8] = []
        let output = TextOutput { span in
            for index in span.indices { bytes.append(span[index]) }
        }
        var writer = RowWriter(style: style, output: output)
        try writer.start(columns)
        for row in rows { try writer.add(row) }
        try writer.finish()
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let rows: [[Cell]] = [
        [.text("模型"), .integer(7), .null], [.text("a|b\n\u{1B}[1m"), .integer(1_234), .real(0.5)],
    ]

    @Test("aligns a table's numbers on the right and escapes controls") func table() throws {
        #expect(
            try printed(.table, ["name", "count", "share"], Self.rows) == """
                name            count  share
                ──────────────  ─────  ─────
                模型                7
                a|b\\n\\u{1b}[1m   1234    0.5

                """)
    }

    @Test("puts columns for which a terminal has no room below, with the first again") func bands() throws {
        func lines(_ width: Int?, rows: Int = 1) throws -> [String] {
            let columns = (0..<4).map { "column \($0)" }
            let row: [Cell] = [.text("name"), .integer(1), .integer(2), .integer(3)]
            let style = TerminalStyle(isOn: false, width: width)
            return try TextTable.lines(columns, Array(repeating: row, count: rows), style)
        }
        #expect(try lines(nil) == lines(38) && lines(38).count == 3)
        #expect(
            try lines(37) == [
                "column 0  column 1  column 2", "────────  ────────  ────────", "name             1         2", "",
                "column 0  column 3", "────────  ────────", "name             3",
            ])
        // Never less than one column beside the first; more rows than are held back stay together.
        #expect(try lines(3).count == 3 * 3 + 2)
        #expect(try lines(37, rows: 1_500).count == 1_502)
    }

    @Test("prints a table's headings when there are no rows") func emptyTable() throws {
        #expect(try printed(.table, ["a", "b"], []) == "a  b\n─  ─\n")
    }

    @Test("cuts long texts in a table, and nowhere else") func longText() throws {
        let long = String(repeating: "x", count: 300)
        let table = try printed(.table, ["a"], [[.text(long)]])
        #expect(table.split(separator: "\n").last == "\(String(repeating: "x", count: TextTable.cellLimit - 1))…")
        #expect(try printed(.csv, ["a"], [[.text(long)]]) == "a\n\(long)\n")
    }

    @Test("goes on with a table's rows after the first thousand") func longTable() throws {
        let lines = try printed(.table, ["n"], (0..<2_500).map { [.integer($0)] }).split(separator: "\n")
        #expect(lines.count == 2_502)
        #expect(lines.last == "2499")
        #expect(lines[2] == "  0")
    }

    @Test("escapes what ends a Markdown cell") func markdown() throws {
        #expect(
            try printed(.markdown, ["name", "n"], [[.text("a|b*"), .integer(1)]]) == """
                | name   | n |
                | ------ | -:|
                | a\\|b\\* | 1 |

                """)
    }

    @Test("quotes CSV fields as RFC 4180 asks, and tells null from an empty text") func csv() throws {
        let cells: [Cell] = [.text("a,b"), .text("say \"hi\""), .text("two\nlines"), .text(""), .null, .text(" x")]
        #expect(
            try printed(.csv, ["a", "b", "c", "d", "e", "f"], [cells])
                == "a,b,c,d,e,f\n\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"\",,\" x\"\n")
    }

    @Test("prints one JSON array, whatever the number of rows", arguments: [0, 1, 3]) func json(count: Int) throws {
        let text = try printed(.json, ["n"], (0..<count).map { [.integer($0)] })
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(value == .array((0..<count).map { .object(JSONObject([("n", .number($0))])) }))
        #expect(text.hasSuffix("]\n"))
    }

    @Test("prints one object a line in jsonl, with columns in the query's order") func jsonLines() throws {
        let rows: [[Cell]] = [[.text("b"), .null], [.blob([0, 255]), .real(.infinity)]]
        #expect(try printed(.jsonl, ["z", "a"], rows) == "{\"z\":\"b\",\"a\":null}\n{\"z\":\"00ff\",\"a\":null}\n")
    }

    @Test("escapes terminal controls in JSON so that readers undo it") func jsonControls() throws {
        let text = try printed(.jsonl, ["a"], [[.text("\u{1B}\u{9B}\u{202E}\u{7F}é")]])
        #expect(text == "{\"a\":\"\\u001b\\u009b\\u202e\\u007fé\"}\n")
    }

    @Test("tells equal column names apart") func distinctColumns() {
        #expect(RowWriter.distinct(["a", "b", "a", "a_2", "a"]) == ["a", "b", "a_3", "a_2", "a_4"])
    }
}
