import Registry

extension RemoveReport {
    /// What `rm` did, for a person.
    var summary: [String] {
        names.map { TerminalText.escaped("removed \($0)") } + [
            "forgot \(Figures.count(artifacts.count, "artifact")); "
                + "freed \(Figures.bytes(freedBytes)) in \(Figures.count(freedBlobs, "blob"))"
        ]
    }
}
