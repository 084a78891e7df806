import ArgumentParser
import Registry

/// `ingot show`: everything about one artifact.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show everything about one artifact: identity, model, weights, files, relatives, results.",
        discussion: """
            Examples:
              ingot show smollm2-135m:nf4
              ingot show @3f2a91c0 --json
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let detail = try store.registry(.readOnly).show(name)
        try document.print(
            detail, summary: detail.summary(.standardOutput(.process)), quietly: store.quiet)
    }
}
