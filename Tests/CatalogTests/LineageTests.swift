import Bytes
import Testing

@testable import Catalog

@Suite("Lineage") struct LineageTests {
    let test: TestCatalog
    let parent = ArtifactDraft.sample(["a"])
    let child = ArtifactDraft.quantizedSample(["a"])

    init() throws {
        test = try TestCatalog()
        _ = try test.catalog.insert(parent, naming: Naming(try tag("m")))
        _ = try test.catalog.insert(child, naming: Naming(try tag("m:nf4")))
    }

    private var catalog: CatalogDatabase { test.catalog }

    @Test("is told in both directions, nearest first") func directions() throws {
        var grandchild = ArtifactDraft.sample(["c"], kind: .cast)
        grandchild.derivation = DerivationDraft(
            parents: [DerivationParent(child.digest), DerivationParent(parent.digest, role: .teacher)])
        _ = try catalog.insert(grandchild)
        let up = try catalog.lineage(of: grandchild.digest, .ancestors)
        #expect(up.map(\.distance) == [1, 1, 2])
        #expect(up.map(\.record.parentLabel) == ["m:nf4", "m", "m"])
        #expect(up.map(\.record.role) == [.base, .teacher, .base])
        let down = try catalog.lineage(of: parent.digest, .descendants)
        #expect(Set(down.map(\.record.child)) == [child.digest, grandchild.digest])
        #expect(try catalog.children(of: parent.digest).map(\.digest).count == 2)
    }

    @Test("ends where it would go in circles") func circle() throws {
        var back = parent
        back.derivation = DerivationDraft(
            parents: [DerivationParent(child.digest)], recipe: "{}", recipeDigest: Digest(of: "cast"))
        _ = try catalog.insert(back)
        #expect(try catalog.lineage(of: parent.digest, .ancestors).count == 2)
    }

    @Test("finds what the same parents and recipe made") func sameAgain() throws {
        let base = DerivationParent(parent.digest)
        let recipe = Digest(of: "recipe bnb-nf4")
        #expect(try catalog.artifact(madeFrom: [base], recipeDigest: recipe)?.digest == child.digest)
        #expect(try catalog.artifact(madeFrom: [base], recipeDigest: Digest(of: "x")) == nil)
        let teacher = DerivationParent(parent.digest, role: .teacher)
        #expect(try catalog.artifact(madeFrom: [teacher], recipeDigest: recipe) == nil)
        #expect(try catalog.artifact(madeFrom: [base, teacher], recipeDigest: recipe) == nil)
    }

    @Test("keeps the same derivation once, and another beside it") func again() throws {
        #expect(try catalog.insert(child).outcome == .known)
        #expect(try test.count("derivation") == 1)
        var other = child
        other.derivation?.recipeDigest = Digest(of: "another")
        _ = try catalog.insert(other)
        #expect(try test.count("derivation") == 2)
        #expect(try test.count("tensor_error") == 2)
        #expect(try catalog.tensors(of: child.digest).count == 2)  // not once for each derivation
        #expect(try catalog.summaries(of: child.digest).count == 1)
    }

    @Test("survives its parent, and finds it again") func forgotten() throws {
        _ = try catalog.forget([parent.digest], parents: .allow)
        let step = try #require(try catalog.lineage(of: child.digest, .ancestors).first)
        #expect(step.record.parent == parent.digest)
        #expect(step.record.parentLabel == "@\(parent.digest.hex.prefix(12))")
        _ = try catalog.insert(parent, naming: Naming(try tag("n")))
        #expect(try catalog.lineage(of: child.digest, .ancestors).first?.record.parentLabel == "n")
    }
}
