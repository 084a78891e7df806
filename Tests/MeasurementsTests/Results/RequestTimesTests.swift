import Bytes
import Testing

@testable import Measurements

/// What benchmarks of serving report, from when tokens came.
@Suite("Times of requests") struct RequestTimesTests {
    /// Sent at 10; tokens at 10.5, 10.6, 10.8 and 11.2.
    @Test("give TTFT, ITL, TPOT and E2E by their definitions") func definitions() throws {
        let arrivals = [10.5, 10.6, 10.8, 11.2]
        let request = try #require(RequestTimes(sent: 10, arrivals: arrivals, promptTokens: 7))
        #expect(request.timeToFirstToken == 0.5)
        #expect(zip(request.gaps, [0.1, 0.2, 0.4]).allSatisfy { abs($0 - $1) < 1e-12 } && request.gaps.count == 3)
        #expect(abs((request.timePerOutputToken ?? 0) - 0.7 / 3) < 1e-12)
        #expect(abs(request.latency - 1.2) < 1e-12)
        #expect(RequestTimes(sent: 0, arrivals: [1], promptTokens: 1)?.timePerOutputToken == nil)
        #expect(RequestTimes(sent: 0, arrivals: [], promptTokens: 1) == nil)
    }

    /// One slow request of one gap and one fast request of nine: the pool has nine fast gaps of ten, TPOT half slow ones.
    @Test("have other means in a pool than a request") func pooled() {
        let slow = RequestTimes(timeToFirstToken: 1, gaps: [1], promptTokens: 10, outputTokens: 2)
        let fast = RequestTimes(
            timeToFirstToken: 0.5, gaps: [Double](repeating: 0.1, count: 9), promptTokens: 20, outputTokens: 10)
        let single = RequestTimes(timeToFirstToken: 0.25, gaps: [], promptTokens: 5, outputTokens: 1)
        let times = ServingTimes([slow, fast, single], wallSeconds: 2)
        let pool = times.samples(.interTokenLatency), each = times.samples(.timePerOutputToken)
        #expect(pool.count == 10 && each.count == 2)
        #expect(abs(pool.reduce(0, +) / 10 - 0.19) < 1e-12)
        #expect(abs(each.reduce(0, +) / 2 - 0.55) < 1e-12)
        #expect(times.samples(.timeToFirstToken) == [1, 0.5, 0.25])
        #expect(times.outputThroughput == 6.5)
        #expect(times.totalThroughput == 24)
    }

    /// The figures are those of NumPy 2's percentile.
    @Test(
        "have percentiles between neighbors in proportion",
        arguments: [(0.0, 0.1), (25, 0.5), (50, 1.5), (90, 6.0), (99, 8.7), (100, 9.0)])
    func percentiles(percent: Double, expected: Double) throws {
        let value = try #require(Percentile.value(of: [0.3, 1.5, 0.7, 9.0, 2.25, 4.0, 0.1], percent))
        #expect(abs(value - expected) < 1e-12)
        #expect(Percentile.value(of: [], percent) == nil)
        #expect(Percentile.value(of: [1], 101) == nil)
    }

    @Test("of a 99th percentile need a hundred samples", arguments: [(99.0, 100), (95, 20), (90, 10), (50, 1), (0, 1)])
    func fewest(percent: Double, count: Int) { #expect(Percentile.fewest(for: percent) == count) }

    /// vLLM's own summary, computed from the same requests.
    @Test("agree with what vLLM computes") func vLLM() throws {
        let document = try ResultDocument(resultFixture("vllm/serve.json"))
        let record = try #require(document.records.first)
        let object = record.object
        let times = try #require(try VLLMRequests.times(of: record, in: document))
        for quantity in ServingTimes.Quantity.allCases {
            let values = times.samples(quantity).map { 1000 * $0 }
            let mean = values.reduce(0, +) / Double(values.count)
            for (name, value) in [
                ("mean", mean), ("median", Percentile.value(of: values, 50)), ("p99", Percentile.value(of: values, 99)),
            ] {
                let theirs = object["\(name)_\(quantity.rawValue)_ms"]?.doubleValue ?? .nan
                #expect(abs((value ?? 0) / theirs - 1) < 1e-9, "\(name) \(quantity)")
            }
        }
        #expect(abs(times.outputThroughput - (object["output_throughput"]?.doubleValue ?? 0)) < 1e-9)
        #expect(abs(times.totalThroughput - (object["total_token_throughput"]?.doubleValue ?? 0)) < 1e-9)
    }

    @Test("tell of how many samples a figure is, and which percentiles are of too few") func samples() throws {
        let rows = try fixtureResults("vllm/serve.json")
        func row(_ metric: String) throws -> MeasuredResult { try #require(rows.first { $0.metric == metric }) }
        #expect(try row("p99_ttft_ms").sampleCount == 12)
        #expect(try row("p99_itl_ms").sampleCount == 60)
        #expect(try row("p99_ttft_ms").about["few_samples"] == .bool(true))
        #expect(try row("p99_ttft_ms").about["percentile_method"] == .string("linear"))
        #expect(try row("p50_ttft_ms").about["few_samples"] == nil)
        #expect(try row("mean_ttft_ms").about["percentile_method"] == nil)
        let spread = 5.616107359427095 / 11.0.squareRoot()
        #expect(abs((try row("mean_ttft_ms").standardError ?? 0) - spread) < 1e-12)
    }

    @Test("fill in what a summary leaves out, and nothing that does not fit together") func missing() throws {
        func text(_ lengths: String) -> String {
            """
            {"request_throughput":1,"total_token_throughput":null,"completed":2,"num_prompts":2,"duration":2,
             "mean_ttft_ms":750,"ttfts":[1,0.5],"itls":[[1],[0.25,0.25]],"input_lens":[4,4],"output_lens":\(lengths)}
            """
        }
        let rows = try results(text("[2,3]"))
        func value(_ metric: String) -> Double? { rows.first { $0.metric == metric }?.value }
        #expect(value("output_throughput") == 2.5 && value("total_token_throughput") == 6.5)
        #expect(value("mean_ttft_ms") == 750 && value("median_ttft_ms") == nil)
        #expect(value("mean_tpot_ms") == 625 && value("mean_itl_ms") == 500 && value("mean_e2el_ms") == 1500)
        #expect(rows.first { $0.metric == "mean_e2el_ms" }?.about["computed_from"] == .string("requests"))
        // One token has no time per output token, so the mean is of one request, and has no error.
        let spread = text("[1,3]").replacing(
            "\"ttfts\":[1", with: "\"mean_tpot_ms\":250,\"std_tpot_ms\":0,\"ttfts\":[1"
        )
        .replacing("\"itls\":[[1]", with: "\"itls\":[[]")
        let tokens = try #require(try results(spread).first { $0.metric == "mean_tpot_ms" })
        #expect(tokens.sampleCount == 1 && tokens.standardError == nil)
        #expect(try results(text("[2]")).map(\.metric).sorted() == ["mean_ttft_ms", "request_throughput"])
        // A request that failed has no tokens.
        #expect(try results(text("[2,0]")).first { $0.metric == "mean_e2el_ms" }?.value == 2000)
    }
}
