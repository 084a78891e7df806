import Bytes
import Catalog
import Foundation
import Measurements
import Testing

@testable import Registry

@Suite("Import of runs") struct RunsImportTests {
    private let home: TemporaryHome

    init() throws { home = try TemporaryHome() }

    private var registry: ModelRegistry { home.registry }

    private func write(_ text: String, to name: String) throws -> String {
        let path = home.path(name)
        try Folder.make(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @discardableResult
    private func load(_ paths: String..., as name: String? = nil) async throws -> RunsImportReport {
        var request = RunsImportRequest(paths: paths)
        request.name = name
        return try await registry.importRuns(request)
    }

    private func values(_ run: String, _ metric: String) throws -> [String] {
        try registry.catalog.history(ofRun: registry.catalog.run(named: run).id, metric: metric)[metric].map {
            "\($0.step) \($0.value)"
        }
    }

    @Test("finds every log of the fixtures, and the same again changes nothing") func everything() async throws {
        let first = try await load(fixtures + "/runs")
        #expect(
            first.runs.map { "\($0.kind) \($0.run)" }.sorted()
                == [
                    "jsonl tiny-gpt2", "jsonl tiny-llama-kjv", "mlflow steady", "mlflow steady-2",
                    "tensorboard tensorboard-v2",
                    "tensorboard runs/tensorboard", "trackio steady-3", "trainer-state trainer",
                ].sorted())
        #expect(first.runs.allSatisfy { $0.outcome == "imported" && $0.addedValues > 0 })
        let again = try await load(fixtures + "/runs")
        #expect(again.addedValues == 0)
        #expect(again.runs.allSatisfy { $0.outcome == "unchanged" })
        #expect(try registry.runs().count == 8)
        let steady = try registry.run(named: "steady")
        #expect(steady.parameters.contains { $0.name == "lr" && $0.value == "0.001" })
        #expect(steady.run.experiment == "sweep" && steady.run.state == "finished")
    }

    @Test("of two checkpoints' states of one Trainer is one run, whichever comes first") func trainer() async throws {
        let folder = fixtures + "/runs/trainer"
        try await load(folder + "/checkpoint-40")
        #expect(try await load(folder + "/checkpoint-20").addedValues == 0)
        let run = try registry.run(named: "trainer")
        #expect(run.sources.map(\.lastStep) == [20, 40])
        #expect(try values("trainer", "grad_norm") == ["10 0.5", "20 nan", "30 0.5", "40 0.5"])
    }

    @Test("of a log that grew adds what is new, wherever it was cut") func growth() async throws {
        let whole = (0..<6).map { #"{"step": \#($0 % 4), "loss": \#($0)}"# }.joined(separator: "\n")
        for end in stride(from: 1, to: whole.utf8.count, by: 5) {
            let name = "log\(end).jsonl"
            let path = try write(String(whole.prefix(max(end, 22))), to: name)
            _ = try await load(path)
            _ = try write(whole, to: name)
            _ = try await load(path)
            #expect(
                try values("log\(end)", "loss") == ["0 0.0", "0 4.0", "1 1.0", "1 5.0", "2 2.0", "3 3.0"],
                "cut at \(end)")
        }
    }

    @Test("tells of a last record that is cut off, and reads it when it is whole") func cutOff() async throws {
        let path = try write("step,loss\n1,2\n2,", to: "a.csv")
        let first = try await load(path)
        #expect(first.addedValues == 1)
        #expect(first.notes.first?.contains("cut off") == true)
        _ = try write("step,loss\n1,2\n2,3\n", to: "a.csv")
        #expect(try await load(path).addedValues == 1)
        #expect(try values("a", "loss") == ["1 2.0", "2 3.0"])
    }

    @Test("goes on in a log with a mark of UTF-8, and finds it in a folder") func mark() async throws {
        let path = try write("\u{FEFF}step,loss\r\n1,2\r\n", to: "logs/a.csv")
        #expect(try await load(home.path("logs")).addedValues == 1)
        _ = try write("\u{FEFF}step,loss\r\n1,2\r\n2,3\r\n", to: "logs/a.csv")
        #expect(try await load(path).addedValues == 1)
        #expect(try values("a", "loss") == ["1 2.0", "2 3.0"])
    }

    @Test("says what to do about a last row without a line feed, and reads it then") func lastRow() async throws {
        let path = try write("step,loss\n1,2\n2,3", to: "a.csv")
        let notes = try await load(path).notes
        #expect(notes.count == 1 && notes.first?.hasPrefix("\(path): line 3 has no line feed") == true)
        _ = try write("step,loss\n1,2\n2,3\n", to: "a.csv")
        #expect(try await load(path).addedValues == 1)
    }

    @Test("tells of cells that are no numbers, with file, line and column") func texts() async throws {
        let path = try write("step,loss\n1,2\n2,OOM\n", to: "a.csv")
        #expect(
            try await load(path).notes == [
                "\(path): line 3, column 'loss': 'OOM' is no number; cells like it were passed over"
            ])
    }

    @Test(
        "refuses a log without a value, so that it can be mended and imported again",
        arguments: [
            ("step;loss\n1;2,5\n", "step;loss\n1;2.5\n", "'2,5'"),
            ("step,loss\n1,bad\n", "step,loss\n1,2\n", "no value was read"),
            (#"{"step": 1, "loss": "2"}"# + "\n", #"{"step": 1, "loss": 2}"# + "\n", "no value was read"),
        ])
    func valueless(bad: String, good: String, words: String) async throws {
        let path = try write(bad, to: "a.log")
        let error = await #expect(throws: RegistryError.self) { try await load(path) }
        #expect(error?.problem.contains(words) == true && error?.problem.contains(path) == true)
        #expect(try registry.runs().isEmpty)
        // It keeps no other from being read.
        var both = RunsImportRequest(paths: [path, try write("step,loss\n1,5\n", to: "other.csv")])
        both.experiment = "e"
        let report = try await registry.importRuns(both)
        #expect(report.runs.map(\.run) == ["other"] && report.notes.contains { $0.contains(words) })
        _ = try write(good, to: "a.log")
        #expect(try await load(path).addedValues == 1)
    }

    @Test("keeps how long a run had gone on where its log tells no moment") func elapsed() async throws {
        let text = [1, 2].map { #"{"step": \#($0), "time_s": \#($0).5, "loss": 2}"# + "\n" }
        let path = try write(text[0], to: "a.jsonl")
        try await load(path)
        _ = try write(text.joined(), to: "a.jsonl")
        try await load(path)
        let run = try registry.run(named: "a").run
        #expect(run.startedAt == nil && run.seconds == 2.5)
        #expect(try registry.runs().map(\.seconds) == [2.5])
        let record = try registry.catalog.run(named: "a")
        #expect(try registry.catalog.history(ofRun: record.id, metric: "loss")["loss"].map(\.elapsed) == [1500, 2500])
    }

    @Test("refuses a log that was written anew, and takes it under another name") func anew() async throws {
        let path = try write("step,loss\n1,2\n2,3\n", to: "a.csv")
        try await load(path)
        _ = try write("step,loss\n1,7\n2,8\n3,9\n", to: "a.csv")
        let error = await #expect(throws: FormatError.self) { try await load(path) }
        #expect(error?.remedy.contains("--as") == true)
        #expect(try values("a", "loss") == ["1 2.0", "2 3.0"])
        #expect(try await load(path, as: "second").addedValues == 3)
        #expect(try await load(path, as: "second").addedValues == 0)
        #expect(try values("second", "loss") == ["1 7.0", "2 8.0", "3 9.0"])
    }

    @Test("of a folder takes the logs in it, follows no link, and tells what is damaged") func walk() async throws {
        _ = try write(#"{"step": 1, "loss": 2}"# + "\n", to: "logs/deep/run.a.JSONL")
        _ = try write(#"{"text": "no log"}"# + "\n", to: "logs/data.jsonl")
        _ = try write(#"{"step": 1, "loss": 2}"# + "\n{\n", to: "logs/damaged.jsonl")
        _ = try write("step,loss\n1,2\n", to: "logs/.trash/old.csv")
        _ = try write("step,loss\n1,3\n", to: "elsewhere/b.csv")
        try FileManager.default.createSymbolicLink(
            atPath: home.path("logs/link"), withDestinationPath: home.path("elsewhere"))
        let report = try await load(home.path("logs"))
        #expect(report.runs.map(\.run) == ["run.a"])
        #expect(report.notes.count == 1 && report.notes.first?.contains("damaged.jsonl was left out") == true)
    }

    @Test("of a folder in which every log is damaged says what is wrong with one") func damagedFolder() async throws {
        _ = try write(#"{"step": 1, "loss": 2}"# + "\n{\n", to: "logs/damaged.jsonl")
        let error = await #expect(throws: RegistryError.self) { try await load(home.path("logs")) }
        #expect(error?.problem.contains("damaged.jsonl was left out") == true)
    }

    @Test("knows a copy of a log by its bytes") func copies() async throws {
        let text = "step,loss\n1,2\n"
        try await load(try write(text, to: "a/training_log.csv"))
        let copy = try await load(try write(text, to: "b/training_log.csv"))
        #expect(copy.runs.map(\.run) == ["a"] && copy.runs.map(\.outcome) == ["unchanged"] && copy.addedValues == 0)
        #expect(try registry.runs().count == 1)
        #expect(try values("a", "loss") == ["1 2.0"])
    }

    @Test("reads a log once that is given twice, or with a copy") func twice() async throws {
        let path = try write("step,loss\n1,2\n", to: "logs/a.csv")
        let copy = try write("step,loss\n1,2\n", to: "logs/b.csv")
        let report = try await registry.importRuns(RunsImportRequest(paths: [path, home.path("logs"), path]))
        #expect(report.runs.map(\.run) == ["a"] && report.addedValues == 1)
        #expect(report.notes == ["\(copy) has the same bytes as \(path), and was read once"])
    }

    @Test("knows a folder of a Trainer or of event files that was moved", arguments: ["trainer", "tensorboard"])
    func moved(_ tool: String) async throws {
        let first = home.path("first"), second = home.path("second")
        let source = fixtures + "/runs/" + tool
        try FileManager.default.copyItem(atPath: source, toPath: first)
        let before = try await load(first)
        #expect(before.addedValues > 0)
        try FileManager.default.moveItem(atPath: first, toPath: second)
        let after = try await load(second)
        #expect(after.addedValues == 0 && after.runs.map(\.run).sorted() == before.runs.map(\.run).sorted())
    }

    @Test("refuses what is no log, and records nothing") func refusals() async throws {
        let text = try write("hello\n", to: "a.txt")
        await #expect(throws: FormatError.self) { try await load(text) }
        try Folder.make(home.path("empty"))
        await #expect(throws: RegistryError.self) { try await load(home.path("empty")) }
        await #expect(throws: RegistryError.self) { try await load(home.path("nowhere")) }
        let two = try write("step,x\n1,1\n", to: "two/a.csv")
        _ = try write("step,x\n1,2\n", to: "two/b.csv")
        await #expect(throws: RegistryError.self) {
            try await load(URL(fileURLWithPath: two).deletingLastPathComponent().path, as: "one")
        }
        #expect(try registry.runs().isEmpty)
    }

    @Test("links an artifact that holds the log, and one that is named") func checkpoints() async throws {
        let folder = home.path("model")
        try FileManager.default.copyItem(atPath: fixtures + "/models/tiny-llama", toPath: folder)
        try FileManager.default.copyItem(
            atPath: fixtures + "/runs/tiny-gpt2.jsonl", toPath: folder + "/training_log.jsonl")
        try await load(folder)
        var request = RegisterRequest(path: folder)
        request.name = "m"
        #expect(try await registry.register(request).runs.map(\.step) == [1349])
        let detail = try registry.show("m")
        #expect(detail.runs.map(\.knownBy) == ["log"])
        #expect(detail.runs.map(\.run) == ["model"])
        request.run = "model"
        request.step = 7
        #expect(try await registry.register(request).runs.map(\.step) == [7])
        #expect(try registry.run(named: "model").checkpoints.map(\.knownBy) == ["linked"])
        #expect(try registry.unlinkRun("model", from: "m").outcome == "unlinked")
        #expect(throws: RegistryError.self) { try registry.unlinkRun("model", from: "m") }
    }

    @Test("refuses a condition that is none", arguments: ["lr", "=1", "loss<x", "", "loss<", "lr= "])
    func conditions(text: String) async throws {
        try await load(try write("step,loss\n1,2\n", to: "a.csv"))
        var filter = RunsFilter()
        filter.conditions = [text]
        #expect(throws: RegistryError.self) { try registry.runs(filter) }
    }

    @Test("follows a log while it is written: each value once, in any pieces") func watch() async throws {
        let path = try write("", to: "live.jsonl")
        var request = RunsWatchRequest(path: path)
        request.interval = .milliseconds(2)
        let registry = registry
        let followed = request
        let (growth, told) = AsyncStream.makeStream(of: Int.self)
        let watching = Task {
            defer { told.finish() }
            return try await registry.watchRun(followed) { told.yield($0.addedValues) }
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        let text = (1...50).map { #"{"step": \#($0), "loss": \#($0)}"# + "\n" }.joined()
        for start in stride(from: 0, to: text.utf8.count, by: 37) {
            try handle.write(contentsOf: Data(Array(text.utf8).dropFirst(start).prefix(37)))
            await Task.yield()
        }
        for await count in growth where count == 50 { watching.cancel() }
        let report = try await watching.value
        #expect(report.addedValues == 50)
        #expect(report.runs.first?.outcome == "imported")
        request.untilIdle = .zero
        let wanted = request
        // The next watch, and an import, go on from there.
        try handle.write(contentsOf: Data(#"{"step": 51, "loss": 51}"#.utf8))
        #expect(try await registry.watchRun(wanted).addedValues == 1)
        #expect(try await load(path).addedValues == 0)
        #expect(try values("live", "loss") == (1...51).map { "\($0) \($0).0" })
    }

    @Test("ends a watch in good order when its task is cancelled") func cancelled() async throws {
        let path = try write("step,loss\n1,2\n", to: "a.csv")
        let registry = registry
        let watching = Task {
            var request = RunsWatchRequest(path: path)
            request.interval = .seconds(3600)
            return try await registry.watchRun(request)
        }
        while try registry.runs().isEmpty { await Task.yield() }
        watching.cancel()
        #expect(try await watching.value.addedValues == 1)
    }
}
