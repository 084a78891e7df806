import ArgumentParser
import Registry

/// `ingot results check`: hold an artifact's results against another's.
struct ResultsCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check that an artifact's results are not worse than another's.",
        discussion: """
            Exit code 0 when every metric is within its limit, 1 when one is not, is missing, or was measured \
            otherwise. Of several results measured in one way the newest counts. A drop beyond the limit that may be \
            chance (p of 0.05 or more, from the standard errors or the number of samples) is "no difference" and \
            passes, unless --strict is given.

            A limit counts in the metric's own unit; 'acc=1%' is 1 percent of the other's value, 'acc=1pp' one point of \
            a hundred. On a share from 0 to 1, a limit of 1 or more counts in points. For metrics of which less is \
            better, a rise counts as a drop.

            Examples:
              ingot results check smollm2-135m:nf4 --against smollm2-135m --max-drop acc=1
              ingot results check smollm2-135m:nf4 --against smollm2-135m --max-drop ppl=2% --max-drop acc_norm=0.5pp
            """)

    @Argument(
        help: "The artifact to check: [owner/]model[:tag], model@vN, or @ and the start of a digest.",
        completion: .artifactNames)
    var name: String

    @Option(
        help: ArgumentHelp("The artifact that it is held against, such as its parent.", valueName: "name"),
        completion: .artifactNames)
    var against: String

    @Option(
        help: ArgumentHelp("How much worse a metric may be; may be given again.", valueName: "metric=limit"),
        transform: Self.limit)
    var maxDrop: [ResultsCheckRequest.Limit]

    @Option(help: "Only this task; may be given again.")
    var task: [String] = []

    @Option(help: ArgumentHelp("A metric of which more is better; may be given again.", valueName: "metric"))
    var higherIsBetter: [String] = []

    @Option(help: ArgumentHelp("A metric of which less is better; may be given again.", valueName: "metric"))
    var lowerIsBetter: [String] = []

    @Flag(help: "Fail at a drop beyond the limit also when it may be chance.")
    var strict = false

    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    /// - Throws: `ValidationError` when `text` is not a metric, `=` and a limit.
    static func limit(_ text: String) throws -> ResultsCheckRequest.Limit {
        let units: [(suffix: String, unit: ResultsCheckRequest.Limit.Unit)] = [("%", .percent), ("pp", .points)]
        guard let place = text.lastIndex(of: "="), place != text.startIndex else {
            throw ValidationError("'\(text)' is no limit: give METRIC=LIMIT, such as acc=1 or ppl=2%.")
        }
        let limit = String(text[text.index(after: place)...])
        let unit = units.first { limit.hasSuffix($0.suffix) }
        guard let amount = Double(limit.dropLast(unit?.suffix.count ?? 0)), amount >= 0, amount.isFinite else {
            throw ValidationError("'\(limit)' is no limit: give a number from 0 on, with or without % or pp.")
        }
        return .init(metric: String(text[..<place]), amount: amount, unit: unit?.unit ?? .own)
    }

    func validate() throws {
        guard !maxDrop.isEmpty else { throw ValidationError("Say how much worse it may be: --max-drop METRIC=LIMIT.") }
        if let both = higherIsBetter.first(where: lowerIsBetter.contains) {
            throw ValidationError("'\(both)' cannot be better both higher and lower.")
        }
    }

    func run() throws {
        var request = ResultsCheckRequest(name: name, against: against, limits: maxDrop)
        request.tasks = task
        request.higherIsBetter = Set(higherIsBetter)
        request.lowerIsBetter = Set(lowerIsBetter)
        request.isStrict = strict
        let report = try store.registry(.readOnly).checkResults(request)
        let summary = try report.summary(.standardOutput(.process))
        try document.print(report, summary: summary, notes: report.notes, quietly: store.quiet)
        if !report.passed { throw ExitCode.failure }
    }
}
