import ArgumentParser
import Registry

/// `ingot rename`: give a model another name.
struct RenameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a model another name; its tags, versions and results go with it.",
        discussion: """
            Example:
              ingot rename smollm2-135m huggingface/smollm2-135m
            """)

    @Argument(help: "The name that it has.", completion: .artifactNames)
    var name: String

    @Argument(help: "The name to give.")
    var newName: String

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let report = try store.registry(.readWrite).rename(name, to: newName)
        try document.print(
            report, summary: store.quiet ? [] : [TerminalText.escaped("\(name) is now \(report.name)")],
            notes: report.notes, quietly: store.quiet)
    }
}
