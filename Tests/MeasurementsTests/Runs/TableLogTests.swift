import Bytes
import Foundation
import Testing

@testable import Measurements

@Suite("Logs in columns") struct TableLogTests {
    private func read(_ text: String) throws -> (values: RunValues, rest: Int) {
        try RunValues.reading(Array(text.utf8), with: TableLog())
    }

    @Test("as Lightning writes them leave cells empty") func lightning() throws {
        let values = try read("epoch,step,train_loss,val_loss\n0,49,2.5,\n0,99,,2.25\n1,149,nan,\n").values
        #expect(values.pairs["train_loss"] == [.init(49, 2.5), .init(149, .nan)])
        #expect(values.pairs["val_loss"] == [.init(99, 2.25)])
        #expect(values.pairs["epoch"] == [.init(49, 0), .init(99, 0), .init(149, 1)])
    }

    @Test("may be separated by tabs and semicolons, quoted, and end lines as Windows does")
    func separators() throws {
        #expect(try read("step\tx\r\n1\t2\r\n").values.pairs == ["x": [.init(1, 2)]])
        #expect(try read("\"step\";\"the loss\"\n1;-inf\n").values.pairs == ["the loss": [.init(1, -.infinity)]])
    }

    @Test("have a step by epochs, or by counting") func steps() throws {
        #expect(try read("epoch,x\n3,1\n4,2\n").values.pairs["x"] == [.init(3, 1), .init(4, 2)])
        #expect(try read("x,y\n5,1\n6,2\n").values.pairs["x"] == [.init(0, 5), .init(1, 6)])
    }

    @Test("may be cut off at any byte: whole lines count") func cutOff() throws {
        let text = "step,loss\n1,0.5\n2,0.25\n"
        for end in 0...text.utf8.count {
            let (values, rest) = try read(String(text.prefix(end)))
            #expect(values.count == (end == 23 ? 2 : end >= 16 ? 1 : 0), "at \(end)")
            #expect(rest == (end == 23 ? 0 : end >= 16 ? end - 16 : end >= 10 ? end - 10 : end))
        }
    }

    @Test("may begin with the mark that spreadsheets write, in pieces too", arguments: [1, 2, 5, 1000])
    func mark(pieceByteCount: Int) throws {
        let bytes = Array("\u{FEFF}step,loss\r\n1000,2.5\r\n2000,2.25\r\n".utf8)
        #expect(RunLogKind.recognized(bytes.span) == .csv)
        #expect(try RunLogKind.tellingSteps(bytes.span) == .csv)
        let read = try RunValues.reading(bytes, with: TableLog(), pieceByteCount: pieceByteCount)
        #expect(read.values.pairs == ["loss": [.init(1000, 2.5), .init(2000, 2.25)]])
        #expect(read.rest == 0)
    }

    @Test("have quotes in their headings as they were meant") func quotes() throws {
        let values = try read("step,\"a \"\"b\"\" c\",\"\"\"d\"\"\",e \"\" f\n1,2,3,\" 4 \"\n").values
        #expect(values.metrics == ["a \"b\" c", "\"d\"", "e \"\" f"])
        #expect(values.pairs["e \"\" f"] == [.init(1, 4)])
    }

    @Test(
        "tell of numbers in a notation of people, with line and column, and read the others",
        arguments: [
            ("step;loss;lr\n1;2.5;1\n2;2,5;1\n", "line 3, column 'loss': '2,5'", 3),
            ("step,loss,x\n1,\"1,234.5\",7\n", "line 2, column 'loss': '1,234.5'", 1),
            ("step,gpu,x\n1,50%,1\n2,60%,2\n", "line 2, column 'gpu': '50%'", 2),
            ("step,x,y\n1,a,2\n2,\"2,5\",3\n", "line 3, column 'x': '2,5'", 2),
        ])
    func notations(text: String, note: String, count: Int) throws {
        let values = try read(text).values
        #expect(values.notes.count == 1 && values.notes.first?.hasPrefix(note) == true, "\(values.notes)")
        #expect(values.count == count)
    }

    @Test("leave rows out whose step is a text: the heading again without a word") func otherRows() throws {
        let again = try read("step,loss\n1,2\n2,1.5\nstep,loss\n3,1.2\n").values
        #expect(again.pairs["loss"] == [.init(1, 2), .init(2, 1.5), .init(3, 1.2)] && again.notes.isEmpty)
        let other = try read("step,loss\n1,2\n# resumed,\nmean,1.75\n\"1,000\",7\n2,1.5\n").values
        #expect(other.pairs["loss"] == [.init(1, 2), .init(2, 1.5)])
        #expect(other.notes.count == 1 && other.notes[0].hasPrefix("line 3, column 'step': step '# resumed'"))
    }

    @Test("are known with a separator behind their rows, or behind the heading alone") func trailingSeparators() {
        for text in ["step,loss\n1,2,\n2,3,\n", "step,loss,\n1,2\n2,3\n"] {
            #expect(RunLogKind.recognized(Array(text.utf8).span) == .csv, "\(text)")
        }
        #expect(RunLogKind.recognized(Array("step,loss\n1,2,3\n".utf8).span) == nil)
    }

    @Test("pass over columns of texts, and cells that say that a value is missing") func texts() throws {
        let values = try read("step,run,date,x\n1,a,2024-01-01,NA\n2,\"b, c\",12:30,2\n3,1.2.3,-,None\n").values
        #expect(values.pairs["x"] == [.init(2, 2)] && values.count == 1 && values.notes.isEmpty)
    }

    @Test("tell once of texts in a column of numbers, whichever comes first")
    func mixed() throws {
        let values = try read("step,x,y\n1,2,bad\n2,OOM,3\n3,OOM,4\n").values
        #expect(values.pairs["x"] == [.init(1, 2)] && values.pairs["y"]?.count == 2)
        #expect(
            values.notes.map { $0.prefix(28) } == ["line 3, column 'x': 'OOM' is", "line 2, column 'y': 'bad' is"])
    }

    @Test(
        "know numbers that people write from other texts",
        arguments: [
            ("2,5", true), (",5", true), ("-0,71", true), ("1,234,567", true), ("1.234,5", true), ("1 234", true),
            ("1'234.5", true), ("12 %", true), ("\u{2212}0.5", true), ("1,5e-3", true), ("1_000", true),
            ("0.9,0.95", false), ("1,2,3", false), ("2024-01-01", false), ("12:30", false), ("1.2.3", false),
            ("v1,5", false), ("e", false), ("", false), (",", false), ("12,34,567", false),
        ])
    func localNumbers(text: String, isOne: Bool) { #expect(CellText.isLocalNumber(text) == isOne) }

    @Test("say what to do about a last row without a line feed, and about no rows") func lastRow() throws {
        let cut = try read("step,x\n1,2\n2,0.12")
        #expect(cut.values.count == 1 && cut.rest == 6)
        #expect(cut.values.notes.first?.hasPrefix("line 3 has no line feed") == true)
        #expect(try read("step,x\n").values.notes.first?.hasPrefix("there is no row") == true)
    }

    @Test("are known by their first row with an empty last cell, as Lightning writes it") func emptyLastCell() {
        #expect(RunLogKind.recognized(Array("epoch,step,loss,val\n0,49,2.5,\n".utf8).span) == .csv)
    }

    @Test("are refused in UTF-16, which is named", arguments: [String.Encoding.utf16, .utf16LittleEndian])
    func encoding(_ encoding: String.Encoding) throws {
        let bytes = Array(try #require("step,loss\n1,2.5\n".data(using: encoding)))
        #expect(RunLogKind.recognized(bytes.span) == .csv)
        let error = #expect(throws: FormatError.self) { try RunValues.reading(bytes, with: TableLog()) }
        #expect(error?.problem.contains("UTF-16") == true && error?.remedy.contains("iconv -f UTF-16") == true)
        #expect(throws: FormatError.self) { try RunLogKind.tellingSteps(bytes.span) }
        #expect(throws: FormatError.self) { try ResultDocument(bytes) }
    }

    @Test("tell seconds since the run began, beside moments if there are any") func elapsed() throws {
        let values = try read("step,time_s,loss\n1,0.5,2\n2,1.25,1\n").values
        #expect(values["loss"].map(\.elapsed) == [500, 1250])
        #expect(values["loss"].map(\.moment) == [nil, nil])
        #expect(values.pairs["time_s"] == [.init(1, 0.5), .init(2, 1.25)])
        let both = try read("step,elapsed,timestamp,loss\n1,0.5,1750000000,2\n").values
        #expect(both["loss"].map(\.moment) == [1_750_000_000_000] && both["loss"].map(\.elapsed) == [nil])
        // Seconds that fall are of something else, such as of each epoch.
        let each = try read("epoch,elapsed,loss\n1,30,2\n2,29,1\n3,31,1\n").values
        #expect(each["loss"].map(\.elapsed) == [30_000, nil, nil])
    }

    @Test("are refused when a row has more cells, or a step is no whole number", arguments: ["1,2,3", "1.5,2"])
    func hostile(row: String) {
        #expect(throws: FormatError.self) { _ = try read("step,x\n\(row)\n") }
    }

    @Test("are known by a heading and a row of numbers") func recognition() {
        func kind(_ text: String) -> RunLogKind? { RunLogKind.recognized(Array(text.utf8).span) }
        #expect(kind("step,loss\n1,2\n") == .csv)
        #expect(kind("hello, world\nthis is, a letter\n") == nil)
        #expect(kind("1,2\n3,4\n") == nil)
        #expect(kind("") == nil)
        #expect(kind("{\"a\": 1}\n") == .jsonLines)
        #expect(kind("{\n \"best_metric\": null,\n \"log_history\": []}") == .trainerState)
        #expect(kind("{\"log_history\": [{\"step\": 1}]}") == .trainerState)
    }
}
