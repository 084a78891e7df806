import Architectures
import Catalog
import Charts

extension ReportPage {
    /// Bytes: of the files and on the disk, and of tensors by what they are for and how they are stored.
    var sizes: Section? {
        let wholes = BarChart(wholeBars, series: ["in the files", "of this artifact alone", "shared with others"])
        let parts = partBars
        let byPart: Markup =
            parts.bars.isEmpty
            ? ""
            : """
            <h3>Tensors by part of the model</h3>
            \(figure("Bytes by part", BarChart(parts.bars, series: parts.types)))
            """
        return Section(
            id: "sizes", title: "Sizes",
            content: """
                <p>\(sizeWords)</p>
                \(figure("Bytes of files and on the disk", wholes))\(byPart)\(types)\(files)
                """)
    }

    private func figure(_ title: String, _ chart: BarChart) -> Markup {
        .scrolling(
            title,
            "<figure>\(chart.element(title: title, description: "The figures stand behind the bars."))</figure>")
    }

    private var sizeWords: String {
        let artifact = facts.artifact
        var words = "The files have \(Figures.grouped(artifact.logicalBytes)) bytes"
        if let parent = facts.parent, let before = parent.byteCount, before > 0 {
            let share = 100 * Double(artifact.logicalBytes) / Double(before)
            words += ", \(Figures.fixed(share, decimals: 1)) % of those of \(parent.name)"
        }
        guard let stored = artifact.storedBytes, let unique = artifact.uniqueBytes else { return words + "." }
        words += ". The store keeps \(Figures.grouped(stored)) bytes for them"
        return words + ", of which \(Figures.grouped(unique)) would be free without this artifact."
    }

    private var wholeBars: [BarChart.Bar] {
        let artifact = facts.artifact
        func part(_ series: Int, _ count: Int, _ words: String) -> BarChart.Part {
            BarChart.Part(series: series, value: Double(count), title: "\(Figures.bytes(count)) \(words)")
        }
        let parent = facts.parent.flatMap { parent in
            parent.byteCount.map { count in
                BarChart.Bar(
                    "files of the parent", parts: [part(0, count, "in the parent's files")],
                    figure: Figures.bytes(count))
            }
        }
        let files = BarChart.Bar(
            "its files", parts: [part(0, artifact.logicalBytes, "in the files")],
            figure: Figures.bytes(artifact.logicalBytes))
        var bars = [parent, files].compactMap(\.self)
        if let stored = artifact.storedBytes, let unique = artifact.uniqueBytes {
            let shared = max(0, stored - unique)
            bars.append(
                BarChart.Bar(
                    "on the disk",
                    parts: [part(1, unique, "of this artifact alone"), part(2, shared, "shared with others")],
                    figure: Figures.bytes(stored)))
        }
        return bars
    }

    /// Types that take most bytes get a color each, the rest one together.
    private var partBars: (bars: [BarChart.Bar], types: [String]) {
        let tensors = facts.tensors
        var totals: [String: Int] = [:]
        for tensor in tensors { totals[tensor.type, default: 0] += tensor.byteCount }
        var types = totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        if types.count > ChartTheme.hueCount { types = types.prefix(ChartTheme.hueCount - 1) + ["others"] }
        let groups = Dictionary(grouping: tensors, by: \.place.part)
        let bars = TensorPart.allCases.compactMap { part -> BarChart.Bar? in
            guard let members = groups[part] else { return nil }
            var counts = [Int](repeating: 0, count: types.count)
            for member in members {
                counts[types.firstIndex(of: member.type) ?? types.count - 1] += member.byteCount
            }
            let parts = counts.enumerated().filter { $0.element > 0 }.map { index, count in
                BarChart.Part(
                    series: index, value: Double(count),
                    title: "\(part.words), \(types[index]): \(Figures.bytes(count))")
            }
            return BarChart.Bar(part.words, parts: parts, figure: Figures.bytes(counts.reduce(0, +)))
        }
        return (bars, types)
    }

    private var types: Markup {
        let groups = Dictionary(grouping: facts.tensors, by: \.type)
        let rows = groups.map { type, members in
            (
                type, members.count, members.reduce(0) { $0 + $1.tensor.parameterCount },
                members.reduce(0) { $0 + $1.byteCount }
            )
        }
        guard !rows.isEmpty else { return "" }
        let sorted = rows.sorted { ($1.3, $0.0) < ($0.3, $1.0) }
        return .table(
            "How tensors are stored",
            [
                .words("Type"), .figures("Tensors"), .figures("Parameters"), .figures("Bytes"),
                .figures("Bits per weight"),
            ],
            sorted.map { type, count, parameters, bytes in
                let bits = parameters == 0 ? "–" : Figures.fixed(8 * Double(bytes) / Double(parameters), decimals: 2)
                return [
                    "\(type)", "\(Figures.grouped(count))", "\(Figures.grouped(parameters))",
                    "\(Figures.grouped(bytes))", "\(bits)",
                ]
            })
    }

    /// More files than this are a line of words.
    private static let greatestFileCount = 60

    private var files: Markup {
        let files = facts.detail.files
        let rest = files.count - Self.greatestFileCount
        let more: Markup = rest > 0 ? "<p>\(Figures.count(rest, "more file")).</p>\n" : ""
        let table = Markup.table(
            "Files", [.words("Path"), .words("Role"), .figures("Bytes"), .words("SHA-256")],
            files.prefix(Self.greatestFileCount).map { file in
                [
                    "\(file.path)", "\(file.role)", "\(Figures.grouped(file.bytes))",
                    "<code class=\"whole\">\(file.digest.prefix(16))…</code>",
                ]
            })
        return "\(table)\(more)"
    }
}

extension TensorPart {
    /// `attention q`.
    var words: String { rawValue.replacing("_", with: " ") }
}
