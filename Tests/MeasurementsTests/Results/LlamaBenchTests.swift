import Bytes
import Testing

@testable import Measurements

@Suite("Results of llama-bench") struct LlamaBenchTests {
    private static let tests = ["pp32", "tg16", "pp32+tg16", "pp32 @ d64", "tg16 @ d64", "pp32+tg16 @ d64"]

    @Test("are the same tests in all five outputs", arguments: ["json", "jsonl", "csv", "md", "sql"])
    func outputs(form: String) throws {
        let rows = try fixtureResults("llama-bench/bench.\(form)")
        #expect(rows.map(\.task) == Self.tests)
        for row in rows {
            #expect(row.metric == "tokens_per_second")
            #expect(row.unit == "tokens/s")
            #expect(row.higherIsBetter == true)
            #expect(row.tool == "llama-bench")
            #expect(row.toolVersion == "b1 (0c1e570)")
            #expect(row.conditions["n_threads"] == .number(2))
            #expect(row.conditions["backends"] == .string("CPU"))
            #expect(row.about["model_type"] == .string("llama ?B Q8_0"))
        }
    }

    @Test("tell time, processor and settings, and not the model as a setting") func details() throws {
        for form in ["json", "jsonl", "csv", "sql"] {
            let row = try #require(try fixtureResults("llama-bench/bench.\(form)").first)
            #expect(row.host == MeasuringHost(cpu: "AMD EPYC"))
            #expect(row.measuredAt ?? 0 > 1_790_000_000)
            #expect(row.conditions["type_k"] == .string("f16"))
            #expect(row.conditions["n_gpu_layers"] == .number(-1))
            #expect(row.conditions["model_filename"] == nil && row.conditions["avg_ns"] == nil)
            #expect(row.about["model_filename"] == .string("tiny-llama-q8_0.gguf"))
        }
    }

    @Test("have the error of their repetitions where these are listed") func errors() throws {
        let row = try #require(try fixtureResults("llama-bench/bench.json").first)
        #expect(row.sampleCount == 3)
        #expect(row.value == 4043.804926)
        // The spread over three repetitions is 6955.107739, which the tool says itself.
        #expect(abs((row.standardError ?? 0) - 6955.107739 / 3.0.squareRoot()) < 0.05)
        let other = try #require(try fixtureResults("llama-bench/bench.csv").first)
        #expect(other.standardError == nil && other.sampleCount == nil)
        #expect(other.about["stddev"] == .number("0.591976"))
        let table = try #require(try fixtureResults("llama-bench/bench.md").first)
        #expect(table.value == 23.59)
        #expect(table.about["stddev"] == .number("2.58"))
    }

    private func record(_ members: String) -> String {
        #"{"n_prompt":1,"n_gen":0,"avg_ts":1,"stddev_ts":0,"# + members + "}"
    }

    @Test("are refused when they contradict themselves") func faults() {
        expectRefusal(record(#""test_time":"yesterday""#), saying: "'test_time' is 'yesterday'")
        expectRefusal(
            record(#""a":1"#) + "\n" + record(#""n_depth":-5"#), saying: "line 2: 'n_depth' is -5", "byte 56")
        expectRefusal(
            #"[{"n_prompt":0,"n_gen":0,"avg_ts":1,"stddev_ts":0}]"#, saying: "element 1",
            "neither 'n_prompt' nor 'n_gen'")
        expectRefusal(
            #"[{"n_prompt":1,"n_gen":0,"avg_ts":"fast","stddev_ts":0}]"#, saying: #"'avg_ts' is "fast""#)
        expectRefusal(
            #"[{"n_prompt":9e300,"n_gen":9e300,"avg_ts":1,"stddev_ts":0}]"#, saying: "no number of tokens")
        expectRefusal("n_prompt,n_gen,avg_ts,stddev_ts\n1,0,2\n", saying: "line 2: 3 cells below 4 headings")
        let heading = "| model | test | t/s |\n| --- | --- | --: |\n"
        expectRefusal(heading + "| x | pp1 | fast |\n", saying: "line 3: 'fast' is no speed")
        expectRefusal(heading + "| x | pp1 | 1 ± x |\n", saying: "line 3: '1 ± x' is no speed")
        expectRefusal(heading + "| x | pp1 |\n", saying: "line 3: 2 cells below 3 headings")
        expectRefusal(heading + "| x |  | 1 ± 0 |\n", saying: "line 3: the row names no test")
        expectRefusal(heading, saying: "holds no measurement")
    }
}
