import Bytes
import Foundation
import Testing

@testable import CommandLine

@Suite("Runs on the command line", .timeLimit(.minutes(20))) struct RunsTests {
    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
    }

    private static let log = "step,loss,acc\n1,2.5,0.5\n2,1.25,0.75\n3,nan,0.5\n"

    @Test("are imported, listed and shown, with NaN in words") func flow() throws {
        let path = try folder.write(Array(Self.log.utf8), to: "first.csv")
        #expect(
            try ingot.succeeding("runs", "import", path).output == "imported first (csv): 6 values, to step 3\n")
        #expect(
            try ingot.succeeding("runs", "import", path).output == "0 runs with 0 new values, 1 run there already\n")
        let list = try ingot.succeeding("runs", "ls", "--metric", "loss", "--output", "csv").output
        #expect(list.contains("metric_last_text") && list.contains("nan") && list.contains("1.25"))
        let shown = try ingot.succeeding("runs", "show", "first").output
        #expect(shown.contains("loss") && shown.contains("nan") && shown.contains("1 not finite"))
        #expect(try ingot.succeeding("runs", "rm", "first").output == "forgot first, with 6 values\n")
    }

    @Test("say what to try when there is nothing") func empty() throws {
        let path = try folder.write(Array(Self.log.utf8), to: "first.csv")
        try ingot.succeeding("runs", "import", path)
        #expect(try ingot.succeeding("runs", "ls", "--metric", "los").errors.contains("there are acc, loss"))
        #expect(try ingot.succeeding("runs", "ls", "--experiment", "x").errors.contains("no experiment is called 'x'"))
        let unknown = try ingot("runs", "show", "frist")
        #expect(unknown.exitCode == 1 && unknown.errors.contains("Perhaps 'first' is meant"))
        #expect(try ingot("runs", "ls", "--sort", "loss").exitCode == 64)
        #expect(try ingot("register", path, "--step", "3").exitCode == 64)
    }

    @Test("are watched until Ctrl-C, and what was read is kept", arguments: [SIGINT, SIGTERM])
    func watch(signal: Int32) throws {
        let path = try folder.write(Array(Self.log.utf8), to: "first.csv")
        let running = try ingot.start("runs", "watch", path, "--interval", "0.01")
        while running.isRunning {
            let list = try ingot("runs", "ls", "--output", "csv")
            if list.exitCode == 0, list.output.contains("first") { break }
        }
        running.send(signal)
        let outcome = try running.outcome()
        #expect(outcome.exitCode == 0, "\(outcome.errors)")
        #expect(outcome.output == "imported first (csv): 6 values, to step 3\n")
    }
}
