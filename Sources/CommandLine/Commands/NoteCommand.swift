import ArgumentParser
import Registry

/// `ingot note`: what people know of an artifact.
struct NoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note",
        abstract: "Note something of an artifact, list its notes, or take them back.",
        discussion: """
            Notes stay with the bytes when names move, and 'ingot ls' finds artifacts by them. Without a text, the notes \
            are listed; '-' takes the text from standard input. --remove takes back the note with this very text, or all.

            Examples:
              ingot note smollm2-135m:nf4 "loses French; use q4_k_m there"
              ingot note smollm2-135m:nf4
              ingot note smollm2-135m:nf4 --remove
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Argument(help: "The note, as one word for the shell; '-' reads it from standard input.")
    var text: String?

    @Flag(help: "Take back the note with this text, or all notes.")
    var remove = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let text = try self.text.map { $0 == "-" ? try TextInput.standard().trimmingNewlines : $0 }
        let report: NoteReport
        if remove {
            report = try store.registry(.readWrite).removeNotes(text, from: name)
        } else if let text {
            report = try store.registry(.readWrite).addNote(text, to: name)
        } else {
            report = try store.registry(.readOnly).notes(of: name)
        }
        let isListing = !remove && text == nil
        try document.print(
            report, summary: isListing ? report.list : store.quiet ? [] : [report.outcome], quietly: store.quiet)
        if isListing, report.notes.isEmpty, !document.json, !store.quiet {
            Notices.note("no notes yet; 'ingot note \(name) TEXT' makes one")
        }
    }
}

extension NoteReport {
    /// The notes, for a person.
    fileprivate var list: [String] { notes.flatMap(\.lines) }

    /// What changed.
    fileprivate var outcome: String {
        let what = added > 0 ? "noted" : removed > 0 ? "took back \(Figures.count(removed, "note"))" : "no change"
        return TerminalText.escaped("\(name): \(what); it has \(Figures.count(notes.count, "note"))")
    }
}

extension ArtifactNote {
    /// The note with its time, further lines indented.
    var lines: [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { place, line in
            let margin = place == 0 ? Figures.minute(writtenAt) : String(repeating: " ", count: 16)
            return "  \(margin)  \(TerminalText.escaped(String(line)))"
        }
    }
}

extension String {
    /// The text without the line feeds at its end.
    fileprivate var trimmingNewlines: String {
        var text = self[...]
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}
