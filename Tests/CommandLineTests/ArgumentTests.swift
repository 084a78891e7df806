import ArgumentParser
import Registry
import Testing

@testable import CommandLine

@Suite("Arguments") struct ArgumentTests {
    @Test(
        "that make no sense are misuse",
        arguments: [
            "frobnicate", "register", "register a b --as c", "register a --block 64", "register a --to nf4 --block 48",
            "register a --to nf4 --block 8192", "register a --parent x", "register a --parent mother=x",
            "register a --parent base=", "register a --threads 0", "convert x", "convert --to nf4",
            "convert x --to nf4 --nonfinite maybe", "export x", "export x y --dequantize i8",
            "export x y --link --dequantize f32", "ls --output yaml", "ls --json --output csv", "ls --limit 0", "show",
            "tensors", "tensors x --sort size", "tensors x --top 0", "tensors x --reverse", "compare", "compare x",
            "compare x y --by shape", "sql --time-limit 0 x", "sql --max-rows 0 x", "sql --file a b", "sql --schema x",
            "tag a",
            "rename a", "rm", "results add x", "results add x loss", "results add x =1", "results add x loss=high",
            "results import x", "results import --for m", "results import x --for m --format csv",
            "results check x --against y", "results check x --max-drop acc=1",
            "results check x --against y --max-drop acc", "results check x --against y --max-drop acc=-1",
            "results check x --against y --max-drop acc=1% --lower-is-better a --higher-is-better a",
            "version x", "ls --home=",
        ])
    func misuse(line: String) {
        let words = line.split(separator: " ").map(String.init)
        let error = #expect(throws: (any Error).self) { try IngotCommand.parseAsRoot(words) }
        #expect(error.map { IngotCommand.exitCode(for: $0) } == .validationFailure)
    }

    @Test("with an empty path are misuse", arguments: [[""], ["a", ""]])
    func emptyPath(paths: [String]) {
        let error = #expect(throws: (any Error).self) { try IngotCommand.parseAsRoot(["register"] + paths) }
        #expect(error.map { IngotCommand.exitCode(for: $0) } == .validationFailure)
        #expect(error.map { IngotCommand.message(for: $0) }?.contains("A path is empty") == true)
    }

    @Test("of a registration are read") func register() throws {
        let command = try #require(
            try IngotCommand.parseAsRoot([
                "register", "folder", "--as", "me/model:tag", "--update", "--reference", "--kind", "distilled",
                "--parent", "teacher=big", "--parent", "base=a=b", "--to", "nf4", "--block", "128", "--keep", "^a",
                "--keep", "b$", "--nonfinite", "keep", "--threads", "3", "--home", "h", "--json", "-q",
            ]) as? RegisterCommand)
        #expect(command.path == ["folder"])
        #expect(command.name == "me/model:tag")
        #expect(command.parents.map(\.role) == ["teacher", "base"])
        #expect(command.parents.map(\.name) == ["big", "a=b"])
        let request = command.conversion.request("x", to: "nf4")
        #expect(request.blockSize == 128)
        #expect(request.keep == ["^a", "b$"])
        #expect(request.nonfinite == .keep)
        #expect(command.work.taken == .update)
        #expect(command.work.threads == 3)
        #expect(command.store.home == "h")
        #expect(command.store.quiet && command.document.json && command.reference)
    }

    @Test("of results may name the artifact without 'list'") func results() throws {
        let parsed = try IngotCommand.parseAsRoot(["results", "tiny:nf4", "--json"])
        let command = try #require(parsed as? ResultsListCommand)
        #expect(command.name == "tiny:nf4")
        #expect(command.rows.style == .json)
    }

    @Test(
        "that limit a drop are a metric and a number in some unit",
        arguments: [
            ("acc=1", "acc", 1, .own), ("a=b=0.5pp", "a=b", 0.5, .points), ("ppl=2.5%", "ppl", 2.5, .percent),
        ] as [(String, String, Double, ResultsCheckRequest.Limit.Unit)])
    func limit(text: String, metric: String, amount: Double, unit: ResultsCheckRequest.Limit.Unit) throws {
        #expect(try ResultsCheckCommand.limit(text) == .init(metric: metric, amount: amount, unit: unit))
    }

    @Test(
        "that measure are a metric and a number",
        arguments: [("loss=2.81", "loss", 2.81), ("a=b=1e-3", "a=b", 0.001), ("x=inf", "x", .infinity)])
    func measurement(text: String, metric: String, value: Double) throws {
        let measurement = try Measurement(argument: text)
        #expect(measurement.metric == metric)
        #expect(measurement.value == value)
    }

    @Test("are explained with an example for each command") func help() {
        var pending: [any ParsableCommand.Type] = IngotCommand.configuration.subcommands
        #expect(pending.count == 35)
        while let command = pending.popLast() {
            pending += command.configuration.subcommands
            #expect(!command.configuration.abstract.isEmpty)
            #expect(command.configuration.discussion.contains("  ingot "), "\(command)")
        }
    }

    @Test("are described on the page of commands") func page() throws {
        let page = String(decoding: try Project.bytes("docs/commands.md"), as: UTF8.self)
        for command in IngotCommand.configuration.subcommands {
            let name = try #require(command.configuration.commandName)
            #expect(page.contains("## ingot \(name)\n\n    ingot \(name)"))
            let options = command.helpMessage(columns: 200).matches(of: /--[a-z-]+/).map { String($0.output) }
            let section = page.split(separator: "## ingot \(name)\n").last?.split(separator: "\n## ").first ?? ""
            let shared = ["--home", "--wait", "--quiet", "--json", "--output", "--help", "--version"]
            for option in Set(options).subtracting(shared) { #expect(section.contains(option), "\(name) \(option)") }
        }
    }
}
