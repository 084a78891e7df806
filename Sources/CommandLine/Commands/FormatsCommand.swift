import ArgumentParser
import Registry

/// `ingot formats`: what is read and written.
struct FormatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "formats",
        abstract: "List the file formats that are read and written.",
        discussion: """
            Files are recognized by their bytes and by config.json, never by their names.

            Examples:
              ingot formats
              ingot formats --output markdown
            """)

    @OptionGroup var rows: RowOptions

    func run() throws {
        try rows.print(ModelRegistry.formats, columns: Self.columns, shown: Self.shown)
    }

    static let columns: [Column<FormatRow>] = [
        Column("name") { .text($0.name) },
        Column("is_read") { .bool($0.isRead) },
        Column("is_written") { .bool($0.isWritten) },
        Column("summary") { .text($0.summary) },
    ]

    private static let shown: [Column<FormatRow>] = [
        Column("format") { .text($0.name) },
        Column("reads") { .text($0.isRead ? "yes" : "no") },
        Column("writes") { .text($0.isWritten ? "yes" : "no") },
        Column("what") { .text($0.summary) },
    ]
}
