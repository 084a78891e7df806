import Bytes
import GRDB
import Measurements
import Testing

@testable import Catalog

@Suite("Runs in the catalog") struct RunTests {
    let test: TestCatalog

    init() throws { test = try TestCatalog() }

    private var catalog: CatalogDatabase { test.catalog }

    private func values(_ series: [String: [(Int64, Double)]], time: Int64 = RunValues.noTime) throws -> RunValues {
        var values = RunValues()
        for (name, points) in series.sorted(by: { $0.key < $1.key }) {
            let metric = try values.metric(named: name)
            for (step, value) in points { values.append(series: metric, step: step, time: time, value: value) }
        }
        return values
    }

    private func piece(
        _ origin: String, _ series: [String: [(Int64, Double)]], _ manner: RunPiece.Manner = .whole,
        parameters: [String: String] = [:], name: String = "run"
    ) throws -> RunPiece {
        var draft = RunDraft(origin: origin, name: name, kind: .jsonLines)
        draft.parameters = parameters.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
        return RunPiece(draft, try values(series), manner)
    }

    @Test("give back every value, NaN and infinities too, and steps that were logged again") func roundTrip() throws {
        let points: [(Int64, Double)] = [(1, 0.5), (2, .nan), (3, .infinity), (2, 0.25), (3, -.infinity), (4, 1)]
        let outcome = try #require(try catalog.record([piece("a", ["loss": points])]).first)
        #expect(outcome.addedCount == 6)
        #expect(outcome.lastStep == 4)
        let found = try catalog.history(ofRun: outcome.runID, metric: "loss")["loss"]
        #expect(found.map(\.step) == [1, 2, 2, 3, 3, 4])
        #expect(found.map { "\($0.value)" } == ["0.5", "nan", "0.25", "inf", "-inf", "1.0"])
        let metric = try #require(try catalog.metrics(ofRun: outcome.runID).first)
        #expect(metric.last == 1 && metric.best == 0.25 && metric.bestStep == 2 && metric.nonfiniteCount == 3)
        #expect(metric.minimum == 0.25 && metric.maximum == 1 && metric.isHigherBetter == false)
        #expect(
            try test.text("SELECT coalesce(value_text, 'finite') FROM metric_history ORDER BY step, sequence") == [
                "finite", "nan", "finite", "inf", "-inf", "finite",
            ])
    }

    @Test("are unchanged by the same log, and add only what a longer one has") func again() throws {
        let first: [(Int64, Double)] = [(1, 3), (2, .nan), (3, 1)]
        #expect(try catalog.record([piece("a", ["loss": first])]).map(\.addedCount) == [3])
        #expect(try catalog.record([piece("a", ["loss": first])]).map(\.addedCount) == [0])
        let grown = first + [(4, 0.5)]
        #expect(try catalog.record([piece("a", ["loss": grown])]).map(\.addedCount) == [1])
        #expect(try catalog.record([piece("a", ["loss": first])]).map(\.addedCount) == [0])
        #expect(try test.count("metric_value") == 4)
    }

    @Test("keep both values of a step when a state went on from an earlier checkpoint") func resumed() throws {
        _ = try catalog.record([piece("a", ["loss": [(1, 3), (2, 2), (3, 1)]])])
        let resumed: [String: [(Int64, Double)]] = ["loss": [(1, 3), (2, 2.5), (3, 1)]]
        #expect(try catalog.record([piece("a", resumed)]).map(\.addedCount) == [1])
        #expect(try catalog.record([piece("a", resumed)]).map(\.addedCount) == [0])
        #expect(
            try test.text("SELECT step || ':' || sequence || ':' || value FROM metric_history ORDER BY step, sequence")
                == ["1:0:3.0", "2:0:2.0", "2:1:2.5", "3:0:1.0"])
    }

    @Test("that grow at their end are refused when another process read on meanwhile") func race() throws {
        var first = try piece("a", ["x": [(1, 1)]], .following(nil))
        let position = RunDraft.Position(byteCount: 10, digest: Digest(of: "ten bytes."))
        first.draft.sources = [.init(path: "/log", digest: Digest(of: "ten bytes."), position: position)]
        _ = try catalog.record([first])
        #expect(try catalogError { _ = try catalog.record([first]) }?.code == .busy)
        #expect(try test.count("metric_value") == 1)
        first.manner = .following(position)
        #expect(try catalog.record([first]).map(\.addedCount) == [1])
    }

    @Test("get names of their own") func names() throws {
        let outcomes = try catalog.record((0..<4).map { try piece("origin \($0)", ["x": [(0, 1)]], name: "Run") })
        #expect(outcomes.map(\.name) == ["Run", "Run-2", "Run-3", "Run-4"])
        let control = try catalog.record([piece("o", ["x": [(0, 1)]], name: "a\u{1B}[31m\nb")])
        #expect(control.map(\.name) == ["a[31mb"])
        let error = try catalogError { _ = try catalog.run(named: "run-22") }
        #expect(error?.code == .unknownName && error?.remedy.contains("Run-2") == true)
    }

    private func fill() throws {
        try catalog.record(
            (0..<40).map { number in
                var piece = try piece(
                    "o\(number)",
                    ["loss": [(0, 9), (10, Double((number * 7) % 40))], "acc": [(10, Double(number))]],
                    parameters: ["lr": number % 4 == 0 ? "1e-3" : "0.01", "opt": number % 2 == 0 ? "adam" : "sgd"],
                    name: "run \(number)")
                piece.draft.experiment = number < 10 ? "first" : "second"
                return piece
            }
                + [try piece("nan", ["loss": [(0, 1), (1, .nan)]], parameters: ["lr": "0.001"], name: "lost")]
        )
        .forEach { _ in }
    }

    /// What SQL without an index's help says.
    private func expected(_ condition: String, _ order: String) throws -> [String] {
        try test.text(
            """
            SELECT s.run FROM run_metric_summary AS s JOIN run_summary AS r ON r.run_id = s.run_id
            WHERE s.metric = 'loss' AND \(condition) ORDER BY \(order)
            """)
    }

    @Test("are filtered by metrics and parameters, and ordered; those that end in NaN come last") func filters() throws
    {
        try fill()
        var filter = RunFilter()
        filter.metric = "loss"
        filter.order = .metric
        #expect(try catalog.runs(filter).map(\.name) == (try expected("1", "s.last NULLS LAST, s.run_id")))
        #expect(try catalog.runs(filter).last?.name == "lost")
        let lr =
            "EXISTS (SELECT 1 FROM run_parameter_summary AS p WHERE p.run_id = s.run_id AND p.parameter = 'lr' AND p.number = 0.001)"
        filter.conditions = [.init(.parameter("lr"), .equal, "0.001")]
        #expect(try catalog.runs(filter).map(\.name) == (try expected(lr, "s.last NULLS LAST, s.run_id")))
        filter.conditions.append(.init(.metric("loss"), .less, "20"))
        filter.isDescending = true
        #expect(
            try catalog.runs(filter).map(\.name)
                == (try expected("s.last < 20 AND \(lr)", "s.last DESC, s.run_id DESC")))
        filter.limit = 2
        #expect(try catalog.runs(filter).count == 2)
        filter.conditions = [.init(.metric("acc"), .notLess, "38"), .init(.parameter("opt"), .notEqual, "sgd")]
        filter.limit = nil
        #expect(try catalog.runs(filter).map(\.name) == ["run 38"])
        filter.conditions = [.init(.parameter("nothing"), .equal, "1")]
        #expect(try catalog.runs(filter).isEmpty)
        filter.metric = "nothing"
        filter.conditions = []
        #expect(try catalog.runs(filter).isEmpty)
    }

    @Test("are listed by experiment, text, name and step") func lists() throws {
        try fill()
        var filter = RunFilter()
        filter.experiment = "first"
        filter.order = .name
        #expect(try catalog.runs(filter).map(\.name) == (0..<10).map { "run \($0)" })
        filter.text = "N 3"
        #expect(try catalog.runs(filter).map(\.name) == ["run 3"])
        #expect(try catalog.runs().first?.name == "lost")
        let known = try catalog.runVocabulary()
        #expect(known.metrics == ["acc", "loss"] && known.parameters == ["lr", "opt"])
        #expect(known.experiments == ["first", "second"])
    }

    @Test("know the checkpoints they wrote, by a link or by the digest of their log") func checkpoints() throws {
        let draft = ArtifactDraft.sample(["a"])
        _ = try catalog.insert(draft, naming: Naming(try tag("m")))
        var piece = try piece("a", ["x": [(3669, 1)]])
        piece.draft.sources = [.init(path: "/log", digest: draft.files.first?.digest, lastStep: 3669)]
        let runID = try #require(try catalog.record([piece]).first?.runID)
        #expect(try catalog.runs(writing: draft.digest).map(\.step) == [3669])
        #expect(try catalog.checkpoints(ofRun: runID).map(\.isLinked) == [false])
        try catalog.link(runID, to: draft.digest, step: 12)
        #expect(try catalog.checkpoints(ofRun: runID).map(\.step) == [12])
        #expect(try catalog.unlink(runID, from: draft.digest))
        #expect(try !catalog.unlink(runID, from: draft.digest))
        // The log grew: the artifact still holds its earlier state.
        piece.draft.sources = [.init(path: "/log", digest: Digest(of: "longer"), lastStep: 4000)]
        _ = try catalog.record([piece])
        #expect(try catalog.checkpoints(ofRun: runID).map(\.step) == [3669])
    }

    @Test("take all their rows with them") func forgotten() throws {
        try fill()
        let run = try catalog.run(named: "run 3")
        try catalog.forgetRuns([run.id])
        #expect(try test.count("run") == 40)
        try catalog.forgetRuns(try catalog.runs().map(\.id))
        for table in ["run", "series", "metric_value", "run_parameter", "run_source", "metric"] {
            #expect(try test.count(table) == 0, "\(table)")
        }
    }

    /// The figure: at most 40 bytes for each value, indexes and the fill of pages included.
    @Test("take at most 40 bytes a value") func bytes() throws {
        let pieces = try (0..<20).map { run in
            var values = RunValues()
            for name in 0..<10 {
                let metric = try values.metric(named: "metric \(name)")
                for step in 0..<1000 {
                    values.append(
                        series: metric, step: Int64(step * 10), time: 1_750_000_000_000 + Int64(step * 1370),
                        value: 1 / Double(step + run + name + 2))
                }
            }
            return RunPiece(RunDraft(origin: "o\(run)", name: "r", kind: .jsonLines), values, .whole)
        }
        let empty = try pageBytes()
        _ = try catalog.record(pieces)
        let perValue = Double(try pageBytes() - empty) / 200_000
        #expect(perValue <= 40, "\(perValue)")
    }

    private func pageBytes() throws -> Int {
        try catalog.queue.read { database in
            try (Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0)
                * (Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0)
        }
    }
}
