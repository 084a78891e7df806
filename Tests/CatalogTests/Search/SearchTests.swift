import Bytes
import GRDB
import Testing

@testable import Catalog

@Suite("Search") struct SearchTests {
    let test: TestCatalog

    /// A model with a card, a variant of it with a note, and another model.
    init() throws {
        test = try TestCatalog()
        var base = ArtifactDraft.sample(["a", "b"])
        base.card = CardDraft(
            pipeline: "text-generation", library: "transformers", languages: ["en", "fr"], tags: ["tiny"],
            datasets: ["roneneldan/TinyStories"], text: "# Tiny\nTrained on short stories for children, in café style.")
        base.files[0].tensors[0].name = "model.layers.0.self_attn.q_proj.weight"
        base.files[0].tensors[1].name = "model.layers.1.self_attn.q_proj.weight"
        _ = try test.catalog.insert(base, naming: Naming(try tag("tiny-llama")))
        let nf4 = ArtifactDraft.quantizedSample(["a", "b"])
        _ = try test.catalog.insert(nf4, naming: Naming(try tag("tiny-llama:nf4")))
        _ = try test.catalog.addNote("loses French; use q4_k_m\nsecond line", to: nf4.digest, at: .day(1))
        _ = try test.catalog.insert(.sample(["z"], path: "z.safetensors"), naming: Naming(try tag("acme/other")))
    }

    private func found(_ text: String) throws -> [String] {
        try test.catalog.search(text).rows.map { row in
            row.summary.label + (row.reason.map { " \($0.column.name)" } ?? "")
        }
    }

    @Test(
        "finds by names, facts, notes, cards and tensor names",
        arguments: [
            ("llama", ["tiny-llama", "tiny-llama:nf4", "acme/other about"]),
            ("LAMA", ["tiny-llama", "tiny-llama:nf4"]),
            (":nf", ["tiny-llama:nf4"]), ("acme/", ["acme/other"]), ("child", ["tiny-llama card"]),
            ("CAFE", ["tiny-llama card"]), ("french", ["tiny-llama:nf4 note"]), ("second", ["tiny-llama:nf4 note"]),
            ("q4_k", ["tiny-llama:nf4 note"]), ("text-gen", ["tiny-llama about"]), ("tinystor", ["tiny-llama about"]),
            ("q_proj", ["tiny-llama tensor"]), ("layers.1.self_attn", ["tiny-llama tensor"]),
            ("layers.17.self_attn", []), ("self_attn.k_proj", []), ("stories nf4", []),
            (
                "fr",
                [
                    "tiny-llama:nf4 note",
                    "tiny-llama about",
                ]
            ), ("llama stories", ["tiny-llama card"]), ("nothing", []), ("ories", []),
        ])
    func finds(text: String, wanted: [String]) throws { #expect(Set(try found(text)) == Set(wanted)) }

    @Test("puts names before all else, in their order") func order() throws {
        _ = try test.catalog.insert(.sample(["s"], path: "s.safetensors"), naming: Naming(try tag("zz-stories")))
        #expect(try found("stories") == ["zz-stories", "tiny-llama card"])
    }

    @Test("tells the text around the word, and the tensor's name") func excerpts() throws {
        func excerpt(_ text: String) throws -> String? { try test.catalog.search(text).rows.first?.reason?.excerpt }
        #expect(try excerpt("children")?.contains("short stories for children") == true)
        #expect(try excerpt("french") == "loses French; use q4_k_m second line")
        #expect(try excerpt("q_proj") == "model.layers.*.self_attn.q_proj.weight")
        #expect(try excerpt("text-generation")?.contains("text-generation") == true)
    }

    @Test(
        "takes no word for an operator of FTS5",
        arguments: [
            "\"", "a\"b", "OR", "NOT x", "(", "NEAR(a b)", "name : x", "*", "^tiny", "-tiny", "''", "{a b}:c", "\u{0}x",
            "💥", "....", "1.2.3",
        ])
    func hostile(text: String) throws { _ = try test.catalog.search(text) }

    @Test("refuses more words than it asks for") func tooMuch() throws {
        #expect(try catalogError { _ = try test.catalog.search(String(repeating: "a ", count: 17)) }?.code == .badName)
        #expect(try catalogError { _ = try test.catalog.search(String(repeating: "a", count: 300)) }?.code == .badName)
        #expect(try test.catalog.search(String(repeating: "a ", count: 16)).counts.count == 16)
    }

    @Test("that finds nothing tells near names, and what each word finds alone") func advice() throws {
        let answer = try test.catalog.search("tinny-llama")
        #expect(answer.rows.isEmpty)
        #expect(answer.nearNames.first == "tiny-llama")
        let counts = try test.catalog.search("stories nothing").counts
        #expect(counts.map(\.word) == ["stories", "nothing"])
        #expect(counts.map(\.artifactCount) == [1, 0])
    }

    @Test("follows names, notes and artifacts that change") func follows() throws {
        let digest = ArtifactDraft.quantizedSample(["a", "b"]).digest
        func texts(_ column: String) throws -> [String] {
            try test.text("SELECT \(column) FROM artifact_search WHERE digest = '\(digest.hex)'")
        }
        #expect(try texts("name") == ["tiny-llama:nf4"])
        _ = try test.catalog.tag(digest, as: Naming(try tag("tiny-llama:prod")))
        #expect(try texts("name") == ["tiny-llama:nf4 tiny-llama:prod"])
        try test.catalog.renameModel("tiny-llama", to: "small")
        #expect(try texts("name") == ["small:nf4 small:prod"])
        _ = try test.catalog.untag(try tag("small:nf4"))
        #expect(try texts("name") == ["small:prod"])
        #expect(try test.catalog.removeNotes("no such", of: digest) == 0)
        #expect(try test.catalog.removeNotes(nil, of: digest) == 1)
        #expect(try texts("note") == [""])
        #expect(try found("french") == [])
        _ = try test.catalog.forget([digest])
        #expect(try texts("name") == [])
        #expect(try test.count("artifact_search") == 2)
        try test.execute("INSERT INTO artifact_search (artifact_search) VALUES ('integrity-check')")
    }

    @Test("knows a card that another artifact has too, and waits for the others") func cards() throws {
        func draft(_ name: String, card: String) -> ArtifactDraft {
            var draft = ArtifactDraft.sample([name], path: "\(name).safetensors")
            let blob = BlobDraft(digest: Digest(of: card), byteCount: 5)
            draft.blobs.append(blob)
            draft.files.append(
                FileDraft(
                    path: "README.md", digest: Digest(of: card), byteCount: 5, role: "card",
                    segments: [Segment(blob: blob.digest, blobOffset: 0, byteCount: 5)]))
            return draft
        }
        var first = draft("one", card: "card")
        first.card = CardDraft(languages: ["de"], text: "words of the card")
        let second = draft("two", card: "card"), third = draft("three", card: "other")
        for draft in [first, second, third] { _ = try test.catalog.insert(draft) }
        #expect(try test.catalog.search("words").rows.count == 2)
        #expect(try test.catalog.card(of: second.digest)?.languages == ["de"])
        #expect(try test.catalog.artifactsWithUnreadCards(atMost: 9) == [third.digest])
        try test.catalog.note([(third.digest, CardDraft(tags: ["belated"], text: "read later"))])
        #expect(try test.catalog.artifactsWithUnreadCards(atMost: 9) == [])
        #expect(try test.catalog.search("belated").rows.first?.summary.artifact.digest == third.digest)
        try test.catalog.note([(Digest(of: "gone"), nil)])
    }

    @Test("names without their numbers are few") func patterns() {
        #expect(TensorNamePattern.pattern(of: "model.layers.17.experts.3.w1") == "model.layers.*.experts.*.w1")
        #expect(TensorNamePattern.pattern(of: "0") == "*")
        #expect(TensorNamePattern.pattern(of: "a..b.1x") == "a..b.1x")
        let names = (0..<100_000).lazy.map { "model.layers.\($0 / 1000).mlp.experts.\($0 % 1000).up_proj.weight" }
        #expect(TensorNamePattern.text(of: names) == "model.layers.*.mlp.experts.*.up_proj.weight")
        let unlike = TensorNamePattern.text(of: (0..<100_000).lazy.map { "tensor_\($0)_x" })
        #expect(unlike.utf8.count <= TensorNamePattern.greatestByteCount)
    }

    @Test("offers names as they are typed") func completion() throws {
        func names(_ prefix: String, limit: Int = 10) throws -> [String] {
            try test.catalog.names(beginningWith: prefix, limit: limit)
        }
        #expect(try names("") == ["acme/other", "tiny-llama", "tiny-llama:nf4"])
        #expect(try names("TINY-llama:") == ["tiny-llama", "tiny-llama:nf4"])
        #expect(try names("tiny-llama@") == ["tiny-llama@v1"])
        #expect(try names("%") == [])
        #expect(try names("", limit: 1) == ["acme/other"])
    }
}
