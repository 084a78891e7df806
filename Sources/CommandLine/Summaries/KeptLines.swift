import Registry

/// The tensors that stay as they are, for a person: each reason with its tensors, in the order of their first
/// appearance.
struct KeptLines {
    /// More tensors than this, after joining those of all layers, are not listed.
    private static let limit = 20

    let lines: [String]

    /// - Parameter name: the artifact whose tensors these are.
    init(_ kept: [ConvertReport.Kept], of name: String) {
        guard !kept.isEmpty else {
            lines = []
            return
        }
        var reasons: [String] = []
        var tensors: [String: [String]] = [:]
        for entry in kept {
            if tensors[entry.reason] == nil { reasons.append(entry.reason) }
            tensors[entry.reason, default: []].append(entry.tensor)
        }
        var lines = [Figures.count(kept.count, "tensor")]
        for reason in reasons {
            let names = TensorNames.compacted(tensors[reason] ?? [])
            lines.append("\(reason):")
            lines += names.prefix(Self.limit).map { "  " + $0 }
            if names.count > Self.limit {
                lines.append("  … and \(names.count - Self.limit) more: 'ingot tensors \(name)' lists every tensor")
            }
        }
        self.lines = lines
    }
}

/// The tensors that could not get what was meant for them, for a person.
struct ReplacementLines {
    let lines: [String]

    init(_ replacements: [ConvertReport.Replacement]) {
        guard !replacements.isEmpty else {
            lines = []
            return
        }
        var changes: [String] = []
        var tensors: [String: [String]] = [:]
        for replacement in replacements {
            let change = "\(replacement.stored) instead of \(replacement.wanted), whose blocks do not divide the rows"
            if tensors[change] == nil { changes.append(change) }
            tensors[change, default: []].append(replacement.tensor)
        }
        lines =
            [Figures.count(replacements.count, "tensor")]
            + changes.flatMap { change in
                ["\(change):"] + TensorNames.compacted(tensors[change] ?? []).prefix(20).map { "  " + $0 }
            }
    }
}
