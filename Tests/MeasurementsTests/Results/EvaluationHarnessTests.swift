import Bytes
import Testing

@testable import Measurements

@Suite("Results of lm-evaluation-harness") struct EvaluationHarnessTests {
    private func file(_ members: String) -> String { #"{"results":{"t":{"acc,none":0.5}},\#(members)}"# }

    @Test("are read as the harness wrote them, tasks and groups") func fixture() throws {
        let rows = try fixtureResults("lm-eval/results.json")
        #expect(rows.count == 8)
        let sums = try #require(rows.first { $0.task == "ingot_sums" && $0.metric == "acc" })
        #expect(sums.value == 0.475)
        #expect(sums.standardError == 0.07996393417804536)
        #expect(sums.sampleCount == 40)
        #expect(sums.higherIsBetter == true)
        #expect(sums.tool == "lm-evaluation-harness")
        #expect(sums.toolVersion == "0.4.13")
        #expect(sums.dataset == "json")
        #expect(sums.conditions["shots"] == .number(2))
        #expect(sums.conditions["gen_kwargs"] == nil)
        #expect(sums.promptDigest?.hex == "7ec7cad2affd3fc3f092e557a4c8330bed07c55a74d3736c6458c07f8dce4679")
        #expect(
            sums.host
                == MeasuringHost(
                    cpu: "AMD EPYC", coreCount: 2, os: "Debian GNU/Linux 12 (bookworm) (x86_64)"))
        let group = try #require(rows.first { $0.task == "ingot_arithmetic" })
        #expect(group.value == 0.4875)
        #expect(group.sampleCount == 80)
        #expect(group.about["subtasks"]?.arrayValue?.count == 2)
        let perplexity = try #require(rows.first { $0.metric == "word_perplexity" })
        #expect(perplexity.higherIsBetter == false)
        #expect(perplexity.standardError == nil)
    }

    @Test(
        "are dated by the file, to the second",
        arguments: [
            ("0", 0), ("1777627770.9", 1_777_627_770), ("253402300799.9", 253_402_300_799), ("null", nil),
            (#""2026-05-01""#, nil),
        ] as [(String, Int?)])
    func date(value: String, expected: Int?) throws {
        let rows = try results(file(#""date":\#(value)"#))
        #expect(rows.map(\.measuredAt) == [expected])
        #expect(rows.map(\.value) == [0.5])
    }

    @Test("with an impossible date are refused", arguments: ["1e300", "1e400", "-1", "253402300800"])
    func impossible(value: String) { expectRefusal(file(#""date":\#(value)"#), saying: "'date'") }

    @Test("keep NaN and infinities, as words and as text") func specials() throws {
        let rows = try results(#"{"results":{"t":{"a,none":NaN,"b,none":-Infinity,"c,none":"Infinity"}}}"#)
        #expect(rows[0].value.isNaN)
        #expect(rows.dropFirst().map(\.value) == [-.infinity, .infinity])
    }

    @Test("know the filter of an answer, and metrics that a group leaves blank") func filters() throws {
        let text = #"{"results":{"gsm8k":{"alias":"x","exact_match,strict-match":0.1,"acc,none":" "}}}"#
        let rows = try results(text)
        #expect(rows.map(\.metric) == ["exact_match"])
        #expect(rows.first?.conditions["filter"] == .string("strict-match"))
    }

    @Test("keep a hash of a task that is no SHA-256") func otherHash() throws {
        let rows = try results(file(#""task_hashes":{"t":"abc"}"#))
        #expect(rows.first?.promptDigest == nil)
        #expect(rows.first?.conditions["task_hash"] == .string("abc"))
    }

    @Test("are refused when they contradict themselves") func faults() {
        expectRefusal(#"{"results":{"t":{"acc,none":"high"}}}"#, saying: "'acc,none' of task 't'", "no number")
        expectRefusal(#"{"results":{"t":{"acc,none":0.5},"u":3}}"#, saying: "task 'u'", "no object")
        expectRefusal(#"{"results":{"t":{"alias":"t"}}}"#, saying: "no metric")
        expectRefusal(
            #"{"results":{"t":{"acc,none":0.5,"acc_stderr,none":-1}}}"#, saying: "standard error is -1.0, below 0")
        expectRefusal(#"{"a":1}"#, format: "lm-eval", saying: "no object 'results'")
        expectRefusal(#"{"results":{"t":{"acc,none":0.5}}"#, saying: "invalid JSON", "byte 33")
        let name = String(repeating: "n", count: 1_001)
        expectRefusal(#"{"results":{"t":{"\#(name),none":0.5}}}"#, saying: "1001 bytes, at most 1000")
    }

    @Test("tell of GPUs, one or several") func gpus() {
        let one = EnvironmentReport.host("GPU models and configuration: GPU 0: NVIDIA L4\nNvidia driver version: 1")
        #expect(one.gpu == "NVIDIA L4")
        let report = """
            GPU models and configuration: 
            GPU 0: NVIDIA A100-SXM4-80GB
            GPU 1: NVIDIA A100-SXM4-80GB

            Nvidia driver version: 550.54
            """
        #expect(EnvironmentReport.host(report).gpu == "NVIDIA A100-SXM4-80GB, NVIDIA A100-SXM4-80GB")
        #expect(EnvironmentReport.host("nonsense").isUnknown)
    }

    @Test("have samples beside them, which are known and counted") func samples() throws {
        let bytes = try resultFixture("lm-eval/samples_ingot_sums_2026-11-29T21-03-20.568965.jsonl")
        #expect(EvaluationSamples.recognizes(Array(bytes.prefix(EvaluationSamples.startByteCount))))
        #expect(EvaluationSamples.recognizes(Array(bytes.prefix(900))), "a first line that is cut off")
        #expect(!EvaluationSamples.recognizes(try resultFixture("lm-eval/results.json")))
        var counter = EvaluationSamples.Counter()
        counter.take(bytes)
        #expect(counter.count == 2)
        counter.take(Array("\n\n  \n{}".utf8))
        #expect(counter.count == 3)
    }

    @Test(
        "name the task of their samples",
        arguments: [
            ("samples_ingot_sums_2026-11-29T20-31-47.133900.jsonl", "ingot_sums"), ("samples_a_b.jsonl", "a_b"),
            ("samples_mmlu_2.jsonl", "mmlu_2"), ("other.jsonl", nil), ("samples_.jsonl", nil),
        ] as [(String, String?)])
    func taskNames(name: String, task: String?) { #expect(EvaluationSamples.task(ofFileName: name) == task) }
}
