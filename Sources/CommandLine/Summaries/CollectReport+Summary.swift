import Registry

extension CollectReport {
    /// More items than this of one reason are counted together.
    private static let mostItems = 10

    /// What `gc` did, for a person.
    var summary: [String] {
        var lines: [String] = []
        var reasons: [String] = []
        var groups: [String: [Item]] = [:]
        for item in items {
            let key = "\(item.kind) \(item.reason)"
            if groups[key] == nil { reasons.append(key) }
            groups[key, default: []].append(item)
        }
        for reason in reasons {
            let group = groups[reason] ?? []
            for item in group.prefix(group.count > Self.mostItems ? 3 : Self.mostItems) {
                let name = item.kind == "blob" ? Figures.digest(item.name) : item.name
                lines.append("  \(item.kind) \(name)  \(Figures.bytes(item.bytes))  \(item.reason)")
            }
            if group.count > Self.mostItems {
                let rest = group.dropFirst(3)
                lines.append(
                    "  \(Figures.grouped(rest.count)) more  \(Figures.bytes(rest.reduce(0) { $0 + $1.bytes }))  "
                        + "\(group[0].reason) (--json lists them)")
            }
        }
        for artifact in protected { lines.append("  kept \(artifact.name): \(artifact.reason)") }
        let verb = isDryRun ? "would free" : "freed"
        lines.append(
            "\(verb) \(Figures.bytes(freedBytes)) (\(Figures.grouped(freedBytes)) bytes): "
                + "\(Figures.count(artifactCount, "artifact")), \(Figures.count(blobCount, "blob")), "
                + "in \(Figures.duration(seconds))")
        return lines.map(TerminalText.escaped)
    }
}
