import Bytes
import Testing

@testable import Catalog

@Suite("Forgetting and jobs") struct RemovalTests {
    let test: TestCatalog
    let first = ArtifactDraft.sample(["a", "b"])
    let second = ArtifactDraft.sample(["a", "c"])

    init() throws { test = try TestCatalog() }

    private var catalog: CatalogDatabase { test.catalog }

    /// Sweeps, and says which of the named tensors' blobs were unlinked.
    private func sweep(_ catalog: CatalogDatabase) throws -> [String] {
        var gone: Set<Digest> = []
        try catalog.sweepRemovals { gone.insert($0) }
        return ["a", "b", "c"].filter { gone.contains(Digest(of: $0)) }
    }

    @Test("frees what nobody else uses, and no more") func forget() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        _ = try catalog.insert(second, naming: Naming(try tag("n")))
        let freed = try catalog.forget([first.digest])
        #expect(freed.byteCount == 228)
        #expect(Set(freed.blobs) == [Digest(of: "b"), Digest(of: "header of \(["a", "b"])")])
        #expect(try sweep(catalog) == ["b"])
        #expect(try catalog.pendingRemovals() == [])
        #expect(try sweep(catalog) == [])
        #expect(try catalog.find(name("m")) == nil)
        #expect(try catalog.forget([second.digest]).byteCount == 100 + 256)
        for table in ["artifact", "blob", "file", "segment", "tensor", "artifact_blob", "tag", "version"] {
            #expect(try test.count(table) == 0, "\(table)")
        }
    }

    @Test("refuses a parent unless its children go too") func parents() throws {
        let child = ArtifactDraft.quantizedSample(["a", "b"])
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        _ = try catalog.insert(child, naming: Naming(try tag("m:nf4")))
        let error = try catalogError { _ = try catalog.forget([first.digest]) }
        #expect(error?.code == .hasChildren)
        #expect(error?.problem == "m is a parent of m:nf4")
        #expect(try test.count("artifact") == 2)
        _ = try catalog.forget([first.digest, child.digest])
        #expect(try test.count("artifact") == 0)
        #expect(try catalogError { _ = try catalog.forget([first.digest]) }?.code == .unknownName)
    }

    @Test("keeps a file that another process pinned before it was swept") func pinFirst() throws {
        _ = try catalog.insert(first)
        _ = try catalog.forget([first.digest])
        let other = try CatalogDatabase(path: test.folder.catalogPath, access: .readWrite)
        let job = try other.beginJob("register", subject: "x")
        try other.pin([Digest(of: "a")], for: job)
        #expect(try sweep(catalog) == ["b"])
        #expect(try catalog.pendingRemovals() == [])
        // The other process names it: it stays. Had it failed, it would be listed again.
        #expect(try other.finishJob(job, as: .failed) == [Digest(of: "a")])
        #expect(try sweep(catalog) == ["a"])
    }

    @Test("keeps a file that was named again before it was swept") func namedFirst() throws {
        _ = try catalog.insert(first)
        _ = try catalog.forget([first.digest])
        let other = try CatalogDatabase(path: test.folder.catalogPath, access: .readWrite)
        _ = try other.insert(second)
        #expect(try sweep(catalog) == ["b"])
    }

    @Test("lists a blob again when its file cannot be removed") func refusedUnlink() throws {
        _ = try catalog.insert(first)
        _ = try catalog.forget([first.digest])
        #expect(throws: FileError.self) {
            try catalog.sweepRemovals { _ in throw FileError("remove", "x", number: 13) }
        }
        #expect(try catalog.pendingRemovals().count == 3)
    }

    @Test("never removes a file that was left elsewhere") func references() throws {
        let identity = FileIdentity(device: 1, inode: 2, byteCount: 128, modifiedAt: 3)
        let draft = ArtifactDraft.sample(["a"], storage: .reference(path: "/x", identity: identity))
        _ = try catalog.insert(draft)
        #expect(try catalog.forget([draft.digest]) == Freed())
        #expect(try catalog.pendingRemovals() == [])
    }

    @Test("insertion ends its job, and lists what the job made in vain") func finishing() throws {
        let job = try catalog.beginJob("register", subject: "x")
        try catalog.pin(first.blobs.map(\.digest) + [Digest(of: "c")], for: job)
        #expect(try catalog.pinnedDigests().count == 4)
        _ = try catalog.insert(first, finishing: job)
        #expect(try catalog.pinnedDigests() == [])
        #expect(try catalog.runningJobs() == [])
        #expect(try sweep(catalog) == ["c"])
    }

    @Test("a refused insertion leaves job and pins as they were") func refused() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        let job = try catalog.beginJob("register", subject: "x")
        try catalog.pin([Digest(of: "c")], for: job)
        #expect(throws: CatalogError.self) { try catalog.insert(second, naming: Naming(tag("m")), finishing: job) }
        #expect(try catalog.pinnedDigests() == [Digest(of: "c")])
        #expect(try catalog.runningJobs().map(\.id) == [job])
    }

    /// No process has the number 2^30: the kernel's greatest is 2^22.
    private var gone: ProcessIdentity {
        ProcessIdentity(number: 1 << 30, started: "", host: ProcessIdentity.current().host)
    }

    @Test("a later job with the same work goes on where a killed one stopped") func adoption() throws {
        let killed = try catalog.beginJob("register", subject: "x", process: gone)
        try catalog.pin([Digest(of: "a"), Digest(of: "b")], for: killed)
        let otherWork = try catalog.beginJob("register", subject: "y", process: gone)
        try catalog.pin([Digest(of: "c")], for: otherWork)
        let alive = try catalog.beginJob("register", subject: "x")
        #expect(try catalog.interruptedJobs().map(\.id) == [killed, otherWork])
        let job = try catalog.beginJob("register", subject: "x")
        try catalog.pin([Digest(of: "a")], for: job)
        #expect(Set(try catalog.adoptPins(for: job)) == [Digest(of: "a"), Digest(of: "b")])
        #expect(try catalog.runningJobs().map(\.id) == [otherWork, alive, job])
    }

    @Test("pins of an interrupted job last a week") func expiry() throws {
        let killed = try catalog.beginJob("convert", subject: "x", process: gone, at: .day(0))
        let alive = try catalog.beginJob("convert", subject: "x", at: .day(0))
        try catalog.pin([Digest(of: "a"), Digest(of: "b")], for: killed)
        try catalog.pin([Digest(of: "b")], for: alive)
        #expect(try catalog.expireJobs(at: .day(7)) == [])
        #expect(
            try catalog.expireJobs(at: Timestamp(secondsSince1970: Timestamp.day(7).secondsSince1970 + 1)) == [
                Digest(of: "a")
            ])
        #expect(try catalog.runningJobs().map(\.id) == [alive])
        #expect(try sweep(catalog) == ["a"])
    }

    @Test("processes are told apart") func processes() {
        let current = ProcessIdentity.current()
        #expect(current.state == .running)
        #expect(gone.state == .gone)
        #expect(ProcessIdentity(number: current.number, started: "earlier", host: current.host).state == .gone)
        #expect(
            ProcessIdentity(number: current.number, started: current.started, host: "elsewhere").state == .elsewhere)
    }
}
