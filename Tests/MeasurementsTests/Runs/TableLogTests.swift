import Bytes
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
