import Foundation
import Testing

@testable import CommandLine

@Suite("Completion of names", .timeLimit(.minutes(20))) struct CompletionTests {
    private func ingot(_ folder: TemporaryFolder) throws -> IngotProcess {
        let ingot = IngotProcess(home: folder("home"))
        let path = try folder.write(TinyWeights.file(), to: "weights.safetensors")
        try ingot.succeeding("register", path, "--as", "tiny", "--to", "nf4")
        try ingot.succeeding("tag", "tiny:nf4", "prod")
        return ingot
    }

    /// What a generated script asks: the command, the argument, which word it is, where the cursor is, all words.
    private func offered(
        _ ingot: IngotProcess, _ command: String, _ words: [String], shell: String = "bash"
    ) throws -> [String] {
        var ingot = ingot
        ingot.environment["SAP_SHELL"] = shell
        let last = words.last ?? ""
        let outcome = try ingot.run(
            ["---completion", command, "--", "positional@0", "\(words.count - 1)", "\(last.count)"] + words)
        #expect(outcome.exitCode == 0)
        #expect(outcome.errors == "")
        return outcome.output.split(separator: "\n").map(String.init).filter { $0 != " " }  // the library's end for zsh
    }

    @Test("offers names, tags and versions of the store") func names() throws {
        let folder = try TemporaryFolder()
        let ingot = try ingot(folder)
        #expect(try offered(ingot, "show", ["ingot", "show", ""]) == ["tiny", "tiny:nf4", "tiny:prod"])
        #expect(try offered(ingot, "show", ["ingot", "show", "tiny:n"]) == ["tiny:nf4"])
        #expect(try offered(ingot, "rm", ["ingot", "rm", "x"]) == [])
        // zsh would take the tag for a description.
        #expect(try offered(ingot, "show", ["ingot", "show", "tiny:n"], shell: "zsh") == ["tiny\\:nf4"])
    }

    @Test("takes the home of the command line, and is silent without one") func home() throws {
        let folder = try TemporaryFolder()
        let ingot = try ingot(folder)
        let elsewhere = IngotProcess(home: folder("nothing"))
        #expect(try offered(elsewhere, "show", ["ingot", "show", "t"]) == [])
        #expect(!FileManager.default.fileExists(atPath: folder("nothing")))
        #expect(
            try offered(elsewhere, "show", ["ingot", "show", "--home", folder("home"), "tiny:p"]) == ["tiny:prod"])
        #expect(
            try offered(elsewhere, "show", ["ingot", "show", "--home=" + folder("home"), "tiny:p"]) == ["tiny:prod"])
        try Data("no database".utf8).write(to: URL(fileURLWithPath: folder("home/catalog.sqlite")))
        #expect(try offered(ingot, "show", ["ingot", "show", "t"]) == [])
    }

    @Test("stands in the script of every shell", arguments: ["bash", "zsh", "fish"]) func scripts(shell: String) throws
    {
        let script = try IngotProcess(home: "/nonexistent").succeeding("--generate-completion-script", shell).output
        #expect(script.contains("---completion show -- positional@0"))
        #expect(script.contains("---completion convert -- positional@0"))
        #expect(script.contains("note"))
    }

    /// bash itself completes a line; words and what is asked for are as it breaks lines at colons, '@' and '='.
    @Test(
        "works in bash, in the midst of names too",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash")))
    func bash() throws {
        let folder = try TemporaryFolder()
        let ingot = try ingot(folder)
        let script = try ingot.succeeding("--generate-completion-script", "bash").output
        let path = try folder.write(Array(script.utf8), to: "completion.bash")
        func completed(_ words: String, asked: String, line: String, behind: Int = 0) throws -> [String] {
            let command = """
                /bin/bash --norc -c 'source "\(path)"; COMP_WORDS=("$INGOT" \(words)); COMP_LINE="$INGOT \(line)"; \
                COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMP_POINT=$(( ${#COMP_LINE} - \(behind) )); \
                _ingot_whole_names ingot "\(asked)" x; printf "%s\\n" "${COMPREPLY[@]}"'
                """
            return try ingot.shell(command).output.split(separator: "\n").map(String.init)
        }
        #expect(try completed("show ti", asked: "ti", line: "show ti") == ["tiny", "tiny:nf4", "tiny:prod"])
        #expect(try completed("show tiny : n", asked: "n", line: "show tiny:n") == ["nf4"])
        #expect(try completed("show tiny :", asked: "", line: "show tiny:") == ["nf4", "prod"])
        #expect(
            try completed(
                "show --home = \(folder("home"))", asked: folder("home"), line: "show --home=\(folder("home"))") == [])
        #expect(
            try completed(
                "results check tiny --against = tiny : n", asked: "n", line: "results check tiny --against=tiny:n")
                == ["nf4"])
        // The cursor stands behind "n".
        #expect(try completed("show tiny : nf4", asked: "n", line: "show tiny:nf4", behind: 2) == ["nf4"])
        #expect(try completed("show tiny @ v", asked: "@v", line: "show tiny@v") == ["@v1"])
        #expect(try completed("rm tiny : nf4 tiny : p", asked: "p", line: "rm tiny:nf4 tiny:p") == ["prod"])
        #expect(try completed("rm tiny : nf4 \"\"", asked: "", line: "rm tiny:nf4 ").contains("tiny:prod"))
        let home = folder("home")
        #expect(
            try completed("show --home = \(home) tiny : n", asked: "n", line: "show --home=\(home) tiny:n") == ["nf4"])
        #expect(try completed("sql @ worst", asked: "@worst", line: "sql @worst") == ["@worst-tensors"])
    }
}
