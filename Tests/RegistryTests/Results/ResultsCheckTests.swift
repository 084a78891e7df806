import Bytes
import Catalog
import Measurements
import Testing

@testable import Registry

@Suite("A check of results") struct ResultsCheckTests {
    private func result(
        _ value: Double, _ metric: String = "acc", task: String? = "boolq", day: Int = 0, error: Double? = nil,
        count: Int? = nil, higherIsBetter: Bool? = nil, unit: String? = nil, extra: String? = nil
    ) -> ResultDraft {
        ResultDraft(
            artifact: Digest(of: "x"), task: task, metric: metric, value: value, unit: unit,
            higherIsBetter: higherIsBetter, standardError: error, sampleCount: count, tool: "lm-eval",
            measuredAt: Timestamp(secondsSince1970: day * 86_400), extra: extra)
    }

    private func check(
        _ own: [ResultDraft], against other: [ResultDraft], _ amount: Double, _ metric: String = "acc",
        unit: ResultsCheckRequest.Limit.Unit = .own, prepare: (inout ResultsCheckRequest) -> Void = { _ in }
    ) throws -> ResultsCheck {
        var request = ResultsCheckRequest(
            name: "a", against: "b", limits: [.init(metric: metric, amount: amount, unit: unit)])
        prepare(&request)
        var check = ResultsCheck(request: request, labels: (own: "a", other: "b"), own: own, other: other)
        try check.apply(request.limits[0])
        return check
    }

    @Test("passes within the limit and fails beyond it, when that is no chance") func limits() throws {
        for (value, passes) in [(0.70, true), (0.695, true), (0.68, false), (0.72, true)] {
            let row = try check([result(value, error: 0.001)], against: [result(0.7, error: 0.001)], 0.01).rows[0]
            #expect(row.passed == passes, "\(value)")
            #expect(row.finding == (value == 0.7 ? "no difference" : value > 0.7 ? "better" : "worse"))
            #expect(row.allowed == 0.01)
        }
    }

    @Test("says no difference when a drop may be chance, and fails only when strict") func chance() throws {
        let (own, other) = ([result(0.60, error: 0.02)], [result(0.63, error: 0.02)])
        let row = try check(own, against: other, 0.01).rows[0]
        #expect(row.finding == "no difference")
        #expect(row.passed)
        #expect(row.reason?.contains("--strict") == true)
        #expect(abs((row.z ?? 0) - 1.0606601717798212) < 1e-9)
        #expect(abs((row.p ?? 0) - 0.2888443663) < 1e-9)
        #expect(abs((row.dropHigh ?? 0) - 0.0854361) < 1e-6)
        let strict = try check(own, against: other, 0.01) { $0.isStrict = true }.rows[0]
        #expect(!strict.passed)
        #expect(strict.finding == "no difference")
    }

    @Test("fails at a drop whose chance nobody knows") func noError() throws {
        let row = try check([result(2.9, "loss")], against: [result(2.8, "loss")], 0.05, "loss").rows[0]
        #expect(!row.passed && row.finding == "worse" && row.z == nil && row.p == nil)
    }

    @Test("takes the error of a share from the number of samples") func binomial() throws {
        let row = try check([result(0.5, count: 100)], against: [result(1, count: 100)], 0.01).rows[0]
        let own = (0.5 * 0.5 / 104).squareRoot()
        let other = (102.0 / 104 * 2 / 104 / 104).squareRoot()
        #expect(abs((row.stderr ?? 0) - (own * own + other * other).squareRoot()) < 1e-12)
        let percent = try check(
            [result(50, count: 100, unit: "%")], against: [result(100, count: 100, unit: "%")], 1
        ).rows[0]
        #expect(abs((percent.stderr ?? 0) - 100 * (row.stderr ?? 0)) < 1e-9)
        let f1 = try check([result(0.5, "f1", count: 100)], against: [result(1, "f1", count: 100)], 1, "f1").rows[0]
        #expect(f1.stderr == nil, "an F1 score is no share of the samples")
    }

    @Test("counts a limit of 1 or more on a share in points of a hundred, and says so below") func shares() throws {
        let own = [result(0.685, error: 0.0001)]
        let other = [result(0.7, error: 0.0001)]
        #expect(try check(own, against: other, 1).rows[0].allowed == 0.01)
        #expect(try !check(own, against: other, 1).rows[0].passed)
        #expect(try check(own, against: other, 2).rows[0].passed)
        #expect(try check(own, against: other, 0.5).notes.first?.contains("0.5pp") == true)
        #expect(try check(own, against: other, 0.5, unit: .points).rows[0].allowed == 0.005)
        #expect(try check(own, against: other, 1e300).rows[0].passed)
        #expect(try check([result(7)], against: [result(9)], 1e300).rows[0].allowed == 1e300)
        let percent = try check(own, against: other, 10, unit: .percent).rows[0].allowed ?? 0
        #expect(abs(percent - 0.07) < 1e-12)
    }

    @Test("counts a rise as a drop where less is better") func lower() throws {
        let own = [result(7.2, "ppl", error: 0.01)]
        let other = [result(7.0, "ppl", error: 0.01)]
        #expect(try !check(own, against: other, 1, "ppl", unit: .percent).rows[0].passed)
        #expect(try check(own, against: other, 3, "ppl", unit: .percent).rows[0].passed)
        #expect(try check(other, against: own, 0, "ppl").rows[0].passed)
        let told = [result(7.2, "ppl", error: 0.01, higherIsBetter: true)]
        #expect(try check(told, against: other, 0, "ppl").rows[0].passed)
        #expect(try !check(told, against: other, 0, "ppl") { $0.lowerIsBetter = ["ppl"] }.rows[0].passed)
    }

    @Test("asks which way is better when nothing tells") func direction() throws {
        let results = [result(1, "zeal")]
        #expect {
            try check(results, against: results, 0, "zeal")
        } throws: { "\($0)".contains("--higher-is-better zeal") }
        #expect(try check(results, against: results, 0, "zeal") { $0.higherIsBetter = ["zeal"] }.rows[0].passed)
    }

    @Test("fails when a result is missing on either side, and names it") func missing() throws {
        let some = [result(0.5)]
        for (own, other, name) in [(some, [], "b has no result"), ([], some, "a has no result"), ([], [], "neither")] {
            let row = try check(own, against: other, 1).rows[0]
            #expect(!row.passed && row.finding == "missing")
            #expect(row.reason?.contains(name) == true, "\(row.reason ?? "")")
        }
        let rows = try check(some, against: some, 1) { $0.tasks = ["boolq", "nq"] }.rows
        #expect(rows.map(\.passed).sorted { $0 && !$1 } == [true, false])
        #expect(rows.contains { $0.reason?.contains("'nq'") == true })
    }

    @Test(
        "fails when both were measured otherwise, and says how",
        arguments: [
            (#"{"shots":5}"#, #"{"shots":0}"#, "shots 5 against 0"),
            (#"{"task_version":2}"#, #"{"task_version":1}"#, "task_version 2 against 1"),
            (#"{"filter":"strict"}"#, nil, "filter strict against none"),
            (#"{"n_ctx":512}"#, #"{"n_ctx":2048}"#, "n_ctx 512 against 2048"),
        ] as [(String, String?, String)])
    func otherwise(own: String, other: String?, message: String) throws {
        let row = try check([result(0.5, extra: own)], against: [result(0.5, extra: other)], 1).rows[0]
        #expect(!row.passed && row.finding == "not comparable")
        #expect(row.reason?.contains(message) == true, "\(row.reason ?? "")")
    }

    @Test("does not compare other data, other prompts, or speeds of other machines") func otherData() throws {
        var (own, other) = (result(0.5), result(0.5))
        own.promptDigest = Digest(of: "a")
        #expect(try check([own], against: [other], 1).rows[0].passed)
        other.promptDigest = Digest(of: "b")
        #expect(try check([own], against: [other], 1).rows[0].reason?.contains("prompt digest") == true)
        own = result(100, "tokens_per_second", higherIsBetter: true, unit: "tokens/s")
        other = own
        own.host.cpu = "a"
        other.host.cpu = "b"
        #expect(try check([own], against: [other], 1, own.metric).rows[0].reason?.contains("CPU a against b") == true)
    }

    @Test("takes the newest of several, and the ones that were measured alike") func newest() throws {
        let own = [result(0.1, day: 1), result(0.7, day: 2), result(0.4, day: 3, extra: #"{"shots":5}"#)]
        let other = [result(0.9, day: 1), result(0.7, day: 2)]
        let outcome = try check(own, against: other, 0, unit: .points)
        #expect(outcome.rows.map(\.value) == [0.7, 0.4])
        let shots = [result(0.4, day: 3, extra: #"{"shots":5}"#)]
        let both = try check([result(0.7, extra: #"{"shots":0}"#)] + shots, against: shots, 0)
        #expect(both.rows.map(\.setting) == ["5-shot"])
        #expect(both.notes.first?.contains("0-shot") == true)
    }

    @Test("keeps results on several data apart") func datasets() throws {
        var (old, new) = (result(7, "ppl", day: 1), result(90, "ppl", day: 2))
        old.dataset = "wikitext"
        new.dataset = "own"
        #expect(try check([old, new], against: [old, new], 0, "ppl").rows.map(\.value) == [7, 90])
        #expect(try check([old, new], against: [old], 0, "ppl").rows.map(\.value) == [7])
    }

    @Test("fails at NaN, whatever the limit") func notANumber() throws {
        for (own, other) in [(Double.nan, 0.5), (0.5, .infinity)] {
            let row = try check([result(own)], against: [result(other)], 100).rows[0]
            #expect(!row.passed)
            #expect(row.reason?.contains("no finite value") == true)
        }
    }

    @Test("ignores what was said about the file and not of the measuring") func about() throws {
        let own = result(0.5, extra: #"{"about":{"model":"x"},"shots":1}"#)
        let other = result(0.5, extra: #"{"about":{"model":"y"},"shots":1}"#)
        #expect(try check([own], against: [other], 0).rows[0].passed)
    }
}
