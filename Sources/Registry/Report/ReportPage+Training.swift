import Charts

extension ReportPage {
    /// The runs that wrote the artifact or an ancestor: their curves, and what these do.
    var training: Section? {
        let runs = facts.runs
        guard !runs.isEmpty else { return nil }
        let parts = runs.map { run -> Markup in
            let step = run.step.map { " at step \(Figures.grouped(Int($0)))" } ?? ""
            let head: Markup = """
                <h3>Run \(run.name)</h3>
                <p>It wrote \(run.artifact)\(step).</p>

                """
            return "\(head)\(findings(run))\(curves(run))"
        }
        return Section(id: "training", title: "Training", content: Markup(parts))
    }

    private func findings(_ run: ReportFacts.Run) -> Markup {
        guard let analysis = run.analysis else { return "<p>\(run.problem ?? "Nothing of it can be drawn.")</p>\n" }
        let evidence = analysis.evidence.map { sentence -> Markup in "<li>\(sentence)</li>" }
        return "<p>\(analysis.metric.name): <strong>\(analysis.verdict)</strong></p>\n<ul>\(evidence)</ul>\n"
    }

    private func curves(_ run: ReportFacts.Run) -> Markup {
        run.chart.map { .scrolling("Curves of run \(run.name)", "<figure>\($0.element)</figure>") } ?? ""
    }
}
