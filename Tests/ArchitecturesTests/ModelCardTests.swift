import Testing

@testable import Architectures

@Suite("Model card") struct ModelCardTests {
    private func card(_ text: String) -> ModelCard { ModelCard(parsing: Array(text.utf8)) }

    @Test(
        "tells license and base models",
        arguments: [
            ("---\nlicense: mit\nbase_model: a/b\n---\n# Title", "mit", ["a/b"]),
            (
                "---\r\nlicense: 'apache-2.0'\r\nbase_model:\r\n- a/b\r\n- \"c/d\"\r\n---\r\n", "apache-2.0",
                ["a/b", "c/d"]
            ),
            ("\u{FEFF}---\nlicense: [mit, gpl]\nbase_model: [a/b]\n---", "mit", ["a/b"]),
            ("---\nlicense: other\nlicense_name: llama3\nbase_model:\n  - x/y # the first\n---", "llama3", ["x/y"]),
            ("---\nlicense: other\n---", "other", []), ("---\ntags:\n- a\n---", nil, []), ("# Title", nil, []),
            ("---\nlicense: mit", nil, []), ("", nil, []), ("---\n---\nlicense: mit", nil, []),
            ("---\nlicense:\nbase_model: null\n---", nil, []),
            ("text\n---\nlicense: mit\n---", nil, []), ("---\nmodel:\n  license: mit\n---", nil, []),
            ("---\nlicense: {a: b}\n---", nil, []), ("---\nlicense: 3.0\n---", "3.0", []),
        ] as [(String, String?, [String])])
    func fields(text: String, license: String?, baseModels: [String]) {
        let card = card(text)
        #expect(card.license == license)
        #expect(card.baseModels == baseModels)
        #expect(card.notes.isEmpty)
    }

    @Test("tells what it is for, its languages, tags and data, and its text") func rest() {
        let card = card(
            """
            ---
            language: en
            tags: [a, 'b c']
            datasets:
            - x/y
            pipeline_tag: text-generation
            library_name: transformers
            widget: [
            ---

            <p align="center"><img src="x"></p>
            # Title
            It is 3 < 4.
            """)
        #expect(card.languages == ["en"])
        #expect(card.tags == ["a", "b c"])
        #expect(card.datasets == ["x/y"])
        #expect(card.pipeline == "text-generation")
        #expect(card.library == "transformers")
        #expect(card.text == "# Title\nIt is 3 < 4.")
        #expect(self.card("no block").text == "no block")
        #expect(self.card("---\ntags: *x\n---\n").notes.isEmpty)
        #expect(self.card(String(repeating: "é", count: 200_000)).text.utf8.count <= 33_000)
    }

    @Test("is read past a fault in another field")
    func otherFault() {
        let card = card("---\nwidget: text: : {[\n\tx\nlicense: mit\nbad: *none\n---")
        #expect(card.license == "mit")
        #expect(card.notes.isEmpty)
    }

    @Test(
        "notes a field that cannot be read, and is no error",
        arguments: [
            "license: [mit", "license: \"mit", "license: *alias", "license: &a [*a]", "license: !!python/name:os",
            "license: mit: x: y", "license:\n" + String(repeating: "- - ", count: 2000),
            "license: " + String(repeating: "[", count: 9), "license: " + String(repeating: "x", count: 20_000),
            "license:\n ? a",
        ])
    func broken(field: String) {
        let card = card("---\n\(field)\nbase_model: a/b\n---\n")
        #expect(card.license == nil)
        #expect(card.baseModels == ["a/b"])
        #expect(card.notes.count == 1)
        #expect(card.notes.first?.hasPrefix("the model card's 'license' is not read: ") == true)
    }

    @Test("survives bytes that are not UTF-8") func bytes() {
        let card = ModelCard(parsing: Array("---\nlicense: mit\nx: ".utf8) + [0xFF, 0x0A] + Array("---\n".utf8))
        #expect(card.license == "mit")
    }
}
