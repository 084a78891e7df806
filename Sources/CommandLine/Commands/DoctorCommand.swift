import ArgumentParser
import Registry

/// `ingot doctor`: is the home in order?
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Explain the home: where it lies, how it is kept, and what is wrong with it.",
        discussion: """
            Changes nothing, and reads no stored weights ('ingot verify' does). Exits with 1 when there is a fault.

            Examples:
              ingot doctor
              ingot doctor --deep
              ingot doctor --home /mnt/models/ingot --json
            """)

    @Flag(help: "Check also whether the catalog's indexes, keys and search agree with its tables.")
    var deep = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let home = try Environment.process.homeFolder(option: store.home)
        let report = try ModelRegistry.examine(home: home, check: deep ? .deep : .quick)
        try document.print(report, summary: report.summary(home: store.home), quietly: store.quiet)
        if !report.faults.isEmpty { throw ExitCode.failure }
    }
}
