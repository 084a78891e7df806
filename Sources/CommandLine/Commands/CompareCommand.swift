import ArgumentParser
import Registry

/// `ingot compare`: artifacts side by side.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Lay artifacts side by side: bytes, bits per weight, and errors against the parent.",
        discussion: """
            Examples:
              ingot compare smollm2-135m smollm2-135m:nf4 smollm2-135m:fp4
              ingot compare smollm2-135m:nf4 smollm2-135m:fp4 --by layer
              ingot compare smollm2-135m:nf4 smollm2-135m:fp4 --by tensor --json
            """)

    @Argument(
        help: "Two or more artifacts: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var names: [String]

    @Option(
        help: ArgumentHelp("Add errors up by role, layer or tensor (default: role).", valueName: "group"),
        transform: Self.grouping)
    var by = CompareReport.Grouping.role

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    private static func grouping(_ text: String) throws -> CompareReport.Grouping {
        guard let grouping = CompareReport.Grouping(rawValue: text) else {
            let known = CompareReport.Grouping.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(text)' is no group; there are \(known).")
        }
        return grouping
    }

    func validate() throws {
        guard names.count > 1 else { throw ValidationError("Name two or more artifacts to compare.") }
    }

    func run() throws {
        let report = try store.registry(.readOnly).compare(names, by: by)
        let summary = try report.summary(.standardOutput(.process))
        try document.print(report, summary: summary, notes: report.notes, quietly: store.quiet)
    }
}
