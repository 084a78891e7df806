import Bytes
import Foundation
import GRDB
import Testing

@testable import Catalog

@Suite("Collection and eviction") struct CollectionTests {
    let test: TestCatalog
    let first = ArtifactDraft.sample(["a", "b"])
    let second = ArtifactDraft.sample(["a", "c"])

    init() throws { test = try TestCatalog() }

    private var catalog: CatalogDatabase { test.catalog }
    private let gone = ProcessIdentity(number: 1 << 30, started: "", host: ProcessIdentity.current().host)

    @Test("plans what it does, to the byte") func agreement() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        _ = try catalog.insert(second, naming: Naming(try tag("n")))
        let plan = try catalog.planCollection { _ in [self.second.digest] }
        #expect(plan.artifacts.map(\.label) == ["n"])
        #expect(plan.artifacts.map(\.byteCount) == [228])
        #expect(plan.blobs.reduce(0) { $0 + $1.byteCount } == 228)
        #expect(try test.count("artifact") == 2)
        let done = try catalog.collect { _ in [self.second.digest] }
        #expect(done.blobs.map(\.digest) == plan.blobs.map(\.digest))
        #expect(Set(try catalog.pendingRemovals()) == Set(plan.blobs.map(\.digest)))
        #expect(try test.count("artifact") == 1)
        #expect(try catalog.find(name("n")) == nil)
    }

    @Test("keeps what a blob that stays is the difference from, and lets both go together") func differences() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        _ = try catalog.insert(second, naming: Naming(try tag("n")))
        try test.execute(
            """
            UPDATE blob SET storage = 'coded', stored_byte_count = 20, depth = 1,
                base_id = (SELECT id FROM blob WHERE digest = '\(Digest(of: "b").hex)')
            WHERE digest = '\(Digest(of: "c").hex)'
            """)
        let freed = try catalog.forget([first.digest])
        #expect(freed.blobs == [Digest(of: "header of \(["a", "b"])")])
        #expect(try catalog.planCollection { _ in [] }.blobs.isEmpty)
        let plan = try catalog.planCollection { _ in [self.second.digest] }
        let done = try catalog.forget([second.digest])
        #expect(Set(done.blobs) == Set(plan.blobs.map(\.digest)))
        #expect(done.byteCount == plan.blobs.reduce(0) { $0 + $1.byteCount })
        #expect(done.byteCount == 100 + 128 + 128 + 20)
        #expect(try test.count("blob") == 0)
    }

    @Test("lets go what only jobs hold that were killed a week ago") func jobs() throws {
        let killed = try catalog.beginJob("convert", subject: "x", process: gone, at: .day(0))
        try catalog.pin([Digest(of: "a"), Digest(of: "z")], for: killed)
        let running = try catalog.beginJob("register", subject: "y", at: .day(0))
        try catalog.pin([Digest(of: "a")], for: running)
        #expect(try catalog.planCollection(at: .day(6)) { _ in [] }.jobs.isEmpty)
        let plan = try catalog.planCollection(at: .day(8)) { _ in [] }
        #expect(plan.jobs.map(\.id) == [killed])
        #expect(plan.abandoned == [Digest(of: "z")])
        _ = try catalog.collect(at: .day(8)) { _ in [] }
        #expect(try catalog.pendingRemovals() == [Digest(of: "z")])
    }

    @Test("never lists a file for removal that is pinned or named meanwhile") func unexplained() throws {
        _ = try catalog.insert(first)
        let job = try catalog.beginJob("register", subject: "x")
        try catalog.pin([Digest(of: "pinned")], for: job)
        let found = [Digest(of: "a"), Digest(of: "pinned"), Digest(of: "stray")]
        #expect(try catalog.unexplained(among: found) == [Digest(of: "stray")])
        #expect(try catalog.noteUnexplained(found) == [Digest(of: "stray")])
        #expect(try catalog.pendingRemovals() == [Digest(of: "stray")])
    }

    @Test("evicts what only a variant needs, and brings it back") func evict() throws {
        let child = ArtifactDraft.quantizedSample(["a", "b"])
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        _ = try catalog.insert(child, naming: Naming(try tag("m:nf4")))
        let freed = try catalog.evict(child.digest, from: first.digest)
        #expect(freed.byteCount == 100 + 256)
        #expect(try catalog.evictedBlobCount(of: child.digest) == 3)
        #expect(try catalog.storedByteCount() == 100 + 256)
        #expect(try catalog.pendingRemovals().count == 3)
        let error = try catalogError { _ = try catalog.forget([first.digest]) }
        #expect(error?.code == .hasChildren)
        #expect(error?.problem.contains("m:nf4 is evicted") == true)
        let job = try catalog.beginJob("rebuild", subject: "x")
        try catalog.pin(child.blobs.map(\.digest), for: job)
        try catalog.noteRebuilt(child.digest, finishing: job)
        #expect(try catalog.evictedBlobCount(of: child.digest) == 0)
        #expect(try catalog.pendingRemovals() == [])
        #expect(try catalog.storedByteCount() == 2 * (100 + 256))
    }

    @Test("evicts nothing when the parent is evicted itself, or gone") func parentGone() throws {
        let child = ArtifactDraft.quantizedSample(["a", "b"])
        _ = try catalog.insert(child)
        #expect(try catalogError { _ = try catalog.evict(child.digest, from: first.digest) }?.code == .inconsistent)
        _ = try catalog.insert(first)
        try test.execute(
            """
            UPDATE blob SET storage = 'evicted', stored_byte_count = 0 WHERE digest = '\(Digest(of: "a").hex)'
            """)
        #expect(try catalogError { _ = try catalog.evict(child.digest, from: first.digest) }?.code == .inconsistent)
        #expect(try catalog.pendingRemovals() == [])
    }

    @Test("evicts no blob that a running job counts on") func pinned() throws {
        let child = ArtifactDraft.quantizedSample(["a", "b"])
        _ = try catalog.insert(first)
        _ = try catalog.insert(child)
        let job = try catalog.beginJob("export", subject: "x")
        try catalog.pin([child.blobs[1].digest], for: job)
        #expect(try !catalog.evict(child.digest, from: first.digest).blobs.contains(child.blobs[1].digest))
    }

    @Test("takes evicted bytes when they are registered again") func registeredAgain() throws {
        let child = ArtifactDraft.quantizedSample(["a", "b"])
        _ = try catalog.insert(first)
        _ = try catalog.insert(child)
        _ = try catalog.evict(child.digest, from: first.digest)
        _ = try catalog.insert(child)
        #expect(try catalog.evictedBlobCount(of: child.digest) == 0)
        #expect(try catalog.pendingRemovals() == [])
    }
}
