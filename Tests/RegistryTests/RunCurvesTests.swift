import Catalog
import Charts
import Foundation
import Measurements
import Testing

@testable import Registry

@Suite("Analysis and plot of runs") struct RunCurvesTests {
    /// A run whose loss falls, and whose validation loss turns at step 300.
    private static func home(_ names: [String] = ["one"], extra: [String] = []) throws -> TemporaryHome {
        let home = try TemporaryHome()
        for name in names {
            var values = RunValues()
            let metrics = try (["train_loss", "val_loss", "lr", "train_acc", "val_acc"] + extra).map {
                try values.metric(named: $0)
            }
            for step in stride(from: Int64(10), through: 600, by: 10) {
                let wobble = 0.01 * sin(Double(step) * 1.7)
                values.append(series: metrics[0], step: step, value: 4 * exp(-Double(step) / 300) + wobble)
                values.append(series: metrics[2], step: step, value: 1e-3 * (1 - Double(step) / 700))
                values.append(series: metrics[3], step: step, value: 1 - exp(-Double(step) / 300) + wobble)
                guard step.isMultiple(of: 30) else { continue }
                let turn = abs(Double(step) - 300) / 300
                values.append(series: metrics[1], step: step, value: 2 + turn + wobble)
                values.append(series: metrics[4], step: step, value: 0.7 - 0.3 * turn + wobble)
            }
            for metric in metrics.dropFirst(5) {
                values.append(series: metric, step: 1, value: .nan)
            }
            _ = try home.registry.catalog.record([
                RunPiece(RunDraft(origin: "test:\(name)", name: name, kind: .jsonLines), values, .whole)
            ])
        }
        return home
    }

    @Test("gives the verdict with its evidence in words and numbers") func overfit() throws {
        let report = try Self.home().registry.analyzeRun(named: "one")
        #expect(report.verdict == "overfit")
        #expect((report.metric.name, report.validation?.name, report.learningRate) == ("train_loss", "val_loss", "lr"))
        #expect(report.validation?.bestStep == 300)
        let since = try #require(report.sinceBest)
        #expect(since.bestStep == 300 && since.records == 10)
        #expect(abs(since.worsening - 0.9) < 0.1)
        #expect(try #require(since.trainingGain) > 0.5)
        #expect(report.evidence.first?.hasPrefix("val_loss got worse by 0.9") == true)
        #expect(report.evidence.contains { $0.hasPrefix("train_loss fell by") })
    }

    /// The report on a run with one metric, whose value at each step is given.
    private static func report(_ loss: [(step: Int64, value: Double)]) throws -> RunAnalysisReport {
        let home = try TemporaryHome()
        var values = RunValues()
        let metric = try values.metric(named: "loss")
        for (step, value) in loss { values.append(series: metric, step: step, value: value) }
        _ = try home.registry.catalog.record([
            RunPiece(RunDraft(origin: "test:a", name: "a", kind: .jsonLines), values, .whole)
        ])
        return try home.registry.analyzeRun(named: "a")
    }

    @Test("says of a stretch without numbers what it was, not what came after it") func stretch() throws {
        let falling = (0..<30).map { (step: Int64($0), value: 2 - 0.01 * Double($0)) }
        let report = try Self.report(falling + [(30, .nan), (32, .nan), (35, .infinity), (40, 0.5)])
        #expect(
            report.evidence.first
                == "loss was NaN or infinite from step 30 on, for 3 records; its last record, at step 40, is back, "
                + "and one is too few to tell")
        let excursion = try #require(report.excursions.first)
        #expect(excursion.peak == nil && excursion.records == 3 && excursion.returningStep == 40)
        let wild = try Self.report(falling + [(30, 9), (31, .nan)])
        #expect(wild.evidence.first?.contains(", or NaN or infinite, from step 30 on") == true)
    }

    @Test("tells the same change in words and in numbers, and by which estimate", arguments: [true, false])
    func estimates(isDrop: Bool) throws {
        // A drop between two flats is seen by the quarters, a straight fall by the line.
        let report = try Self.report(
            (0..<60).map { step in
                let drop: Double = step < 50 ? 1 : 0.7
                let wobble = 0.01 * sin(Double(step * step))
                return (step: Int64(step), value: (isDrop ? drop : 2 - 0.01 * Double(step)) + wobble)
            })
        let window = try #require(report.window)
        #expect(window.estimate == (isDrop ? "quarters" : "line"))
        let words = isDrop ? "by the medians of the first and the last quarter: " : "by a robust line: "
        let sentence = try #require(report.evidence.first { $0.contains(words) })
        #expect(sentence.hasPrefix("loss fell by \(DecimalText.short(abs(window.change), digits: 3)) over"))
        #expect(sentence.contains("\(DecimalText.short(abs(window.changeInErrors), digits: 2)) standard errors"))
        #expect(window.change < 0 && window.changeInErrors < 0)
    }

    @Test("knows no noise of fewer than six records") func unknownNoise() throws {
        #expect(try Self.report((0..<5).map { (Int64($0), Double($0 % 2)) }).metric.noise == nil)
        #expect(try Self.report((0..<6).map { (Int64($0), 1) }).metric.noise == 0)
    }

    @Test("takes the metric that it is told, and its sense from its name") func accuracy() throws {
        let home = try Self.home()
        let report = try home.registry.analyzeRun(named: "one", metric: "train_acc")
        #expect(report.validation?.name == "val_acc")
        #expect(report.metric.higherIsBetter && report.verdict == "overfit")
        #expect(report.evidence.contains { $0.hasPrefix("train_acc rose by") })
        #expect(try #require(report.window).change > 0)
        #expect(try home.registry.analyzeRun(named: "one", metric: "lr").notes.count == 1)
    }

    @Test("refuses a run or a metric that is not there, and says what is") func unknown() throws {
        let home = try Self.home()
        #expect(throws: CatalogError.self) { try home.registry.analyzeRun(named: "on") }
        let error = #expect(throws: RegistryError.self) {
            try home.registry.analyzeRun(named: "one", validation: "eval")
        }
        #expect(error?.remedy.contains("val_loss") == true)
    }

    @Test("is a diverging run when a metric is NaN, and nothing else") func broken() throws {
        let report = try Self.home(extra: ["hard_loss"]).registry.analyzeRun(named: "one", metric: "hard_loss")
        #expect(report.verdict == "diverging")
        #expect((report.metric.records, report.metric.nonfinite, report.metric.best) == (0, 1, nil))
    }

    @Test("draws one run in panels, with the best of validation pointed out") func onePlot() throws {
        let plot = try Self.home().registry.plotRuns(["one"])
        #expect(
            plot.report.panels.map(\.title) == [
                "train_loss, val_loss", "train_acc, val_acc", "learning rate (log scale)",
                "gap of validation: val_loss − train_loss",
            ])
        #expect(plot.report.panels.map(\.isLogarithmic) == [false, false, true, false])
        #expect(plot.svg.contains("best val_loss: 2.009"))
        #expect(plot.panels.map(\.series.count) == [2, 2, 1, 1])
        let places = plot.panels.flatMap(\.series).flatMap(\.pieces).joined()
        #expect(places.allSatisfy { (0...1).contains($0.x) && (0...1).contains($0.y) })
        #expect(plot.svg == (try Self.home().registry.plotRuns(["one"]).svg))
    }

    @Test("draws several runs over each other, each once, with a legend") func severalPlots() throws {
        let home = try Self.home(["one", "two", "<three>"])
        let plot = try home.registry.plotRuns(["one", "two", "one", "<three>"])
        #expect(plot.report.runs == ["one", "two", "<three>"])
        #expect(plot.report.panels[0].curves.map(\.run) == ["one", "one", "two", "two", "<three>", "<three>"])
        #expect(plot.svg.contains("&lt;three&gt;") && !plot.svg.contains("<three>"))
        #expect(throws: RegistryError.self) { try home.registry.plotRuns((0..<13).map { "run\($0)" }) }
    }
}

@Suite("Documents") struct DocumentFileTests {
    @Test("are written whole, and replace a file only when that was asked for") func replacing() throws {
        let home = try TemporaryHome()
        let path = home.path("picture.svg")
        try ModelRegistry.write("<svg/>", to: path)
        #expect(throws: RegistryError.self) { try ModelRegistry.write("other", to: path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "<svg/>")
        try ModelRegistry.write("other", to: path, existing: .replace)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "other")
        #expect(throws: RegistryError.self) { try ModelRegistry.write("x", to: home.path(""), existing: .replace) }
        #expect(throws: (any Error).self) { try ModelRegistry.write("x", to: home.path("no/folder.svg")) }
    }
}
