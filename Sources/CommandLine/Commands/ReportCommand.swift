import ArgumentParser
import Foundation
import Registry

/// `ingot report`: what the catalog knows about an artifact, as a page or a model card.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a report about an artifact: one HTML page, or a model card for the Hub.",
        discussion: """
            The page needs no network and no script: lineage, sizes, errors by layer, results beside the parent's, \
            training curves and the model card are in it. The model card (--format md) is a README.md with license, \
            base model, library and results in YAML at its start; it is printed unless -o names a file.

            Examples:
              ingot report smollm2-135m:nf4
              ingot report smollm2-135m:nf4 -o report.html --force
              ingot report smollm2-135m:nf4 --format md > README.md
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "The file to write, a folder for it, or - for standard output (default: NAME.html here; md is printed).",
            valueName: "file"),
        completion: .file())
    var destination: String?

    @Option(help: ArgumentHelp("What to write: html or md.", valueName: "format"), transform: Self.format)
    var format = ReportRequest.Format.html

    @Option(
        help: ArgumentHelp(
            "A date to state, such as 2026-05-01. Without one, the same catalog gives the same bytes.",
            valueName: "date"))
    var date: String?

    @Flag(help: "Replace the file when it exists.")
    var force = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    private static func format(_ text: String) throws -> ReportRequest.Format {
        guard let format = ReportRequest.Format(rawValue: text) else {
            let known = ReportRequest.Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(text)' is no format of a report; there are \(known).")
        }
        return format
    }

    func validate() throws {
        guard destination != "" else { throw ValidationError("The file must not be empty.") }
        if let date {
            let style = Date.ISO8601FormatStyle().year().month().day()
            guard let day = try? style.parse(date), style.format(day) == date else {
                throw ValidationError("--date must be a day like 2026-05-01, got '\(date)'.")
            }
        }
    }

    func run() throws {
        var request = ReportRequest(name: name)
        request.format = format
        request.date = date
        request.existing = force ? .replace : .refuse
        request.destination = place
        let report = try store.registry(.readOnly).report(request)
        if let text = report.text, !document.json {
            let output = TextOutput.standard()
            try output.write(text)
            try output.flush()
            if !store.quiet { report.notes.forEach(Notices.note) }
        } else {
            try document.print(
                report, summary: store.quiet ? [] : report.summary, notes: report.notes, quietly: store.quiet)
        }
    }

    /// Nil for standard output.
    private var place: String? {
        guard let destination else {
            return format == .html ? ModelRegistry.reportFileName(for: name, format) : nil
        }
        return destination == "-" ? nil : destination
    }
}

extension ReportDocument {
    /// What was written where.
    var summary: [String] {
        [
            "\(TerminalText.escaped(name)): \(Figures.bytes(bytes)) in \(TerminalText.escaped(destination ?? "-"))",
            "  " + sections.joined(separator: ", ").lowercased(),
        ]
    }
}
