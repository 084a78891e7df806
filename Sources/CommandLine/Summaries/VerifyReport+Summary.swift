import Registry

extension VerifyReport {
    /// What `verify` found, for a person.
    var summary: [String] {
        let scope =
            "\(Figures.count(artifactCount, "artifact")), \(Figures.count(blobCount, "blob")), "
            + "\(Figures.bytes(bytes)) read in \(Figures.duration(seconds))"
        guard !damage.isEmpty else { return ["verified \(scope): all bytes are as they were registered"] }
        return ["verified \(scope): \(Figures.count(damage.count, "blob")) damaged"]
            + damage.flatMap { damage in
                var facts = FactList()
                facts.add("blob", "\(damage.blob): \(damage.problem)")
                facts.add("needed by", lines: damage.artifacts)
                facts.add("holds", lines: TensorNames.compacted(damage.places))
                return facts.text()
            }
    }
}
