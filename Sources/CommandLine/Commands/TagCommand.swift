import ArgumentParser
import Registry

/// `ingot tag`: give an artifact another tag.
struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Make a tag mean an artifact; a tag that meant another moves, and its history is kept.",
        discussion: """
            Example:
              ingot tag smollm2-135m:nf4 production
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Argument(help: "The tag, or [owner/]model:tag for a tag of another model.")
    var tag: String

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let report = try store.registry(.readWrite).tag(name, as: tag)
        try document.print(
            report,
            summary: store.quiet ? [] : [TerminalText.escaped("\(report.name) is \(Figures.digest(report.digest))")],
            notes: report.notes, quietly: store.quiet)
    }
}
