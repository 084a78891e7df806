import Bytes
import Foundation
import Registry
import Testing

@Suite("Compare, to choose") struct CompareChoiceTests {
    /// A checkpoint with two variants and results: the smaller one of 4 bits is the worse by ppl, and equal in acc.
    private static func home() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try MadeModel.llama().write(to: home.path("m")))
        request.name = "m"
        _ = try await home.registry.register(request)
        for scheme in ["nf4", "fp4", "bnb-int8"] {
            _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        }
        func add(_ name: String, _ task: String?, _ metric: String, _ value: Double) throws {
            var result = NewResult(metric: metric, value: value)
            result.task = task
            _ = try home.registry.addResults([result], to: name)
        }
        try add("m", nil, "ppl", 9.5)
        try add("m:nf4", nil, "ppl", 10.5)
        try add("m:fp4", nil, "ppl", 11)
        try add("m:bnb-int8", nil, "ppl", .nan)
        for name in ["m", "m:nf4", "m:fp4"] {
            try add(name, "arc", "acc", 0.5)
            try add(name, "piqa", "acc", 0.6)
            try add(name, nil, "zest", 1)
        }
        return home
    }

    @Test("shows the newest results, a column for each task") func results() async throws {
        let home = try await Self.home()
        let report = try home.registry.compare(["m", "m:nf4", "m:bnb-int8"], metrics: ["acc", "ppl"])
        #expect(report.metrics.map(\.task) == ["arc", "piqa", nil])
        #expect(report.metrics.map(\.higherIsBetter) == [true, true, false])
        #expect(report.artifacts[1].results.map { $0?.value } == [0.5, 0.6, 10.5])
        // What was measured and is no number is told from what was not measured.
        #expect(report.artifacts[2].results.map { $0 == nil } == [true, true, false])
        #expect(report.artifacts[2].results[2]?.value == nil)
        #expect(report.pareto == nil)
        #expect(try home.registry.compare(["m", "m:nf4"], metrics: ["PIQA/acc"]).metrics.map(\.task) == ["piqa"])
    }

    @Test("refuses a metric that no artifact has, and says which there are") func unknownMetric() async throws {
        let home = try await Self.home()
        let error = #expect(throws: RegistryError.self) {
            try home.registry.compare(["m", "m:nf4"], metrics: ["bleu"])
        }
        #expect(error?.problem.contains("'bleu'") == true)
        #expect(error?.remedy.contains("arc/acc, piqa/acc, ppl") == true)
    }

    @Test("of one name takes its model's tags and what was made from it") func relatives() async throws {
        let home = try await Self.home()
        var request = ConvertRequest(name: "m", scheme: "affine4")
        request.newName = "elsewhere"
        _ = try await home.registry.convert(request)
        let asked = ParetoRequest(x: .init("stored_bytes"), y: .init("rel_rmse"))
        let report = try home.registry.compare(["m"], pareto: asked)
        #expect(Set(report.artifacts.map(\.name)) == ["m", "m:nf4", "m:fp4", "m:bnb-int8", "elsewhere"])
        #expect(report.artifacts.first?.name == "m")
        #expect(throws: RegistryError.self) { try home.registry.compare(["m"]) }
    }

    @Test("marks the front, and says by whom the others are beaten") func front() async throws {
        let home = try await Self.home()
        let asked = ParetoRequest(x: .init("stored_bytes"), y: .init("rel_rmse"))
        let pareto = try #require(try home.registry.compare(["m"], pareto: asked).pareto)
        // NF4 and FP4 take the same bytes, and NF4's error is the smaller one.
        #expect(pareto.front == ["m:nf4", "m:bnb-int8"])
        #expect(pareto.points.first { $0.name == "m:fp4" }?.beatenBy == "m:nf4")
        #expect(pareto.leftOut.map(\.name) == ["m"])
        #expect((pareto.x.better, pareto.y.better) == ("lower", "lower"))
        let svg = pareto.svg(titled: "m")
        #expect(svg == pareto.svg(titled: "m"))
        #expect(svg.contains("fp4: stored_bytes") && svg.contains("beaten by m:nf4"))
        #expect(pareto.panel(titled: "m").series.count == 3)
    }

    @Test("knows what is better from the metric's name, or is told") func direction() async throws {
        let home = try await Self.home()
        func pareto(_ x: ParetoRequest.Axis, _ y: ParetoRequest.Axis) throws -> ParetoReport? {
            try home.registry.compare(["m"], pareto: ParetoRequest(x: x, y: y)).pareto
        }
        let ppl = try #require(try pareto(.init("bits_per_weight"), .init("ppl")))
        #expect(ppl.y.better == "lower")
        #expect(ppl.front == ["m:nf4", "m"])
        #expect(ppl.leftOut.map(\.name) == ["m:bnb-int8"])
        let worst = try #require(try pareto(.init("bits_per_weight"), .init("ppl", better: .higher)))
        #expect(worst.front == ["m:fp4"])
        let acc = try #require(try pareto(.init("stored_bytes"), .init("arc/acc")))
        #expect(acc.y.better == "higher")
        #expect(throws: RegistryError.self, "two tasks have acc") { try pareto(.init("stored_bytes"), .init("acc")) }
        let untold = #expect(throws: RegistryError.self) { try pareto(.init("stored_bytes"), .init("zest")) }
        #expect(untold?.remedy.contains("zest:max") == true)
        let unknown = #expect(throws: RegistryError.self) { try pareto(.init("bytes"), .init("ppl")) }
        #expect(unknown?.remedy.contains("stored_bytes") == true)
    }
}
