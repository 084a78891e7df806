import Registry

/// A printed cell, where a report has cells of its own.
private typealias RowCell = Cell

extension CompareReport {
    /// What `compare` tells, for a person: the artifacts, then their errors by group.
    func summary(_ terminal: TerminalStyle) throws -> [String] {
        let shown = columns
        let rows = artifacts.map { artifact in shown.map { $0.cell(artifact) } }
        var lines = base.map { ["errors against \(TerminalText.escaped($0))", ""] } ?? []
        lines += try TextTable.lines(shown.map(\.name), rows, terminal)
        let groupRows = groups.map { group in
            [RowCell.text(group.name)] + zip(artifacts, group.cells).flatMap(Self.cells)
        }
        let headings = [by.rawValue] + shortNames.flatMap { ["\($0) bits", "\($0) rel. RMSE"] }
        return lines + [""] + (try TextTable.lines(headings, groupRows, terminal))
    }

    private var columns: [Column<Artifact>] {
        var columns: [Column<Artifact>] = [
            Column("name") { .text($0.name) }, Column("scheme") { .text($0.scheme) },
            Column("size") { .figure(Figures.bytes($0.bytes)) },
            Column("stored") { .figure(Figures.bytes($0.storedBytes)) },
            Column("bits/weight") { .optional($0.bitsPerWeight) }, Column("rel. RMSE") { .optional($0.relRmse) },
        ]
        if artifacts.contains(where: { $0.weightedRelRmse != nil }) {
            columns.append(Column("weighted") { .optional($0.weightedRelRmse) })
        }
        columns.append(Column("SNR, dB") { .optional($0.snrDb) })
        columns += resultColumns
        columns.append(
            Column("worst tensor") { artifact in
                guard let worst = artifact.worstTensor, let error = artifact.worstRelRmse else { return .null }
                return .text("\(worst) (\(Figures.real(error)))")
            })
        if artifacts.contains(where: \.hasOtherBase) {
            columns.append(
                Column("errors against") { artifact in
                    guard let parent = artifact.parent else { return .null }
                    return .text(artifact.hasOtherBase ? "\(parent) (different base)" : parent)
                })
        }
        return columns
    }

    /// The results that were asked for; a task is named where several have the metric.
    private var resultColumns: [Column<Artifact>] {
        metrics.enumerated().map { index, metric in
            let isAlone = metrics.count { $0.metric == metric.metric } == 1
            let name = isAlone ? metric.metric : "\(metric.task ?? "") \(metric.metric)"
            return Column(name) { artifact in
                guard let result = artifact.results[index] else { return .null }
                guard let value = result.value else { return .text("no number") }
                let error = result.stderr.map { " ± \(Figures.real($0))" } ?? ""
                let unit = result.unit.map { " \($0)" } ?? ""
                return .figure(Figures.real(value) + error + unit)
            }
        }
    }

    /// Bits and error of a group; nothing for the error of an artifact that has none at all.
    private static func cells(of artifact: Artifact, _ cell: CompareReport.Cell) -> [RowCell] {
        guard cell.tensors > 0 else { return [.null, .null] }
        let error: RowCell
        if artifact.changedTensors == 0 {
            error = .null
        } else if cell.changedTensors == 0 {
            error = .figure("unchanged")
        } else {
            error = .optional(cell.relRmse)
        }
        return [.optional(cell.bitsPerWeight), error]
    }

    /// The tags, where all artifacts are of one model and have one.
    private var shortNames: [String] {
        let parts = artifacts.map { $0.name.split(separator: ":", maxSplits: 1).map(String.init) }
        let isOneModel = Set(parts.map(\.first)).count == 1 && !artifacts.contains { $0.name.hasPrefix("@") }
        return zip(artifacts, parts).map { artifact, parts in
            isOneModel ? parts.count > 1 ? parts[1] : "latest" : artifact.name
        }
    }
}

extension TextTable {
    /// A whole table as lines.
    static func lines(_ columns: [String], _ rows: [[Cell]], _ terminal: TerminalStyle) throws -> [String] {
        var bytes: [UInt8] = []
        let output = TextOutput { piece in for index in piece.indices { bytes.append(piece[index]) } }
        var table = TextTable(columns: columns, layout: .aligned, terminal: terminal)
        for row in rows { try table.add(row, to: output) }
        try table.finish(to: output)
        try output.flush()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }
}
