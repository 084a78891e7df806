import Registry

/// What `diff` tells a person: how many tensors became what, where in the model, which differ most, and what else does.
struct DiffSummary {
    let report: DiffReport
    /// How many of the tensors that differ are listed.
    let shown: Int
    let terminal: TerminalStyle
    let bars: BarStyle

    /// Configuration values and names beyond this are cut.
    private static let valueLimit = 60
    private static let changeLimit = 40

    func lines() throws -> [String] {
        var sections = [head]
        if report.counts.total > report.counts.identical + report.counts.equal {
            sections.append(HeatStrip(groups: report.groups, bars: bars, terminal: terminal).lines())
        }
        sections.append(try table)
        sections += [names(.renamed), names(.removed), names(.added), config, tokenizer, files]
        return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
    }

    private var head: [String] {
        var facts = FactList()
        facts.add("first", Self.described(report.first))
        facts.add("second", Self.described(report.second))
        facts.add("tensors", counts)
        let measure = report.relRmse.map { error in
            "relative RMSE \(Figures.real(error))" + (report.cosine.map { ", cosine \(Figures.real($0))" } ?? "")
                + ", of those that were measured and differ"
        }
        facts.add("numbers", measure)
        return facts.text()
    }

    private static func described(_ artifact: DiffReport.Artifact) -> String {
        "\(artifact.name)  \(artifact.scheme), \(artifact.format), \(Figures.bytes(artifact.bytes)), "
            + Figures.digest(artifact.digest)
    }

    /// `38: 10 identical, 28 changed`.
    private var counts: String {
        let found = DiffReport.Status.allCases.filter { report.counts[$0] > 0 }
        let words = found.map { "\(Figures.grouped(report.counts[$0])) \(Self.word($0))" }.joined(separator: ", ")
        return Figures.grouped(report.counts.total) + (words.isEmpty ? "" : ": \(words)")
    }

    private static func word(_ status: DiffReport.Status) -> String {
        switch status {
        case .equal: "equal in another form"
        case .different: "with other bytes"
        default: status.rawValue
        }
    }

    // MARK: Tensors

    private var table: [String] {
        get throws {
            let listed = report.tensors.filter { ![.added, .removed].contains($0.status) }
            let rows = shown == .max ? listed : Array(listed.filter { $0.status != .equal }.prefix(shown))
            guard !rows.isEmpty else { return [] }
            let columns = Self.columns(of: rows)
            let lines = try TextTable.lines(
                columns.map(\.name), rows.map { row in columns.map { $0.cell(row) } }, terminal)
            let left = listed.count { $0.status != .equal } - rows.count
            return lines + (left > 0 ? ["… and \(Figures.grouped(left)) more (--tensors lists all)"] : [])
        }
    }

    private static func columns(of rows: [DiffReport.Tensor]) -> [Column<DiffReport.Tensor>] {
        var columns: [Column<DiffReport.Tensor>] = [
            Column("tensor") { .text($0.name) }, Column("is") { .text(state(of: $0)) },
            Column("stored as") { .text(change($0.firstType, $0.secondType)) },
            Column("shape") { .text(change($0.firstShape.map(text), $0.secondShape.map(text))) },
            Column("rel. RMSE") { .optional($0.relRmse) }, Column("cosine") { .optional($0.cosine) },
            Column("max. |Δ|") { .optional($0.maximumDifference) },
            Column("at") { .optional($0.maximumAt.map(text)) },
        ]
        if rows.contains(where: { $0.nonfiniteElements ?? 0 > 0 }) {
            columns.append(
                Column("not finite") { tensor in
                    guard let count = tensor.nonfiniteElements, count > 0 else { return .null }
                    return .text("\(count), \(tensor.nonfiniteDifferent ?? 0) differ")
                })
        }
        return columns
    }

    private static func state(of tensor: DiffReport.Tensor) -> String {
        if let dtype = tensor.castTo { return "equal as \(dtype)" }
        if let rows = tensor.commonRows { return "reshaped, \(rows) rows compared" }
        return tensor.status == .renamed ? "now \(tensor.otherName ?? "")" : tensor.status.rawValue
    }

    private static func text(_ sizes: [Int]) -> String { "[\(sizes.map(String.init).joined(separator: ", "))]" }

    private static func change(_ first: String?, _ second: String?) -> String {
        let texts = [first, second].compactMap(\.self)
        return Set(texts).count == 1 ? texts[0] : texts.joined(separator: " → ")
    }

    private func names(_ status: DiffReport.Status) -> [String] {
        let tensors = report.tensors.filter { $0.status == status }
        guard !tensors.isEmpty else { return [] }
        let (title, names) =
            switch status {
            case .removed: ("only in \(report.first.name)", tensors.map(\.name))
            case .added: ("only in \(report.second.name)", tensors.map(\.name))
            default: ("renamed", tensors.map { "\($0.name) → \($0.otherName ?? $0.name)" })
            }
        let lines = TensorNames.compacted(Self.inOrder(names))
        return section("\(title) (\(Figures.grouped(tensors.count)))", lines)
    }

    /// Names whose numbers stand in the order of their values, so that layer 10 comes behind layer 9.
    private static func inOrder(_ names: [String]) -> [String] {
        let parted = names.map { name in (name: name, parts: name.split(separator: ".").map { (Int($0), $0) }) }
        return parted.sorted { one, other in
            for (left, right) in zip(one.parts, other.parts) where left.1 != right.1 {
                switch (left.0, right.0) {
                case (let number?, let next?) where number != next: return number < next
                // Numbers come before words.
                case (_?, nil): return true
                case (nil, _?): return false
                default: return left.1 < right.1
                }
            }
            return one.parts.count < other.parts.count
        }.map(\.name)
    }

    // MARK: The rest

    private var config: [String] {
        section("configuration", report.config.map(Self.line))
    }

    private static func line(_ change: DiffReport.ValueChange) -> String {
        func cut(_ value: String) -> String { TerminalText.fitted(TerminalText.escaped(value), in: valueLimit) }
        switch (change.first, change.second) {
        case (let first?, let second?): return "\(change.key): \(cut(first)) → \(cut(second))"
        case (let first?, nil): return "- \(change.key): \(cut(first))"
        case (nil, let second): return "+ \(change.key): \(cut(second ?? ""))"
        }
    }

    private var tokenizer: [String] {
        guard let tokenizer = report.tokenizer else { return [] }
        var lines = ["tokens: \(Figures.grouped(tokenizer.firstTokens)) → \(Figures.grouped(tokenizer.secondTokens))"]
        let kinds = [
            ("added", tokenizer.added), ("removed", tokenizer.removed), ("moved", tokenizer.moved),
            ("of another type", tokenizer.retyped),
        ]
        for (kind, tokens) in kinds where tokens.count > 0 {
            let rest = tokens.count > tokens.examples.count ? " …" : ""
            lines.append("\(Figures.grouped(tokens.count)) \(kind): \(tokens.examples.joined(separator: ", "))\(rest)")
        }
        if tokenizer.rescored > 0 { lines.append("\(Figures.grouped(tokenizer.rescored)) with another score") }
        if tokenizer.addedMerges + tokenizer.removedMerges > 0 {
            let (added, removed) = (tokenizer.addedMerges, tokenizer.removedMerges)
            lines.append("merges: \(Figures.grouped(added)) added, \(Figures.grouped(removed)) removed")
        }
        if tokenizer.reorderedMerges { lines.append("merges come in another order") }
        return section("tokenizer", lines + tokenizer.settings.map(Self.line))
    }

    private var files: [String] {
        section(
            "files",
            report.files.map { file in
                switch (file.firstDigest, file.secondDigest) {
                case (_?, nil): "- \(file.path)"
                case (nil, _): "+ \(file.path)"
                default: "\(file.path) differs"
                }
            })
    }

    /// A heading with its lines, as many as a person reads.
    private func section(_ title: String, _ lines: [String]) -> [String] {
        guard !lines.isEmpty else { return [] }
        let limit = shown == .max ? .max : Self.changeLimit
        let rest = lines.count > limit ? ["… and \(lines.count - limit) more (--json has all)"] : []
        return [terminal.bold(TerminalText.escaped(title))]
            + (lines.prefix(limit).map(TerminalText.escaped) + rest).map { "  " + $0 }
    }
}
