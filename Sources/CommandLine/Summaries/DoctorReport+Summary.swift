import Registry

extension DoctorReport {
    /// What `doctor` found, for a person.
    /// - Parameter option: `--home`, if it was given.
    func summary(home option: String?) -> [String] {
        var facts = FactList()
        facts.add("home", TerminalText.escaped("\(home) (\(Self.origin(of: option)))"))
        facts.add("file system", fileSystem == "local" ? "this machine's own" : "\(fileSystem), shared by machines")
        facts.add("free on disk", store?.freeBytes.map(Figures.bytes))
        if let catalog {
            let log = catalog.logBytes.map { ", log \(Figures.bytes($0))" } ?? ""
            facts.add("catalog", "\(Figures.bytes(catalog.bytes))\(log); schema \(catalog.schemaVersion)")
            facts.add("of it", Self.parts(of: catalog))
            facts.add("views", "interface version \(catalog.interfaceVersion)")
            facts.add("checked", Self.check(of: catalog))
            facts.add(
                "journal", catalog.journalMode == "wal" ? "write-ahead log: readers never wait" : "rollback journal")
        }
        if let store {
            facts.add(
                "artifacts", "\(Figures.grouped(store.artifactCount)), \(Figures.bytes(store.logicalBytes)) of files")
            facts.add("stored", "\(Figures.bytes(store.storedBytes)) in \(Figures.count(store.blobCount, "blob"))")
            facts.add("limit", store.maxBytes.map(Figures.bytes) ?? "none")
            facts.add("verified", store.oldestVerification.map { "oldest \(Figures.minute($0))" } ?? "never")
        }
        facts.add(
            "ingot", "\(toolVersion), \(instructions) kernels" + (catalog.map { ", SQLite \($0.sqliteVersion)" } ?? ""))
        let verdict =
            faults.isEmpty ? "no fault was found" : "\(Figures.count(faults.count, "fault")):"
        return facts.text() + [verdict] + faults.flatMap { Self.lines($0, "fault") }
            + notes.flatMap { Self.lines($0, "note") }
    }

    /// What the catalog's bytes are for; nil where SQLite does not tell.
    private static func parts(of catalog: Catalog) -> String? {
        guard let tensors = catalog.tensorBytes, let search = catalog.searchBytes, let runs = catalog.runBytes else {
            return nil
        }
        return "tensors \(Figures.bytes(tensors)), search \(Figures.bytes(search)), runs \(Figures.bytes(runs))"
    }

    private static func check(of catalog: Catalog) -> String {
        catalog.check == "deep"
            ? "each page and row; indexes, keys and search against their tables"
            : "each page and row; --deep checks more"
    }

    private static func lines(_ finding: Finding, _ word: String) -> [String] {
        ["\(word): \(TerminalText.escaped(finding.what))"]
            + (finding.remedy.map { ["    → \(TerminalText.escaped($0))"] } ?? [])
    }

    /// Why it is this folder.
    private static func origin(of option: String?) -> String {
        let environment = Environment.process
        if option != nil { return "--home" }
        if environment.ingotHome != nil { return "$INGOT_HOME" }
        return environment.dataHome?.hasPrefix("/") == true ? "$XDG_DATA_HOME" : "the default"
    }
}
