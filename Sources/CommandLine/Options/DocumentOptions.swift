import ArgumentParser
import Bytes

/// The option of commands that report one thing.
struct DocumentOptions: ParsableArguments {
    @Flag(help: "Print the report as one JSON document.")
    var json = false

    /// Prints `report` as JSON when that was asked for, otherwise `summary`, and `notes` on standard error.
    func print(
        _ report: some Encodable, summary: @autoclosure () -> [String], notes: [String] = [], quietly isQuiet: Bool,
        to output: TextOutput = .standard()
    ) throws {
        if json {
            try output.line(JSONText.document(JSONReport.document(report)))
        } else {
            for line in summary() { try output.line(line) }
        }
        try output.flush()
        if !json, !isQuiet { notes.forEach(Notices.note) }
    }
}
