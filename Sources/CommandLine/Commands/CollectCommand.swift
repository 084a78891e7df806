import ArgumentParser
import Registry

/// `ingot gc`: give back what nothing needs.
struct CollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Give back bytes that nothing needs; with rules, also artifacts that fall out of them.",
        discussion: """
            Without rules no artifact goes: only bytes that no artifact is made of, and what killed acts have left. \
            --dry-run says what would go and why, to the byte. Nothing goes that a running act counts on, nor a parent \
            of what stays.

            Rules are a YAML file (docs/store-keeping.md), or an SQL condition on artifact_summary; an artifact with \
            several names goes when the condition holds for each of its rows.

            Examples:
              ingot gc --dry-run
              ingot gc --keep-rules keep.yaml --dry-run
              ingot gc --drop-where "kind = 'quantized' AND created_at < '2026-01-01'"
            """)

    @Flag(name: .customLong("dry-run"), help: "Say what would go, and change nothing.")
    var isDryRun = false

    @Option(
        help: ArgumentHelp("Forget the artifacts that the rules in this file do not keep.", valueName: "file"),
        completion: .file())
    var keepRules: String?

    @Option(
        help: ArgumentHelp("Forget the artifacts for which this SQL condition holds.", valueName: "sql"))
    var dropWhere: String?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard keepRules == nil || dropWhere == nil else {
            throw ValidationError("Give --keep-rules or --drop-where, not both.")
        }
    }

    func run() throws {
        var request = CollectRequest()
        request.effect = isDryRun ? .report : .remove
        if let keepRules { request.retention = .rules(path: keepRules) }
        if let dropWhere { request.retention = .dropWhere(dropWhere) }
        // A home is looked for first: nothing is to be made where there is none.
        let reading = try store.registry(.readOnly)
        let report = try (isDryRun ? reading : store.registry(.readWrite)).collect(request)
        try document.print(
            report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
    }
}
