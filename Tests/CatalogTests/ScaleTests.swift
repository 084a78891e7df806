import Bytes
import Testing

@testable import Catalog

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("A catalog of many tensors") struct ScaleTests {
    static let tensorCount = 100_000

    /// Each tensor is a blob of its own, with statistics and an error.
    private static func large() -> ArtifactDraft {
        var draft = ArtifactDraft.sample((0..<tensorCount).map { "tensor \($0)" })
        for index in draft.files[0].tensors.indices {
            draft.files[0].tensors[index].error = TensorError(squaredError: 1, squaredReference: 100)
        }
        draft.derivation = DerivationDraft(parents: [DerivationParent(Digest(of: "parent"))])
        return draft
    }

    /// Processor time of this thread, so that other work on the machine does not count.
    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        func now() -> Double {
            var time = timespec()
            // `time` outlives the call, which fills it.
            _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
        }
        let start = now()
        try body()
        return now() - start
    }

    /// The bounds are several times what an unoptimized build needs, so that they catch a lost index and no slow
    /// machine; an optimized build needs about a fifth of that.
    @Test("is filled, asked and emptied in seconds") func speed() throws {
        let test = try TestCatalog()
        let draft = Self.large()
        let insertion = try seconds { _ = try test.catalog.insert(draft, naming: Naming(try tag("m"))) }
        #expect(insertion < 60)
        let door = try SQLDoor(path: test.folder.catalogPath)
        func asking(_ query: String) throws -> Double { try seconds { _ = try door.run(query) { _ in } } }
        #expect(try asking("SELECT name, stored_bytes, unique_bytes, rel_rmse, tensors FROM artifact_summary") < 3)
        #expect(try asking("SELECT name FROM tensor_summary WHERE artifact = 'm' ORDER BY rel_rmse LIMIT 10") < 3)
        #expect(try asking("SELECT sum(bytes), avg(rel_rmse) FROM tensor_summary WHERE artifact = 'm'") < 3)
        let digest = Digest(of: "tensor 77").hex
        let finding = try asking("SELECT artifact, name FROM tensor_summary WHERE digest = '\(digest)'")
        #expect(finding < 0.1)
        let forgetting = try seconds { _ = try test.catalog.forget([draft.digest]) }
        #expect(forgetting < 20)
        #expect(try test.count("removal") == Self.tensorCount + 1)
        print("100,000 tensors: inserted in \(insertion) s, one found in \(finding) s, forgotten in \(forgetting) s")
    }
}
