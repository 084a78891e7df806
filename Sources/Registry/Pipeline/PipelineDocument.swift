import Charts

extension PipelineReport {
    /// What the report can be written as.
    public enum Format: String, CaseIterable, Sendable {
        /// One page that a browser shows without a network.
        case html
        case markdown = "md"
    }

    /// The steps with their bytes, parameters and errors, as a document.
    public func document(_ format: Format) -> String {
        switch format {
        case .html: page
        case .markdown: markdown
        }
    }

    // MARK: Words and rows that both have

    private static let titles = [
        "Step", "Transform", "Of", "Outcome", "Result", "Bytes", "Change", "Parameters", "Relative RMSE",
    ]

    private var lead: String {
        switch outcome {
        case "stopped": "The recipe \(recipe) on \(source.name) stopped before its end."
        case "unchanged": "The recipe \(recipe) on \(source.name); everything had been made before."
        default: "The recipe \(recipe) on \(source.name)."
        }
    }

    private func cells(of step: Step) -> [String] {
        [
            step.step, step.transform, step.input, step.status.rawValue.replacing("_", with: " "), step.name ?? "",
            step.bytes.map(Figures.grouped) ?? "",
            step.saving.map { Figures.fixed(-100 * $0, decimals: 1) + " %" } ?? "",
            step.parameters.map(Figures.grouped) ?? "", step.relRmse.map(Figures.real) ?? "",
        ]
    }

    private var sourceCells: [String] {
        [
            "source", "", "", "", source.name, Figures.grouped(source.bytes), "", Figures.grouped(source.parameters),
            "",
        ]
    }

    private var reasons: [(step: String, text: String)] {
        steps.compactMap { step in
            step.reason.map { reason in
                (step.step, reason + (step.replacedBy.map { "; \($0) came in its place" } ?? ""))
            }
        }
    }

    // MARK: Markdown

    private var markdown: String {
        var lines = ["# \(MarkdownText.escaped(recipe)): \(MarkdownText.escaped(source.name))", ""]
        lines += [MarkdownText.escaped(lead), ""]
        lines += MarkdownText.table(
            Self.titles, alignments: "lllllrrrr",
            ([sourceCells] + steps.map(cells)).map { $0.map(MarkdownText.escaped) })
        if !reasons.isEmpty {
            lines += [""]
            lines += reasons.map { "- \(MarkdownText.escaped($0.step)): \(MarkdownText.escaped($0.text))" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: HTML

    private var page: String {
        let made = steps.filter { $0.bytes != nil }
        var sections = [
            PageFrame.Section(id: "steps", title: "Steps", content: table),
            PageFrame.Section(
                id: "bytes", title: "Bytes and parameters",
                content: """
                    \(chart("Bytes of files", wholes(made, source.bytes, \.bytes, Figures.bytes)))
                    \(chart("Parameters", wholes(made, source.parameters, \.parameters, Figures.parameters)))
                    """),
        ]
        let errors = made.compactMap { step in
            step.relRmse.map { error in
                BarChart.Bar(
                    step.step, parts: [.init(series: 0, value: error, title: "\(step.step): \(Figures.real(error))")],
                    figure: Figures.real(error))
            }
        }
        if !errors.isEmpty {
            sections.append(
                PageFrame.Section(
                    id: "errors", title: "Error against each step's input",
                    content: chart("Relative RMSE", BarChart(errors, series: ["relative RMSE"]))))
        }
        let frame = PageFrame(
            title: "\(recipe): \(source.name)", lead: lead, figures: "",
            footer: "Written by ingot \(ModelRegistry.version).")
        return frame.text(sections)
    }

    private func wholes(
        _ made: [Step], _ source: Int, _ value: KeyPath<Step, Int?>, _ words: (Int) -> String
    ) -> BarChart {
        func bar(_ name: String, _ count: Int) -> BarChart.Bar {
            BarChart.Bar(
                name, parts: [.init(series: 0, value: Double(count), title: "\(name): \(Figures.grouped(count))")],
                figure: words(count))
        }
        return BarChart(
            [bar("source", source)] + made.map { bar($0.step, $0[keyPath: value] ?? 0) }, series: ["count"])
    }

    private func chart(_ title: String, _ chart: BarChart) -> Markup {
        .scrolling(
            title,
            "<h3>\(title)</h3><figure>\(chart.element(title: title, description: "The figures stand behind the bars."))</figure>"
        )
    }

    private var table: Markup {
        let rows = ([sourceCells] + steps.map(cells)).map { cells in cells.map { cell -> Markup in "\(cell)" } }
        let table = Markup.table(
            "Steps",
            Self.titles.enumerated().map { $0 < 5 ? .words($1) : .figures($1) }, rows)
        let items = reasons.map { reason -> Markup in "<li>\(reason.step): \(reason.text)</li>\n" }
        let list: Markup = items.isEmpty ? "" : "<ul>\n\(items)</ul>\n"
        return "\(table)\(list)"
    }
}
