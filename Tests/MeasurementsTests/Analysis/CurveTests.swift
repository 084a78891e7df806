import Testing

@testable import Measurements

@Suite("Curve") struct CurveTests {
    private func points(_ values: [(Int64, Double)]) -> [RunValues.Point] {
        values.map { RunValues.Point(step: $0.0, value: $0.1) }
    }

    @Test("has each step once, in order, with the last value that was logged for it") func resumed() {
        let curve = Curve(points([(1, 5), (2, 4), (3, 9), (2, 3.5), (3, 3), (4, .nan)]), isHigherBetter: false)
        #expect(curve.steps == [1, 2, 3])
        #expect(curve.values == [5, 3.5, 3])
        #expect(curve.brokenSteps == [4])
    }

    @Test("is turned where higher is better") func turned() {
        let curve = Curve(points([(1, 0.2), (2, 0.7), (3, 0.6)]), isHigherBetter: true)
        #expect(curve.bestIndex == 1)
        #expect(curve.logged(curve.values[1]) == 0.7)
    }

    @Test("finds its excursions: where, how high, how long, and whether it came back") func excursions() {
        var values = (0..<40).map { (Int64($0), 4 - 0.05 * Double($0)) }
        values[20].1 = 9
        values[21].1 = 8
        values[39].1 = .nan
        let curve = Curve(points(values), isHigherBetter: false)
        let found = ExcursionScan(curve, threshold: 1, restarts: []).excursions
        #expect(found.map(\.firstStep) == [20, 39])
        #expect(found.map(\.recordCount) == [2, 1])
        #expect(found.map(\.recoveredStep) == [22, nil])
        #expect(found.map(\.isBroken) == [false, true])
        #expect(found.first?.peak == 9)
        let excused = ExcursionScan(curve, threshold: 1, restarts: [19]).excursions
        #expect(excused.map(\.followsRestart) == [true, false])
    }

    @Test("takes no good record between ones that are no numbers for a peak, and tells of one that is last")
    func returning() throws {
        let falling = (0..<30).map { (Int64($0), 2 - 0.01 * Double($0)) }
        let broken: [(Int64, Double)] = [(30, .nan), (31, 1.5), (35, .nan), (38, .infinity), (40, 0.5)]
        let last = try #require(scan(falling + broken).first)
        #expect(last.peak == nil && last.isBroken)
        #expect((last.firstStep, last.recordCount, last.recoveredStep, last.returningStep) == (30, 4, nil, 40))
        let over = try #require(scan(falling + broken + [(41, 0.5)]).first)
        #expect((over.recordCount, over.recoveredStep, over.returningStep) == (4, 40, nil))
        let wild = try #require(scan(falling + [(30, 9), (31, .nan), (32, 1.5), (33, .nan)]).first)
        #expect((wild.peak, wild.recordCount, wild.returningStep) == (9, 4, nil))
    }

    private func scan(_ values: [(Int64, Double)]) -> [Excursion] {
        ExcursionScan(Curve(points(values), isHigherBetter: false), threshold: 1, restarts: []).excursions
    }

    @Test("sees a learning rate restart only where the rate had fallen") func restarts() {
        let warmup = (1...10).map { (Int64($0), Double($0)) }
        let decay = (11...30).map { (Int64($0), 10 - 0.45 * Double($0 - 10)) }
        let again = (31...40).map { (Int64($0), Double(2 * ($0 - 30))) }
        #expect(LearningRateRestarts.steps(points(warmup + decay)).isEmpty)
        #expect(LearningRateRestarts.steps(points(warmup + decay + again)) == [31])
        #expect(LearningRateRestarts.steps([]).isEmpty)
    }
}

@Suite("Robust statistics") struct RobustStatisticsTests {
    @Test("find a line though a fifth of the points are wild") func line() {
        var noise = CurveNoise(seed: 9)
        let x = (0..<100).map(Double.init)
        let y = x.indices.map { index -> Double in
            let wild: Double = index.isMultiple(of: 5) ? 40 : 0
            return 2 - 0.01 * x[index] + 0.05 * noise.normal() + wild
        }
        let line = RobustStatistics.line(x, y)
        #expect(abs(line.slope + 0.01) < 0.002)
        #expect(line.deviation < 0.12)
    }

    @Test("tell the noise of one record within a tenth, on a slope and with spikes", arguments: [0.01, 1.0])
    func noise(level: Double) throws {
        var noise = CurveNoise(seed: 4)
        let values = (0..<4_000).map { index -> Double in
            let spike: Double = index.isMultiple(of: 97) ? 50 : 0
            return 5 - 0.001 * Double(index) + level * noise.normal() + spike
        }
        #expect(abs(try #require(RobustStatistics.noise(values)) - level) < 0.1 * level)
    }

    @Test("have an answer for nothing, and for values that are all the same") func degenerate() {
        #expect(RobustStatistics.median([]).isNaN)
        #expect(RobustStatistics.median([3, 1]) == 2)
        #expect(RobustStatistics.noise([1, 2, 1, 2, 1]) == nil)
        #expect(RobustStatistics.noise([1, 1, 1, 1, 1, 1]) == 0)
        #expect(RobustStatistics.line([1, 1], [2, 3]).slope == 0)
        #expect(RobustStatistics.line([1, 2, 3], [5, 5, 5]).deviation == 0)
    }
}

@Suite("Metric choice") struct MetricChoiceTests {
    private func choice(_ names: [String], _ count: Int = 100) -> MetricChoice {
        MetricChoice(names.map { (name: $0, count: count) })
    }

    @Test(
        "pairs a loss with its validation",
        arguments: [
            (["lr", "train_loss", "val_loss", "hard_loss"], "train_loss", "val_loss"),
            (["loss", "eval_loss", "eval_runtime", "grad_norm"], "loss", "eval_loss"),
            (["train/loss", "eval/loss", "train/epoch"], "train/loss", "eval/loss"),
            (["Loss/train", "Loss/validation"], "Loss/train", "Loss/validation"),
            (["trainLoss", "valLoss"], "trainLoss", "valLoss"), (["train_nll", "test_loss"], "train_nll", nil),
        ] as [([String], String, String?)])
    func losses(names: [String], training: String, validation: String?) {
        #expect(choice(names).loss == MetricChoice.Pair(training: training, validation: validation))
    }

    @Test("leaves out a summary that was logged once") func summary() {
        let choice = MetricChoice([("train_loss", 1), ("loss", 200), ("eval_loss", 9), ("train_runtime", 1)])
        #expect(choice.loss == MetricChoice.Pair(training: "loss", validation: "eval_loss"))
    }

    @Test("takes a validation loss alone, an accuracy, and the learning rate") func others() {
        let names = ["eval_loss", "train_accuracy", "eval_accuracy", "train/learning_rate"]
        #expect(choice(names).loss?.main == "eval_loss")
        #expect(choice(names).accuracy == MetricChoice.Pair(training: "train_accuracy", validation: "eval_accuracy"))
        #expect(choice(names).learningRate == "train/learning_rate")
        #expect(choice(["lr-AdamW"]).learningRate == "lr-AdamW")
        #expect(choice(["reward_margin_slr"]).learningRate == nil)
        #expect(choice([]).loss == nil)
    }
}
