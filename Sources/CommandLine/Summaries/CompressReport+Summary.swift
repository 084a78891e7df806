import Registry

extension CompressReport {
    /// What `compress` did, for a person.
    var summary: [String] {
        guard outcome != "unchanged" else {
            return [TerminalText.escaped("\(name): nothing to do; it takes \(Figures.bytes(bytesAfter)) in the store")]
        }
        var facts = FactList()
        let share = bytesBefore > 0 ? 100 * (1 - Double(bytesAfter) / Double(bytesBefore)) : 0
        facts.add(
            "in the store",
            "\(Figures.bytes(bytesBefore)) before, \(Figures.bytes(bytesAfter)) now "
                + "(\(Figures.real((share * 10).rounded() / 10)) % less)")
        facts.add("files", Figures.bytes(logicalBytes))
        facts.add("changed", Figures.count(changedBlobs, "blob"))
        if differences > 0 { facts.add("differences", Figures.count(differences, "blob")) }
        if let base { facts.add("base", base) }
        facts.add("time", Figures.duration(seconds))
        return [TerminalText.escaped("\(outcome) \(name)")] + facts.text()
    }
}
