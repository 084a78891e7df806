import Registry

extension VerifyReport {
    /// What `verify` found, for a person.
    var summary: [String] {
        let scope =
            "\(Figures.count(artifactCount, "artifact")), \(Figures.count(blobCount, "blob")), "
            + "\(Figures.bytes(bytes)) read in \(Figures.duration(seconds))"
        let rest = selectionLines
        guard !damage.isEmpty else { return ["verified \(scope): all bytes are as they were registered"] + rest }
        return ["verified \(scope): \(Figures.count(damage.count, "blob")) damaged"]
            + damage.flatMap { damage in
                var facts = FactList()
                facts.add("blob", "\(damage.blob): \(damage.problem)")
                facts.add("needed by", lines: damage.artifacts)
                facts.add("holds", lines: TensorNames.compacted(damage.places))
                return facts.text()
            } + rest + ["next: ingot repair --all"]
    }

    private var selectionLines: [String] {
        var facts = FactList()
        if let seed { facts.add("sample", "seed \(seed); \(Figures.count(skippedBlobs, "blob")) not drawn") }
        if selection == "since" {
            facts.add("left out", "\(Figures.count(skippedBlobs, "blob")) that were found right lately")
        }
        return facts.text()
    }
}

extension RederiveReport {
    /// What came of `verify --rederive`, for a person.
    var summary: [String] {
        guard outcome != "proven" else {
            return [
                TerminalText.escaped(
                    "proven: \(name) derived again from \(parent) is the same, "
                        + "\(Figures.count(files.count, "file")) in \(Figures.duration(seconds))")
            ]
        }
        return [TerminalText.escaped("differs: \(name) derived again from \(parent) is not the same")]
            + files.filter { $0.digest != $0.foundDigest }.flatMap { file in
                var facts = FactList()
                facts.add("file", file.path)
                facts.add("stored", file.digest.map(Figures.digest) ?? "there is none")
                facts.add("derived", file.foundDigest.map(Figures.digest) ?? "there is none")
                return facts.text()
            }
    }
}
