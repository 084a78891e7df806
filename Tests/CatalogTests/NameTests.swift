import Testing

@testable import Catalog

@Suite("Artifact names") struct NameTests {
    @Test(
        "are read as the grammar says",
        arguments: [
            ("tiny", "tiny"), ("tiny:latest", "tiny"), ("tiny:nf4", "tiny:nf4"), ("HuggingFaceTB/SmolLM2-135M", nil),
            ("owner/tiny:q4_k_m", nil), ("tiny@v3", nil), ("tiny@V3", "tiny@v3"), ("owner/tiny@v12", nil),
            ("@abcd", nil), ("@ABCD", "@abcd"), ("@sha256:abcd1234", "@abcd1234"), ("tiny@0123", nil), ("a", nil),
            ("_a.b-c", nil), ("7b:7b", nil),
        ] as [(String, String?)])
    func good(text: String, canonical: String?) throws {
        #expect(try name(text).description == canonical ?? text)
    }

    @Test(
        "that break the grammar are refused",
        arguments: [
            "", ":tag", "a:", "a/b/c", "a//b", "/a", "a/", "-a", ".a", "a b", "a:b:c", "ä", "a:-x", "a:.x", "a@", "@",
            "@abc", "@xyz0", "a@v0", "a@v", "a@v-1", "a@v+1", "@v1", "a:b@v1", "a@b@c",
            "a@\(String(repeating: "0", count: 65))", String(repeating: "a", count: 129), "a/..", "a\n",
        ])
    func bad(text: String) {
        #expect { try name(text) } throws: { ($0 as? CatalogError)?.code == .badName }
    }

    @Test("with a version or digest cannot be given") func given() {
        #expect(throws: CatalogError.self) { try tag("a@v1") }
        #expect(throws: CatalogError.self) { try tag("@abcd") }
    }

    @Test(
        "are near when few letters differ",
        arguments: [("abc", "abd", 1), ("abc", "acb", 1), ("abc", "abc", 0), ("", "abc", 3), ("kitten", "sitting", 3)])
    func distance(left: String, right: String, distance: Int) {
        #expect(Suggestions.editDistance(Array(left.utf8), Array(right.utf8)) == distance)
        #expect(Suggestions.editDistance(Array(right.utf8), Array(left.utf8)) == distance)
    }

    @Test("are suggested nearest first, and not when far") func suggestions() {
        let names = ["tiny-llama", "tiny-llama:nf4", "smollm2", "gpt2"]
        #expect(Suggestions.nearest(to: "tiny-lama", among: names).first == "tiny-llama")
        #expect(Suggestions.nearest(to: "Tiny-Llama", among: names).first == "tiny-llama")
        #expect(Suggestions.nearest(to: "whisper-large", among: names) == [])
    }
}
