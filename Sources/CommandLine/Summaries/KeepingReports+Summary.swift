import Registry

extension EvictReport {
    /// What `evict` did, for a person.
    var summary: [String] {
        variants.map { variant in
            let size = "\(Figures.bytes(variant.bytes)) in \(Figures.count(variant.blobs, "blob"))"
            let text =
                switch variant.outcome {
                case "evicted":
                    "evicted \(variant.name): freed \(size); it comes back from \(variant.parent)"
                        + (variant.isProven ? "" : " (not proven)")
                case "rebuilt": "rebuilt \(variant.name) from \(variant.parent): \(size)"
                default: "\(variant.name) is as it was: none of its bytes are its own"
                }
            return TerminalText.escaped(text)
        }
    }
}

extension HomeReport {
    /// What `home` shows, for a person.
    var summary: [String] {
        var facts = FactList()
        facts.add("artifacts", "\(Figures.grouped(artifactCount)), \(Figures.bytes(logicalBytes)) of files")
        facts.add("stored", "\(Figures.bytes(storedBytes)) in \(Figures.count(blobCount, "blob"))")
        facts.add("limit", maxBytes.map(Figures.bytes) ?? "none")
        facts.add("free on disk", freeBytes.map(Figures.bytes))
        facts.add(
            "evicted",
            evictedBlobs == 0 ? nil : "\(Figures.bytes(evictedBytes)) in \(Figures.count(evictedBlobs, "blob"))")
        facts.add("referenced", referencedBlobs == 0 ? nil : Figures.count(referencedBlobs, "file"))
        facts.add("damaged", damagedBlobs == 0 ? nil : Figures.count(damagedBlobs, "blob"))
        facts.add(
            "verified",
            oldestVerification.map { "oldest \(Figures.minute($0)); \(Figures.grouped(unverifiedBlobs)) never" }
                ?? (blobCount == 0 ? nil : "never"))
        return [TerminalText.escaped(home)] + facts.text()
    }
}

extension BackupReport {
    /// What `backup` did, for a person.
    var summary: [String] {
        let contents = "\(Figures.count(artifactCount, "artifact")), \(Figures.count(blobCount, "blob"))"
        var facts = FactList()
        facts.add("made", "\(Figures.minute(madeAt)) by ingot \(toolVersion)")
        facts.add("catalog", Figures.digest(catalogDigest))
        facts.add("old catalog", oldCatalog)
        facts.add("missing", missingBlobs == 0 ? nil : Figures.count(missingBlobs, "blob"))
        facts.add("blobs", blobFolder.map { "\(Figures.grouped(copiedBlobs)) copied to \($0)" })
        let verb = outcome == "restored" ? "restored the catalog from" : "wrote"
        return [TerminalText.escaped("\(verb) \(file): \(contents), \(Figures.bytes(bytes))")] + facts.text()
    }
}
