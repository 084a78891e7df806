import Blobs
import Bytes
import Catalog
import Tensors

extension ModelRegistry {
    /// Looks a home over and changes nothing: where it lies, how its catalog is kept, what is wrong with it. Bytes of
    /// blobs are not read; `verify` does that.
    /// - Parameters:
    ///   - home: the store's folder; it need not be there.
    ///   - check: how thoroughly the catalog's file is looked over.
    public static func examine(home: String, check: CatalogCheck = .quick) throws -> DoctorReport {
        let fileSystem = FileSystemKind(of: Folder.exists(home) ? home : home + "/..")
        var report = DoctorReport(
            home: home, toolVersion: version, fileSystem: fileSystem.networkName ?? "local",
            isWritable: Folder.isWritable(home), instructions: Kernels().level.rawValue, faults: [], notes: [])
        guard Folder.exists(home) else {
            report.note("there is no home yet", "'ingot register PATH' makes one")
            return report
        }
        do {
            let registry = try ModelRegistry(home: home, access: .readOnly)
            try registry.examine(&report, on: fileSystem, check)
        } catch let error as RegistryError {
            report.fault(error.problem, error.remedy)
        } catch let error as CatalogError {
            report.fault(error.problem, error.remedy)
        } catch let error as FileError {
            report.fault(error.problem, error.remedy)
        }
        if !report.isWritable, report.catalog != nil { report.note("the home can only be read by this user", nil) }
        return report
    }

    /// How thoroughly the catalog's file is looked over.
    public enum CatalogCheck: Sendable {
        /// Each page and row by itself.
        case quick
        /// Also whether indexes, keys and the search agree with the tables.
        case deep
    }

    private func examine(
        _ report: inout DoctorReport, on fileSystem: FileSystemKind, _ check: CatalogCheck
    ) throws {
        let health = try catalog.health(check == .deep ? .deep : .quick)
        report.catalog = DoctorReport.Catalog(health, check)
        examineWork(health, &report)
        if !health.problems.isEmpty {
            report.fault(
                "the catalog's file is damaged: \(health.problems.joined(separator: "; "))",
                "Put a backup back with 'ingot backup --restore', or make it again with 'ingot repair --catalog --force'"
            )
        }
        if health.journalMode == "wal", let name = fileSystem.networkName {
            report.fault(
                "the catalog has a write-ahead log, which machines that share \(name) cannot use together",
                "End the other processes and run any command that writes, such as 'ingot gc'")
        }
        let home = try homeReport()
        report.store = home
        try examineBlobs(&report)
        try examineJobs(&report)
        examineSpace(home, &report)
        if home.blobCount > 0, home.oldestVerification == nil || home.unverifiedBlobs > 0 {
            report.note(
                "\(home.unverifiedBlobs) of \(home.blobCount) blobs were not read again since they were stored",
                "'ingot verify' reads them")
        }
        if let name = fileSystem.networkName {
            report.note(
                "the home lies on \(name): leases take the place of locks, a rollback journal that of the log", nil)
        }
    }

    /// What acts that were cut off have left for the next one.
    private func examineWork(_ health: CatalogHealth, _ report: inout DoctorReport) {
        if health.unreadCardCount > 0 {
            report.note(
                "\(Self.counted(health.unreadCardCount, "model card")) cannot be searched yet",
                "The next act that stores something, such as 'ingot register', reads them")
        }
        if health.dueManifestCount > 0 {
            report.note(
                "\(Self.counted(health.dueManifestCount, "manifest")) do not say yet what the catalog says",
                "The next act that writes brings them up to date")
        }
    }

    /// Blobs that are known to be damaged, or whose files are not there.
    private func examineBlobs(_ report: inout DoctorReport) throws {
        var damaged: [Digest] = [], missing: [Digest] = [], moved: [String] = []
        for check in try catalog.blobChecks() where check.blob.storage != .evicted {
            if case .references = check.blob.storage {
                if !isThere(check.blob) {
                    moved.append(Self.reference(check.blob)?.path ?? "blob \(check.blob.digest.hex.prefix(12))")
                }
            } else if !isThere(check.blob) {
                missing.append(check.blob.digest)
            } else if check.problem != nil {
                damaged.append(check.blob.digest)
            }
        }
        if !missing.isEmpty {
            report.fault(
                "the files of \(Self.counted(missing.count, "blob")) are missing or have another length"
                    + (try users(of: missing)),
                "'ingot repair --all --from PATH' takes them from another copy, or derives variants again")
        }
        if !damaged.isEmpty {
            report.fault(
                "\(Self.counted(damaged.count, "blob")) were found damaged" + (try users(of: damaged)),
                "'ingot repair --all' mends what has a second source; name others with --from")
        }
        if !moved.isEmpty {
            report.fault(
                "\(Self.counted(moved.count, "file")) that the store refers to changed or went away: "
                    + Self.listed(moved),
                "Put them back, or name where they are now with 'ingot repair --all --from PATH'")
        }
    }

    private func users(of digests: [Digest]) throws -> String {
        var labels: Set<String> = []
        for digest in digests.prefix(1000) {
            for user in try catalog.users(of: digest) { labels.insert(user.label) }
        }
        return labels.isEmpty ? "" : ", needed by \(Self.listed(labels.sorted()))"
    }

    private func examineJobs(_ report: inout DoctorReport) throws {
        for job in try catalog.runningJobs() {
            let act = "'\(job.verb) \(job.subject)' of \(job.startedAt.text)"
            switch job.process.state {
            case .running: report.note("\(act) runs in process \(job.process.number)", nil)
            case .elsewhere: report.note("\(act) runs on another machine, or was killed there", nil)
            case .gone:
                report.note("\(act) was killed before its end", "The same command again goes on where it can")
            }
        }
        let unfinished = Set(try catalog.unfinishedJobs().map { "job-\($0)" })
        let leftovers = try StagingArea.abandoned(in: store) { unfinished.contains($0) }
        if !leftovers.isEmpty {
            report.note(
                "incoming/ holds what killed acts had begun to write: \(Self.listed(leftovers))",
                "The next act that writes clears it away")
        }
    }

    private func examineSpace(_ home: HomeReport, _ report: inout DoctorReport) {
        if let limit = home.maxBytes, home.storedBytes > limit {
            report.fault(
                "the store holds \(home.storedBytes) bytes, and its limit is \(limit)",
                "'ingot gc' and 'ingot evict' give space back; 'ingot home --max-size' changes the limit")
        }
        if let free = home.freeBytes, free < 1_000_000_000 {
            report.fault(
                "only \(free) bytes are free where the home lies", "Free some space there before the next conversion")
        }
    }

    private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// The first few of a list.
    private static func listed(_ texts: [String]) -> String {
        texts.prefix(3).joined(separator: ", ") + (texts.count > 3 ? " and \(texts.count - 3) more" : "")
    }
}

extension DoctorReport.Catalog {
    fileprivate init(_ health: CatalogHealth, _ check: ModelRegistry.CatalogCheck) {
        self.init(
            bytes: health.byteCount, logBytes: health.logByteCount, journalMode: health.journalMode,
            schemaVersion: health.schemaVersion, sqliteVersion: health.sqliteVersion,
            interfaceVersion: CatalogDatabase.interfaceVersion, check: check == .deep ? "deep" : "quick",
            tensorBytes: health.parts?.tensors, searchBytes: health.parts?.search, runBytes: health.parts?.runs)
    }
}

extension DoctorReport {
    fileprivate mutating func fault(_ what: String, _ remedy: String) {
        faults.append(Finding(what: what, remedy: remedy))
    }

    fileprivate mutating func note(_ what: String, _ remedy: String?) {
        notes.append(Finding(what: what, remedy: remedy))
    }
}
