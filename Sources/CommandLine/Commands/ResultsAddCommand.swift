import ArgumentParser
import Registry

/// `ingot results add`: record measurements.
struct ResultsAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Record measurements of an artifact.",
        discussion: """
            Examples:
              ingot results add smollm2-135m:nf4 loss=2.81 --task heldout
              ingot results add smollm2-135m:nf4 acc=0.612 acc_norm=0.634 --task hellaswag
            """)

    @Argument(
        help: "The artifact: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Argument(
        help: ArgumentHelp(
            "What was measured, '=', and the number (nan and inf are numbers).", valueName: "metric=value"),
        transform: Measurement.init(argument:))
    var measurements: [Measurement]

    @Option(help: "The task or benchmark.") var task: String?
    @Option(help: "The data it was measured on.") var dataset: String?
    @Option(help: "The measuring tool.") var tool: String?
    @Option(help: "The unit of the values.") var unit: String?

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let results = measurements.map { measurement in
            var result = NewResult(metric: measurement.metric, value: measurement.value)
            result.task = task
            result.dataset = dataset
            result.tool = tool
            result.unit = unit
            return result
        }
        let report = try store.registry(.readWrite).addResults(results, to: name)
        try document.print(report, summary: store.quiet ? [] : report.summary, quietly: store.quiet)
    }
}

/// A measurement as the user types it: `loss=2.81`.
struct Measurement: Equatable, Sendable {
    var metric: String
    var value: Double

    /// - Throws: `ValidationError` when `argument` is not a metric, `=` and a number.
    init(argument: String) throws {
        guard let place = argument.lastIndex(of: "="), place != argument.startIndex,
            let value = Double(argument[argument.index(after: place)...])
        else { throw ValidationError("'\(argument)' is no measurement: give METRIC=NUMBER, such as loss=2.81.") }
        metric = String(argument[..<place])
        self.value = value
    }
}

extension ResultsReport {
    /// What `results add` and `results import` did, for a person.
    var summary: [String] {
        let present = unchanged > 0 ? ", \(Figures.count(unchanged, "result")) there already" : ""
        return [TerminalText.escaped("recorded \(Figures.count(added, "result")) of \(name)\(present)")]
    }
}
