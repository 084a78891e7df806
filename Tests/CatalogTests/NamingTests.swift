import Bytes
import Testing

@testable import Catalog

@Suite("Naming") struct NamingTests {
    let test: TestCatalog
    let first = ArtifactDraft.sample(["a"])
    let second = ArtifactDraft.sample(["b"])

    init() throws { test = try TestCatalog() }

    private var catalog: CatalogDatabase { test.catalog }

    @Test("a registered artifact makes version 1, and a bare name, a tag, a version and digits find it")
    func find() throws {
        let insertion = try catalog.insert(first, naming: Naming(try tag("Tiny")))
        #expect(insertion.name == NameChange(name: try tag("Tiny"), version: 1, previous: nil, isNew: true))
        let hex = first.digest.hex
        for text in ["Tiny", "tiny", "tiny:latest", "TINY:Latest", "tiny@v1", "@\(hex.prefix(8))", "tiny@\(hex)"] {
            #expect(try catalog.resolve(name(text)).digest == first.digest, "\(text)")
        }
        #expect(try catalog.label(of: first.digest) == "Tiny")
    }

    @Test("other bytes under a taken name are refused, and nothing enters") func taken() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        let error = try catalogError { _ = try catalog.insert(second, naming: Naming(try tag("M"))) }
        #expect(error?.code == .nameTaken)
        #expect(error?.remedy.contains("--update") == true)
        #expect(try catalog.artifact(second.digest) == nil)
        #expect(try test.count("blob") == 2)
    }

    @Test("an update adds the next version, moves latest and keeps the history") func update() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")), at: .day(1))
        let change = try catalog.insert(second, naming: Naming(try tag("m"), ifTaken: .move), at: .day(2)).name
        #expect(change == NameChange(name: try tag("m"), version: 2, previous: first.digest, isNew: true))
        #expect(try catalog.resolve(name("m")).digest == second.digest)
        #expect(try catalog.resolve(name("m@v1")).digest == first.digest)
        #expect(try catalog.resolve(name("m@v2")).digest == second.digest)
        #expect(
            try catalog.history(of: tag("m")) == [
                TagMove(from: nil, to: first.digest, movedAt: .day(1)),
                TagMove(from: first.digest, to: second.digest, movedAt: .day(2)),
            ])
        #expect(try catalog.summaries().map(\.label) == ["m", "m@v1"])
    }

    @Test("the same bytes again change nothing") func again() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        let insertion = try catalog.insert(first, naming: Naming(try tag("m")))
        #expect(insertion.outcome == .known)
        #expect(insertion.name?.version == 1)
        #expect(try catalog.history(of: tag("m")).count == 1)
        #expect(try test.count("artifact") == 1)
    }

    @Test("going back to earlier bytes moves latest and keeps their version") func back() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        _ = try catalog.insert(second, naming: Naming(try tag("m"), ifTaken: .move))
        let change = try catalog.insert(first, naming: Naming(try tag("m"), ifTaken: .move)).name
        #expect(change?.version == 1)
        #expect(try catalog.resolve(name("m")).digest == first.digest)
        #expect(try test.count("version") == 2)
    }

    @Test("a tag other than latest makes no version, nor does tagging") func noVersion() throws {
        #expect(try catalog.insert(first, naming: Naming(try tag("m:bf16"))).name?.version == nil)
        #expect(try catalog.tag(first.digest, as: Naming(try tag("m"))).version == nil)
        #expect(try test.count("version") == 0)
    }

    @Test("a version's number is never given again") func numbers() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        _ = try catalog.forget([first.digest])
        #expect(try catalog.insert(second, naming: Naming(try tag("m"))).name?.version == 2)
        #expect(throws: CatalogError.self) { try catalog.resolve(name("m@v1")) }
    }

    @Test("a tag that is taken away leaves its history, and its artifact by digest") func untag() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m:x")), at: .day(1))
        #expect(try catalog.untag(tag("M:X"), at: .day(2)) == first.digest)
        #expect(try catalog.history(of: tag("m:x")).last == TagMove(from: first.digest, to: nil, movedAt: .day(2)))
        #expect(try catalog.summaries().map(\.label) == ["@\(first.digest.hex.prefix(12))"])
        #expect(try catalogError { try catalog.untag(tag("m:x")) }?.code == .unknownName)
        #expect(try test.count("model") == 0)
    }

    @Test("a model's new name keeps tags and versions; a name with versions is not taken over") func rename() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m")))
        _ = try catalog.tag(first.digest, as: Naming(try tag("m:x")))
        _ = try catalog.insert(second, naming: Naming(try tag("other")))
        #expect(try catalogError { try catalog.renameModel("m", to: "Other") }?.code == .nameTaken)
        #expect(try catalogError { try catalog.renameModel("n", to: "o") }?.code == .unknownName)
        #expect(try catalogError { try catalog.renameModel("m", to: "a b") }?.code == .badName)
        try catalog.renameModel("M", to: "owner/n")
        #expect(try catalog.resolve(name("owner/n@v1")).digest == first.digest)
        #expect(try catalog.resolve(name("owner/n:x")).digest == first.digest)
        #expect(try catalog.find(name("m")) == nil)
        #expect(try catalog.history(of: tag("m:x")).last?.to == nil)
        #expect(try catalog.history(of: tag("owner/n:x")).last?.to == first.digest)
        try catalog.renameModel("owner/n", to: "Owner/N")
        #expect(try catalog.label(of: first.digest) == "Owner/N")
    }

    @Test("a tag's new name is one step") func renameTag() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("m:x")))
        let change = try catalog.renameTag(tag("m:x"), to: Naming(try tag("n:y")))
        #expect(change.name.description == "n:y")
        #expect(try catalog.resolve(name("n:y")).digest == first.digest)
        #expect(try catalog.find(name("m:x")) == nil)
    }

    @Test("an unknown name brings the nearest, or what its model has") func suggestions() throws {
        _ = try catalog.insert(first, naming: Naming(try tag("tiny-llama:nf4")))
        let near = try catalogError { _ = try catalog.resolve(name("tiny-lama:nf4")) }
        #expect(near?.description.contains("'tiny-llama:nf4'") == true)
        let model = try catalogError { _ = try catalog.resolve(name("tiny-llama")) }
        #expect(model?.description.contains("tiny-llama:nf4") == true)
        let far = try catalogError { _ = try catalog.resolve(name("whisper")) }
        #expect(far?.remedy.contains("ingot ls") == true)
        let digest = try catalogError { _ = try catalog.resolve(name("@0000")) }
        #expect(digest?.code == .unknownName)
    }

    @Test("digits that begin several digests are refused; a model narrows them") func ambiguity() throws {
        // Two artifacts whose digests begin alike.
        var drafts: [ArtifactDraft] = []
        for ending in ["0", "1"] {
            var draft = ArtifactDraft.sample([ending])
            draft.digest = try #require(Digest(hex: String(repeating: "a", count: 63) + ending))
            drafts.append(draft)
            _ = try catalog.insert(draft, naming: Naming(try tag("m\(ending)")))
        }
        #expect(try catalogError { _ = try catalog.resolve(name("@aaaa")) }?.code == .ambiguous)
        #expect(try catalog.resolve(name("m1@aaaa")).digest == drafts[1].digest)
        #expect(try catalog.resolve(name("@\(drafts[0].digest.hex)")).digest == drafts[0].digest)
        #expect(try catalogError { _ = try catalog.resolve(name("m2@aaaa")) }?.code == .unknownName)
    }
}
