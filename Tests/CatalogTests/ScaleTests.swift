import Bytes
import Testing

@testable import Catalog

@Suite("A catalog of many tensors", .serialized) struct ScaleTests {
    /// 100,000 tensors, each a blob of its own, with statistics and an error.
    private static func large() -> ArtifactDraft {
        var draft = ArtifactDraft.sample((0..<100_000).map { "tensor \($0)" })
        for index in draft.files[0].tensors.indices {
            draft.files[0].tensors[index].error = TensorError(squaredError: 1, squaredReference: 100)
        }
        draft.derivation = DerivationDraft(parents: [DerivationParent(Digest(of: "parent"))])
        return draft
    }

    /// The bounds are about ten times what a laptop needs, so that they catch a lost index and no slow machine.
    @Test("is filled, asked and emptied in seconds") func seconds() throws {
        let test = try TestCatalog()
        let draft = Self.large()
        let clock = ContinuousClock()
        let insertion = try clock.measure { _ = try test.catalog.insert(draft, naming: Naming(try tag("m"))) }
        #expect(insertion < .seconds(60))
        let door = try SQLDoor(path: test.folder.catalogPath)
        let queries = [
            "SELECT name, stored_bytes, unique_bytes, rel_rmse, tensors FROM artifact_summary",
            "SELECT name, rel_rmse FROM tensor_summary WHERE artifact = 'm' ORDER BY rel_rmse DESC LIMIT 10",
            "SELECT sum(bytes), avg(rel_rmse) FROM tensor_summary WHERE artifact = 'm'",
        ]
        for query in queries {
            let asking = try clock.measure { _ = try door.run(query) { _ in } }
            #expect(asking < .seconds(5), "\(query)")
        }
        let digest = Digest(of: "tensor 77").hex
        let finding = try clock.measure {
            _ = try door.run("SELECT artifact, name FROM tensor_summary WHERE digest = '\(digest)'") { _ in }
        }
        #expect(finding < .milliseconds(200))
        let forgetting = try clock.measure { _ = try test.catalog.forget([draft.digest]) }
        #expect(forgetting < .seconds(60))
        #expect(try test.count("removal") == 100_001)
        print("100,000 tensors: inserted in \(insertion), one found in \(finding), forgotten in \(forgetting)")
    }
}
