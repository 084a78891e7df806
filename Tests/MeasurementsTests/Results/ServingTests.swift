import Bytes
import Testing

@testable import Measurements

@Suite("Benchmarks of servers") struct ServingTests {
    @Test("of GenAI-Perf are rows of metrics and statistics, with the load as a setting") func genAIPerf() throws {
        let rows = try fixtureResults("genai-perf/profile_export_genai_perf.json")
        func row(_ metric: String) throws -> MeasuredResult { try #require(rows.first { $0.metric == metric }) }
        let mean = try row("time_to_first_token")
        #expect(mean.value == 30.78175083333333)
        #expect(mean.unit == "ms" && mean.higherIsBetter == false && mean.sampleCount == 12)
        #expect(abs((mean.standardError ?? 0) - 5.24021906234464 / 11.0.squareRoot()) < 1e-12)
        #expect(mean.conditions["concurrency"] == .number(2))
        #expect(mean.conditions["endpoint"] == .string("chat"))
        #expect(try row("request_latency_p99").value == 80.1622027)
        let speed = try row("output_token_throughput")
        #expect(speed.unit == "tokens/s" && speed.higherIsBetter == true)
        #expect(try row("input_sequence_length").higherIsBetter == nil)
        #expect(!rows.contains { $0.metric.hasSuffix("_std") })
    }

    @Test("of GenAI-Perf as CSV say the same, rounded") func genAIPerfCSV() throws {
        let exact = try fixtureResults("genai-perf/profile_export_genai_perf.json")
        let rows = try fixtureResults("genai-perf/profile_export_genai_perf.csv")
        #expect(rows.count > 80)
        for row in rows {
            let other = try #require(exact.first { $0.metric == row.metric }, "\(row.metric)")
            #expect(abs(row.value - other.value) <= 0.005001, "\(row.metric)")
            #expect(row.higherIsBetter == other.higherIsBetter)
        }
        #expect(rows.contains { $0.metric == "output_token_throughput_per_user_max" && $0.value > 1_000 })
    }

    @Test("of GenAI-Perf are refused when they contradict themselves") func genAIPerfFaults() {
        expectRefusal(
            #"{"a":{"unit":"ms","avg":"x"},"input_config":{}}"#, saying: "'avg' of 'a'", "no number")
        expectRefusal("Metric,avg,min,max,p99\nLatency (ms),1,2\n", saying: "line 2: 3 cells below 5 headings")
        expectRefusal("Metric,avg,min,max,p99\nLatency (ms),1,2,x,4\n", saying: "line 2: 'x' is no number")
    }

    @Test("of GPUs beside GenAI-Perf's are not the model's") func telemetry() throws {
        let text = "Metric,avg,min,max,std\nA (ms),1,1,1,0\n\nMetric,GPU,avg,min,max\nPower (W),0,1,2,3\n"
        #expect(Set(try results(text).map(\.metric)) == ["a", "a_min", "a_max"])
    }

    @Test("of vLLM's serving are throughputs and latencies") func serving() throws {
        let rows = try fixtureResults("vllm/serve.json")
        func row(_ metric: String) throws -> MeasuredResult { try #require(rows.first { $0.metric == metric }) }
        let throughput = try row("output_throughput")
        #expect(throughput.unit == "tokens/s" && throughput.higherIsBetter == true && throughput.sampleCount == 12)
        let latency = try row("mean_ttft_ms")
        #expect(latency.unit == "ms" && latency.higherIsBetter == false && latency.standardError ?? 0 > 0)
        #expect(try row("mean_itl_ms").standardError == nil)
        #expect(try row("p99_e2el_ms").task == "serving")
        #expect(latency.conditions["num_prompts"] == .number(12))
        #expect(latency.about["model_id"] == .string("tiny-llama"))
        #expect(!rows.contains { $0.metric.hasPrefix("std_") || $0.metric == "rtfx" })
        let twice = try fixtureResults("vllm/serve.jsonl")
        #expect(twice.count == 2 * rows.count)
    }

    @Test("of vLLM's other kinds") func others() throws {
        let latency = try fixtureResults("vllm/latency.json")
        #expect(latency.map(\.metric).first == "avg_latency")
        #expect(latency.count == 7)
        #expect(latency.first?.sampleCount == 5)
        #expect(abs((latency.first?.standardError ?? 0) - 0.001435270009) < 1e-9)
        #expect(latency.last?.metric == "p99_latency")
        let throughput = try fixtureResults("vllm/throughput.json")
        #expect(throughput.map(\.unit) == ["requests/s", "tokens/s"])
    }

    @Test("of vLLM are refused when a metric is no number") func faults() {
        let text = #"{"request_throughput":"fast","total_token_throughput":1,"completed":1,"num_prompts":1}"#
        expectRefusal(text, saying: #"'request_throughput' is "fast", no number"#)
    }

    @Test("of optimum-benchmark are rows of targets, with the machine") func optimum() throws {
        let rows = try fixtureResults("optimum-benchmark/benchmark.json")
        let decode = try #require(rows.first { $0.task == "decode" && $0.metric == "latency_mean" })
        #expect(decode.unit == "s" && decode.higherIsBetter == false)
        #expect(decode.sampleCount ?? 0 > 1 && decode.standardError ?? 0 > 0)
        #expect(decode.toolVersion == "0.6.0")
        #expect(decode.host.cpu == "AMD EPYC" && decode.host.coreCount == 2)
        #expect(decode.host.memoryByteCount ?? 0 > 1 << 30)
        #expect(decode.conditions["backend_device"] == .string("cpu"))
        #expect(rows.contains { $0.task == "decode" && $0.metric == "throughput" && $0.unit == "tokens/s" })
        #expect(rows.contains { $0.metric == "max_ram" && $0.unit == "MB" })
        let report = try fixtureResults("optimum-benchmark/benchmark_report.json")
        #expect(report.map(\.metric) == rows.map(\.metric))
        #expect(report.allSatisfy { $0.host.isUnknown })
    }

    @Test("of optimum-benchmark are refused when a quantity is no number") func optimumFaults() {
        let text = #"{"decode":{"latency":{"unit":"s","mean":"x"}}}"#
        expectRefusal(text, saying: "'mean' of latency of 'decode'", "no number")
    }
}
