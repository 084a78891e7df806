import ArgumentParser
import Registry

/// `ingot runs link`: say which checkpoint a run wrote.
struct RunsLinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Say that a run wrote an artifact, and at which step.",
        discussion: """
            An artifact that has the run's log among its files is linked without this.

            Examples:
              ingot runs link tiny-llama tiny-llama@v2 --step 3669
              ingot runs link tiny-llama tiny-llama@v2 --undo
            """)

    @Argument(help: ArgumentHelp("The run's name.", valueName: "run"), completion: .runNames) var name: String
    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var artifact: String
    @Option(help: "The step at which it was written.") var step: Int?
    @Flag(help: "Take back such a link.") var undo = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard !undo || step == nil else { throw ValidationError("--undo takes no --step.") }
    }

    func run() throws {
        let registry = try store.registry(.readWrite)
        let report =
            undo
            ? try registry.unlinkRun(name, from: artifact) : try registry.linkRun(name, to: artifact, step: step)
        try document.print(report, summary: store.quiet ? [] : report.summary, quietly: store.quiet)
    }
}
