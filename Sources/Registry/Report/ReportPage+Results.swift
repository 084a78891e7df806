import Bytes
import Catalog
import Charts
import Measurements

extension ReportPage {
    /// What was measured of it, beside the same of its parent.
    var results: Section? {
        let pairs = facts.results
        guard !pairs.isEmpty else { return nil }
        let hasParent = pairs.contains { $0.parent != nil }
        let beside: [Markup.Column] = hasParent ? [.figures("Parent"), .figures("Difference")] : []
        let columns: [Markup.Column] =
            [.words("Task"), .words("Metric"), .figures("Value")] + beside + [
                .words(""), .figures("Samples"), .words("Measured by"),
            ]
        let words =
            hasParent
            ? """
            The newest of each kind, with one standard error where it is known. The mark in a bar is the value of \
            \(facts.parent?.name ?? "the parent"). A difference that chance explains in more than 1 of 20 cases is none.
            """ : "The newest of each kind, with one standard error where it is known."
        let table = Markup.table("Results", columns, pairs.map { row($0, hasParent: hasParent) })
        return Section(id: "results", title: "Results", content: "<p>\(words)</p>\n\(table)")
    }

    private func row(_ pair: MeasuredPair, hasParent: Bool) -> [Markup] {
        let result = pair.result
        let dataset: Markup =
            result.dataset.map { $0 == result.task ? "" : "<br/><small>\($0)</small>" } ?? ""
        let setting: Markup = pair.series.setting.map { "<br/><small>\($0)</small>" } ?? ""
        let beside: [Markup] = hasParent ? [value(pair.parentSeries), "\(difference(pair))\(finding(pair))"] : []
        return [
            "\(result.task ?? "–")\(dataset)", "\(result.metric) \(direction(result))\(setting)", value(pair.series),
        ] + beside + [
            bar(pair), "\(result.sampleCount.map(Figures.grouped) ?? "–")", circumstances(result),
        ]
    }

    /// The tool, and below it where and when.
    private func circumstances(_ result: ResultDraft) -> Markup {
        let tool = [result.tool, result.toolVersion].compactMap(\.self).joined(separator: " ")
        let words = [result.host.words, Figures.minute(result.measuredAt.text)].compactMap(\.self).joined(
            separator: ", ")
        let place: Markup = "<small class=\"whole\">\(words)</small>"
        return tool.isEmpty ? place : "\(tool)<br/>\(place)"
    }

    private func direction(_ result: ResultDraft) -> Markup {
        switch result.higherIsBetter {
        case true?:
            "<span class=\"muted\" title=\"higher is better\">↑<span class=\"told\"> higher is better</span></span>"
        case false?:
            "<span class=\"muted\" title=\"lower is better\">↓<span class=\"told\"> lower is better</span></span>"
        case nil: ""
        }
    }

    private func value(_ series: ResultSeries?) -> Markup {
        guard let series else { return "–" }
        let error: Markup =
            series.standardError.map { " <span class=\"muted\">± \(DecimalText.short($0, digits: 2))</span>" } ?? ""
        return "\(series.result.figure)\(error)"
    }

    private func difference(_ pair: MeasuredPair) -> Markup {
        guard let difference = pair.difference else { return "–" }
        return "\(difference > 0 ? "+" : difference < 0 ? "−" : "")\(DecimalText.short(abs(difference), digits: 3))"
    }

    private func finding(_ pair: MeasuredPair) -> Markup {
        switch pair.finding {
        case nil: ""
        case "better"?: "<br/><span class=\"better\">better</span>"
        case "worse"?: "<br/><span class=\"worse\">worse</span>"
        case let words?: "<br/><small>\(words)</small>"
        }
    }

    private func bar(_ pair: MeasuredPair) -> Markup {
        let value = pair.result.value
        let mark = pair.parent.map(\.value).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        guard value.isFinite, value >= 0 else { return "" }
        // Shares stand in the whole; other numbers in the greater of the two.
        let isShare = pair.result.higherIsBetter == true && max(value, mark ?? 0) <= 1
        let greatest = isShare ? 1 : max(value, mark ?? 0)
        let title = pair.result.figure + (pair.parent.map { ", parent \($0.figure)" } ?? "")
        return "\(BarChart.small(value, mark: mark, greatest: greatest, title: title.withVisibleControls))"
    }
}

extension MeasuringHost {
    /// The name and what computed; nil when nothing is known.
    var words: String? {
        let words = [name, gpu ?? cpu].compactMap(\.self)
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}
