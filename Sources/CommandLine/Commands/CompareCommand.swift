import ArgumentParser
import Foundation
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
              ingot compare smollm2-135m smollm2-135m:nf4 --metric ppl,acc
              ingot compare smollm2-135m --pareto x=stored_bytes,y=rel_rmse -o pareto.svg
              ingot compare smollm2-135m --pareto x=bits_per_weight,y=hellaswag/acc:max
            """)

    @Argument(
        help: """
            Two or more artifacts: [owner/]model[:tag], model@vN, or @ and the start of a digest. With --metric or \
            --pareto, one stands for itself, the other tags of its model, and what was made from it.
            """,
        completion: .artifactNames)
    var names: [String]

    @Option(
        help: ArgumentHelp("Add errors up by role, layer or tensor (default: role).", valueName: "group"),
        transform: Self.grouping)
    var by = CompareReport.Grouping.role

    @Option(
        help: ArgumentHelp(
            "Show the newest results of these metrics, each METRIC or TASK/METRIC.", valueName: "name,..."))
    var metric: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Mark the artifacts that no other beats: columns of artifact_summary or metrics; :min or :max behind one \
            says what is better where its name does not.
            """, valueName: "x=name,y=name"),
        transform: ParetoArgument.init(parsing:))
    var pareto: ParetoArgument?

    @OptionGroup var picture: PictureOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    private static func grouping(_ text: String) throws -> CompareReport.Grouping {
        guard let grouping = CompareReport.Grouping(rawValue: text) else {
            let known = CompareReport.Grouping.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(text)' is no group; there are \(known).")
        }
        return grouping
    }

    /// The metrics that were asked for, in one option or several.
    private var metrics: [String] {
        metric.flatMap { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    func validate() throws {
        guard names.count > 1 || !metrics.isEmpty || pareto != nil else {
            throw ValidationError("Name two or more artifacts to compare.")
        }
        guard picture.path == nil || pareto != nil else {
            throw ValidationError("-o writes the picture of --pareto; say which axes it has.")
        }
    }

    func run() throws {
        var report = try store.registry(.readOnly).compare(
            names, by: by, metrics: metrics, pareto: pareto?.request)
        if let front = report.pareto {
            report.pareto?.path = try picture.write(front.svg(titled: title))
        }
        let summary = try summary(report, .standardOutput(.process))
        try document.print(report, summary: summary, notes: report.notes, quietly: store.quiet)
    }

    private var title: String { names.count == 1 ? names[0] : "\(names.count) artifacts" }

    private func summary(_ report: CompareReport, _ terminal: TerminalStyle) throws -> [String] {
        guard let front = report.pareto else { return try report.summary(terminal) }
        let results = report.metrics.isEmpty ? [] : try report.summary(terminal) + [""]
        let drawn = try front.summary(terminal, .standardOutput(.process), titled: title)
        return results + drawn + (front.path.map { ["", "drawn \(TerminalText.escaped($0))"] } ?? [])
    }
}
