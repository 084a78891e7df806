import Bytes
import Testing

@testable import Transforms

@Suite("Prune settings") struct PruneSettingsTests {
    private func settings(_ parameters: String) throws -> PruneSettings? {
        let text = "steps: [{transform: prune, parameters: \(parameters)}]"
        guard case .prune(let settings)? = try RecipeFile(parsing: Array(text.utf8), file: "r.yaml").steps.first else {
            return nil
        }
        return settings
    }

    @Test(
        "are the same again when their canonical text is read",
        arguments: [
            "{mlp: 0.3, heads: 0.25, multiple_of: 32}", "{layers: '3,7-9'}", "{keep_layers: 0-5, experts: 0.5}",
            "{vocabulary: 1000, hidden: 0.125, importance: l1}", "{kv_groups: 0.5, method: mask-1}",
            "{mlp: 0.5, repair: least_squares, importance: statistics, importance_digest: "
                + String(repeating: "a1", count: 32) + "}",
        ])
    func roundTrip(parameters: String) throws {
        let first = try #require(try settings(parameters))
        let text = JSONValue.object(first.parameters).text(.compact)
        #expect(try settings(text) == first)
        #expect(first.recipe.text.contains("\"method\":\"mask-1\""))
    }

    @Test("write shares in one way, whatever the way in which they were written") func canonical() throws {
        #expect(try settings("{mlp: 0.30}")?.recipe.digest == settings("{mlp: 3e-1, multiple_of: 1}")?.recipe.digest)
        #expect(try settings("{layers: '7, 3'}")?.recipe.digest == settings("{layers: '3,7'}")?.recipe.digest)
    }

    @Test(
        "refuse what is none, with its place",
        arguments: [
            ("{}", "nothing"), ("{mlp: 1}", "parameters.mlp"), ("{mlp: much}", "'much'"),
            ("{width: 0.5}", "no such key"),
            ("{layers: 3-1}", "parameters.layers"), ("{layers: 1, keep_layers: 2}", "keep_layers"),
            ("{mlp: 0.5, multiple_of: 0}", "multiple_of"), ("{mlp: 0.5, importance: imatrix}", "importance"),
            ("{mlp: 0.5, importance_digest: abc}", "digest"), ("{mlp: 0.5, repair: least_squares}", "repair"),
            ("{vocabulary: -3}", "vocabulary"), ("{mlp: 0.5, method: mask-9}", "mask-9"),
        ])
    func refusals(parameters: String, word: String) {
        let error = #expect(throws: FormatError.self) { _ = try settings(parameters) }
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("r.yaml") == true)
    }

    @Test("refuse a file that ranks, where nothing is ranked") func unranked() {
        let digest = String(repeating: "a1", count: 32)
        let error = #expect(throws: FormatError.self) {
            _ = try settings("{layers: 1, importance: imatrix, importance_digest: \(digest)}")
        }
        let text = error?.description ?? ""
        #expect(text.contains("importance_digest"), "\(text)")
        #expect(text.contains("none are to be cut"), "\(text)")
    }
}
