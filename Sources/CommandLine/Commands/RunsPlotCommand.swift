import ArgumentParser
import Registry

/// `ingot runs plot`: curves of runs.
struct RunsPlotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot",
        abstract: "Draw the curves of runs: loss, accuracy, learning rate, and the gap of validation.",
        discussion: """
            With -o the picture is an SVG file: dark on white on paper, and light on dark where the reader's screen is \
            so. Without, it is drawn in the terminal.

            Examples:
              ingot runs plot tiny-llama
              ingot runs plot tiny-llama tiny-gpt2 -o curves.svg
              ingot runs plot tiny-llama --metric grad_norm -o norm.svg --force
            """)

    @Argument(help: "Runs, 1 to \(ModelRegistry.mostPlottedRuns).", completion: .runNames) var runs: [String]

    @OptionGroup var curves: CurveOptions
    @OptionGroup var picture: PictureOptions
    @OptionGroup var document: DocumentOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let plot = try store.registry(.readOnly).plotRuns(
            runs, metric: curves.metric, validation: curves.validation)
        var report = plot.report
        report.path = try picture.write(plot.svg)
        try document.print(
            report, summary: summary(plot), notes: report.notes, quietly: store.quiet)
    }

    private func summary(_ plot: RunPlot) -> [String] {
        if let path = picture.path { return store.quiet ? [] : ["drawn \(TerminalText.escaped(path))"] }
        let canvas = TerminalPlot(.standardOutput(.process), .standardOutput(.process))
        return plot.panels.enumerated().flatMap { index, panel in
            (index == 0 ? [] : [""]) + canvas.lines(panel, height: index == 0 ? 14 : 6)
        }
    }
}

/// Where a picture goes.
struct PictureOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write the picture to this SVG file.", valueName: "file"), completion: .file())
    var path: String?

    @Flag(help: "Replace the file when it is there.")
    var force = false

    func validate() throws {
        guard let path else {
            if force { throw ValidationError("--force replaces a picture: name it with -o.") }
            return
        }
        guard path.lowercased().hasSuffix(".svg") else {
            throw ValidationError("-o must name an .svg file, got '\(path)'.")
        }
    }

    /// Writes the picture where the user wants one; returns where.
    func write(_ svg: String) throws -> String? {
        guard let path else { return nil }
        try ModelRegistry.write(svg, to: path, existing: force ? .replace : .refuse)
        return path
    }
}
