import Bytes
import Testing

@testable import Measurements

@Suite("Files of results") struct ResultDocumentTests {
    static let files: [(name: String, format: String)] = [
        ("lm-eval/results.json", "lm-eval"), ("llama-bench/bench.json", "llama-bench-json"),
        ("llama-bench/bench.jsonl", "llama-bench-json"), ("llama-bench/bench.csv", "llama-bench-csv"),
        ("llama-bench/bench.md", "llama-bench-md"), ("llama-bench/bench.sql", "llama-bench-sql"),
        ("llama-perplexity/perplexity.log", "llama-perplexity"),
        ("llama-perplexity/kl-divergence.log", "llama-perplexity"),
        ("vllm/serve.json", "vllm-serve"), ("vllm/serve.jsonl", "vllm-serve"),
        ("vllm/throughput.json", "vllm-throughput"), ("vllm/latency.json", "vllm-latency"),
        ("genai-perf/profile_export_genai_perf.json", "genai-perf-json"),
        ("genai-perf/profile_export_genai_perf.csv", "genai-perf-csv"),
        ("optimum-benchmark/benchmark.json", "optimum-benchmark"),
        ("optimum-benchmark/benchmark_report.json", "optimum-benchmark"),
    ]

    @Test("names text that is not UTF-8") func encoding() {
        for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]] {
            let error = #expect(throws: FormatError.self) { try ResultDocument(mark + Array("a\0b\0".utf8)) }
            #expect(error?.problem.contains("UTF-16") == true)
        }
    }

    @Test(
        "are each recognized as what they are, and as nothing else",
        arguments: files)
    func recognition(file: String, format: String) throws {
        let document = try ResultDocument(resultFixture(file))
        #expect(ResultFormats.all.filter { $0.recognizes(document) }.map { $0.name } == [format])
        let results = try ResultFormats.results(in: document)
        #expect(!results.isEmpty)
        #expect(results == (try ResultFormats.results(in: document, format: format)))
        for result in results {
            #expect(result.tool != nil && result.task != nil, "\(result)")
            #expect(result.extra.map { $0.utf8.count < 4_000 } ?? true)
        }
    }

    @Test("are refused as a format that they are not", arguments: ResultFormats.all.map { $0.name })
    func otherFormat(format: String) {
        for text in ["", "nonsense", "{}", "[]", "[1]", "{\"results\":", "a,b\n1,2\n"] {
            expectRefusal(text, format: format)
        }
    }

    @Test("pass over what stands for each request") func bulk() throws {
        let document = try ResultDocument(Array(#"{"itls":[[1,2],[3]],"ttfts":[1],"a":1}"#.utf8))
        #expect(document.json == .object(JSONObject([("a", .number(1))])))
    }

    @Test("of an unknown format say which there are") func unknown() {
        expectRefusal("x", format: "mlperf", saying: "'mlperf'", "lm-eval", "table")
    }

    @Test("must not be deep, and say where they end") func hostile() {
        expectRefusal(String(repeating: "[", count: 1_000), saying: "more than 64 levels")
        expectRefusal(#"{"a":1,"a":2}"#, saying: "'a' appears twice")
        expectRefusal(#"{"a":"#, saying: "invalid JSON", "byte 5")
    }

    /// Each file with some bytes changed, cut out or cut off: whatever it then is, it is read or refused.
    @Test("that are damaged are read or refused", arguments: 0..<4)
    func damage(seed: Int) throws {
        for file in Self.files {
            let bytes = try resultFixture(file.name)
            for round in 0..<4 {
                let damaged = Self.damaged(bytes, seed: UInt64(seed * 4 + round))
                #expect(Self.isHandled(damaged, file.format), "\(file.name), seed \(seed), round \(round)")
            }
        }
    }

    private static func damaged(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] = Array("\"{}[],:'|-9e\n%".utf8).randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(place..<min(place + 40, bytes.count))
            default: bytes.removeSubrange(place...)
            }
        }
        return bytes
    }

    /// Whether it is read into results with names or refused with a remedy: as what it seems to be, as what it was, and as
    /// a table.
    private static func isHandled(_ bytes: [UInt8], _ format: String) -> Bool {
        [nil, format, ResultFormats.table].allSatisfy { format in
            do throws(FormatError) {
                let results = try ResultFormats.results(in: ResultDocument(bytes), format: format)
                return results.allSatisfy { !$0.metric.isEmpty }
            } catch {
                return !error.remedy.isEmpty
            }
        }
    }
}
