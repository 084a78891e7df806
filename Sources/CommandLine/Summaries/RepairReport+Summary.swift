import Registry

extension RepairReport {
    /// What `repair` did, for a person.
    var summary: [String] {
        guard suspectCount > 0 else {
            return ["nothing to mend: no damage is noted, and every blob has its file ('ingot verify' reads them)"]
        }
        var lines = [
            "mended \(Figures.count(mended.count, "blob")), \(Figures.bytes(mended.reduce(0) { $0 + $1.bytes })); "
                + "\(unmended.count) left; \(soundCount) were right, in \(Figures.duration(seconds))"
        ]
        for blob in mended {
            var facts = FactList()
            facts.add("mended", Figures.digest(blob.blob))
            facts.add("needed by", lines: blob.artifacts)
            facts.add("holds", lines: TensorNames.compacted(blob.places))
            facts.add("taken from", blob.source)
            lines += facts.text()
        }
        for blob in unmended {
            var facts = FactList()
            facts.add("damaged", "\(Figures.digest(blob.blob)): \(blob.problem)")
            facts.add("needed by", lines: blob.artifacts)
            facts.add("holds", lines: TensorNames.compacted(blob.places))
            facts.add("help", blob.help)
            lines += facts.text()
        }
        return lines
    }
}

extension CatalogRepairReport {
    /// What `repair --catalog` did, for a person.
    var summary: [String] {
        var facts = FactList()
        facts.add("old catalog", oldCatalog)
        facts.add("missing", missingBlobs.isEmpty ? nil : Figures.count(missingBlobs.count, "blob"))
        facts.add("lost names", lines: lostNames)
        facts.add("not used", lines: damagedManifests.map { "\($0.file): \($0.problem)" })
        return [
            "made the catalog again: \(Figures.count(artifactCount, "artifact")), \(Figures.count(nameCount, "name")), "
                + "\(Figures.count(blobCount, "blob")), \(Figures.count(resultCount, "result")), "
                + "in \(Figures.duration(seconds))"
        ] + facts.text()
    }
}
