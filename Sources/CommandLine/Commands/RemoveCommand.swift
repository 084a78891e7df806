import ArgumentParser
import Registry

/// `ingot rm`: forget artifacts.
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Forget artifacts, and free the bytes that nothing else uses.",
        discussion: """
            An artifact that others were made from is refused without --force; with it, they stay and keep its \
            digest in their lineage.

            Examples:
              ingot rm smollm2-135m:nf4
              ingot rm smollm2-135m --force
            """)

    @Argument(
        help: "The artifacts: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: [String]

    @Flag(help: "Remove also what others were made from.")
    var force = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let report = try store.registry(.readWrite).remove(name, dependents: force ? .orphan : .refuse)
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
