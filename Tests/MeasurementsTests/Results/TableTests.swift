import Bytes
import Testing

@testable import Measurements

@Suite("Tables of results") struct TableTests {
    @Test("have one metric a row") func long() throws {
        let text = """
            Task,Metric,Score,Err,N,When
            boolq,acc,0.71,0.01,100,2026-05-01T09:30:00Z
            nq,em,nan,,,0
            """
        let rows = try results(
            text, map: ["task=Task,metric=Metric,value=Score,stderr=Err,n=N", "time=When,tool:=mine"])
        #expect(rows.map(\.task) == ["boolq", "nq"])
        #expect(rows[0].value == 0.71)
        #expect(rows[0].standardError == 0.01)
        #expect(rows[0].sampleCount == 100)
        #expect(rows[0].measuredAt == 1_777_627_800)
        #expect(rows[1].value.isNaN)
        #expect(rows[1].measuredAt == 0)
        #expect(rows.map(\.tool) == ["mine", "mine"])
    }

    @Test("have one metric a column, blanks left out") func wide() throws {
        let text = "model\ttask\tacc\tacc_err\tf1\tshots\nx\ta\t0.5\t0.1\t\t5\nx\tb\t\t\t0.25\t0\n"
        let rows = try results(text, map: ["task=task,value=acc,value=f1,stderr=acc_err,stderr=#4,condition=shots"])
        #expect(rows.map(\.metric) == ["acc", "f1"])
        #expect(rows.map(\.task) == ["a", "b"])
        #expect(rows[0].standardError == 0.1)
        #expect(rows[0].conditions["shots"] == .number(5))
    }

    @Test("are JSON, too, a line or an element each, with members of members") func json() throws {
        let lines = "{\"t\":\"a\",\"s\":{\"acc\":0.5}}\n\n{\"t\":\"b\",\"s\":{\"acc\":Infinity,\"f1\":1}}\n"
        let map = ["task=t,value=s.acc,value=s.f1"]
        let rows = try results(lines, map: map)
        #expect(rows.map(\.metric) == ["s.acc", "s.acc", "s.f1"])
        #expect(rows.map(\.value) == [0.5, .infinity, 1])
        #expect(try results(#"[{"t":"a","s":{"acc":0.5}},{"t":"b","s":{"f1":1}}]"#, map: map).count == 2)
    }

    @Test("need no map when their columns are called as the fields are") func noMap() throws {
        let heading = "\u{FEFF}metric;value;samples;higher_is_better;gpu;cores\r\n"
        let text = heading + "\"loss; eval\";2.5;7;no;\"a \"\"b\"\"\";4\r\n"
        let row = try #require(try results(text).first)
        #expect(row.metric == "loss; eval")
        #expect(row.value == 2.5)
        #expect(row.sampleCount == 7)
        #expect(row.higherIsBetter == false)
        #expect(row.host == MeasuringHost(coreCount: 4, gpu: "a \"b\""))
    }

    @Test("without a map say which columns there are") func unknown() {
        expectRefusal("a,b\n1,2\n", saying: "'a', 'b'", "--map")
        expectRefusal("just a text\n", saying: "no file of results that is known", "lm-eval")
        expectRefusal("", saying: "no file of results that is known")
        expectRefusal("\u{0}\u{1}\u{2}", saying: "no file of results that is known")
    }

    @Test(
        "are refused where a cell is not what its field holds",
        arguments: [
            ("metric,value\nacc,high\n", "line 2: the value 'high' is no number"),
            ("metric,value\nacc,\n", "line 2: the value is missing"),
            ("metric,value\n,1\n", "line 2: the metric is missing"),
            ("metric,value\nacc\n", "line 2: 1 cells below 2 headings"),
            ("metric,value,n\nacc,1,-3\n", "line 2: the number of samples '-3'"),
            ("metric,value,n\nacc,1,1.5\n", "line 2: the number of samples '1.5'"),
            ("metric,value,stderr\nacc,1,-1\n", "line 2: the standard error is -1.0, below 0"),
            ("metric,value,time\nacc,1,yesterday\n", "line 2: the time 'yesterday'"),
            ("metric,value,higher_is_better\nacc,1,maybe\n", "line 2: higher_is_better is 'maybe'"),
            ("metric,value,dataset_digest\nacc,1,ab\n", "line 2: the digest of the dataset is 'ab'"),
            ("metric,value\nacc,\"1\n", "line 2: the quote is not closed"),
            ("metric,value\nacc,\"1\"x\n", "line 2: something follows a closed quote"),
            ("metric,value\n", "holds no measurement"),
        ])
    func badCells(text: String, message: String) { expectRefusal(text, saying: message) }

    @Test("name lines of JSON that are none") func badLines() {
        expectRefusal("{\"metric\":\"a\",\"value\":1}\n{\"metric\":\n", saying: "line 2", "invalid JSON")
        expectRefusal("{\"metric\":\"a\",\"value\":1}\n[1]\n", saying: "line 2", "no JSON object")
    }

    @Test(
        "take no map that makes no sense",
        arguments: [
            ("metric=a", "no value=COLUMN"), ("value", "no FIELD=COLUMN"), ("value=", "names no column"),
            ("size=a,value=b", "no field 'size'"), ("value=a,value=b,stderr=c", "2 value columns and 1 stderr"),
            ("metric=m,value=a,value=b", "a metric column and 2 value columns"), ("value=#0", "no place"),
            ("value=a,task=b,task=c", "'task' stands twice"), ("value:=1", "same value"), ("value=#1x", "no place"),
        ])
    func badMaps(map: String, message: String) {
        let error = #expect(throws: FormatError.self) { try ColumnMap([map]) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("--map") == true)
    }

    @Test("call a metric as the heading of its place") func places() throws {
        #expect(try results("step,acc,\n1,0.5,2\n", map: ["value=#2,value=#3"]).map(\.metric) == ["acc", "value2"])
    }

    @Test("have commas in a map behind a backslash") func escapes() throws {
        let rows = try results("\"a,b\",c\\d\n1,2\n", map: [#"value=a\,b,value=c\d"#])
        #expect(rows.map(\.metric) == ["a,b", "c\\d"])
    }

    @Test("must have the columns of the map") func missing() {
        expectRefusal("a,b\n1,2\n", map: ["value=c"], saying: "no column 'c'", "'a', 'b'")
        expectRefusal(#"{"a":1}"#, map: ["value=b"], saying: "no column 'b'")
        expectRefusal("a,b\n1,2\n", map: ["value=#3"], saying: "no column of that number")
    }

    @Test("with too many columns are refused") func columns() {
        let heading = (0...10_000).map { "c\($0)" }.joined(separator: ",")
        expectRefusal(heading + "\n", map: ["value=c1"], saying: "more than 10000 columns")
    }
}
