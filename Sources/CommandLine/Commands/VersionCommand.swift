import ArgumentParser
import Registry

/// `ingot version`: which Ingot this is.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version.",
        discussion: """
            Example:
              ingot version --json
            """)

    @OptionGroup var document: DocumentOptions

    func run() throws {
        try document.print(
            VersionReport(version: ModelRegistry.version), summary: ["ingot \(ModelRegistry.version)"], quietly: false)
    }
}

/// What `version` tells.
struct VersionReport: Encodable {
    /// The tool's version.
    var version: String
}
