import ArgumentParser
import Bytes
import Catalog
import Foundation
import Measurements
import Registry

/// Makes logs and catalogs of runs, and measures what is done with them.
struct RunsBench {
    let work: String
    let metricCount: Int

    private func metric(_ index: Int) -> String { index == 0 ? "loss" : "metric_\(index)" }

    /// Files of one record each, imported into a new store each time.
    func importing(runCount: Int, times: Int) async throws -> [Elapsed] {
        let logs = work + "/logs"
        try Folder.make(logs)
        var generator = SplitMix(state: 1)
        for run in 0..<runCount {
            let members = (0..<metricCount).map { #""\#(metric($0))": \#(generator.unit())"# }
            let text = #"{"step": 100, \#(members.joined(separator: ", "))}"# + "\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(logs)/run-\(run).jsonl"))
        }
        var elapsed: [Elapsed] = []
        for round in 0..<times {
            elapsed.append(
                try await importing(logs, into: "\(work)/home-\(round)", expecting: runCount * metricCount))
        }
        return elapsed
    }

    private func importing(_ path: String, into home: String, expecting count: Int) async throws -> Elapsed {
        let registry = try ModelRegistry(home: home, access: .readWrite)
        return try await Elapsed.of {
            let report = try await registry.importRuns(RunsImportRequest(paths: [path]))
            guard report.addedValues == count else {
                throw ValidationError("\(report.addedValues) values of \(count) were imported")
            }
        }
    }

    /// A long log: values a CPU-second, parsing included, and what the catalog grew by.
    func storing(stepCount: Int, times: Int) async throws -> (rates: [Double], bytesPerValue: Double) {
        let path = work + "/long.jsonl"
        var generator = SplitMix(state: 2)
        var text = ""
        let lineCount = stepCount * 20
        for step in 0..<lineCount {
            let members = (0..<metricCount).map { #""\#(metric($0))": \#(generator.unit())"# }
            let moment = Double(1_750_000_000 + step)
            text += #"{"step": \#(step * 10), "timestamp": \#(moment), \#(members.joined(separator: ", "))}"# + "\n"
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        var rates: [Double] = []
        var bytesPerValue = 0.0
        for round in 0..<times {
            let home = "\(work)/long-\(round)"
            let count = lineCount * metricCount
            let elapsed = try await importing(path, into: home, expecting: count)
            rates.append(Double(count) / elapsed.processor)
            // The last connection has gone, and the log with it.
            let byteCount = FileIdentity(path: home + "/catalog.sqlite")?.byteCount ?? 0
            bytesPerValue = Double(byteCount) / Double(count)
        }
        return (rates, bytesPerValue)
    }

    /// Lists of many runs with one value for each metric, and three parameters.
    func listing(runCount: Int, times: Int) throws -> [(title: String, milliseconds: [Double])] {
        let path = work + "/many.sqlite"
        let catalog = try CatalogDatabase(path: path, access: .readWrite)
        var generator = SplitMix(state: 3)
        for start in stride(from: 0, to: runCount, by: 5_000) {
            _ = try catalog.record(
                try (start..<min(start + 5_000, runCount)).map { try piece($0, &generator) })
        }
        let reading = try CatalogDatabase(path: path, access: .readOnly)
        var few = RunFilter()
        few.metric = metric(0)
        few.order = .metric
        few.conditions = [
            .init(.metric(metric(0)), .less, "0.9"), .init(.parameter("learning_rate"), .equal, "0.001"),
        ]
        few.limit = 15
        var rare = few
        rare.conditions[1] = .init(.parameter("seed"), .equal, "77")
        var many = RunFilter()
        many.metric = metric(1)
        many.order = .metric
        many.limit = 1_000
        return [
            ("filter, order, 15 rows", try milliseconds(few, in: reading, times)),
            ("a rare parameter, 15 rows", try milliseconds(rare, in: reading, times)),
            ("order, 1,000 rows", try milliseconds(many, in: reading, times)),
        ]
    }

    private func milliseconds(_ filter: RunFilter, in catalog: CatalogDatabase, _ times: Int) throws -> [Double] {
        try (0..<times).map { _ in
            1000
                * (try Elapsed.of {
                    guard try !catalog.runs(filter).isEmpty else {
                        throw ValidationError("no run passed the filter")
                    }
                }.wall)
        }
    }

    private func piece(_ run: Int, _ generator: inout SplitMix) throws -> RunPiece {
        var values = RunValues()
        for index in 0..<metricCount {
            values.append(series: try values.metric(named: metric(index)), step: 100, value: generator.unit())
        }
        var draft = RunDraft(origin: "bench:\(run)", name: "run-\(run)", kind: .jsonLines)
        draft.parameters = [
            .init("learning_rate", ["0.1", "0.01", "0.001", "0.0001"][run % 4]), .init("optimizer", "adamw"),
            .init("seed", String(run % 1_000)),
        ]
        return RunPiece(draft, values, .whole)
    }
}

/// Numbers that are the same in each run of the benchmark (SplitMix64, Steele et al. 2014).
struct SplitMix {
    var state: UInt64

    /// At least 0, below 1.
    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return Double((value ^ value >> 31) >> 11) * 0x1p-53
    }
}
