import Catalog
import Foundation
import Registry
import Testing
import Yams

@Suite("Model card report") struct ModelCardReportTests {
    private static func frontMatter(_ card: String) throws -> [String: Any] {
        let parts = card.components(separatedBy: "\n---\n")
        let yaml = try #require(parts.first).dropFirst("---\n".count)
        return try #require(try Yams.load(yaml: String(yaml)) as? [String: Any])
    }

    @Test("begins with YAML that says license, base, library and results") func yaml() async throws {
        let home = try await ReportTests.home()
        let facts = try Self.frontMatter(try ReportTests.text(home, "org/m:nf4", .markdown))
        #expect(facts["license"] as? String == "apache-2.0")
        #expect(facts["base_model"] as? String == "org/m")
        #expect(facts["base_model_relation"] as? String == "quantized")
        #expect(facts["library_name"] as? String == "transformers")
        #expect(facts["pipeline_tag"] as? String == "text-generation")
        let tags = try #require(facts["tags"] as? [String])
        #expect(Set(tags).isSuperset(of: ["<i>", "\u{202E}tag", "bitsandbytes", "bnb-nf4", "4-bit", "ingot"]))
        let own = try #require(facts["ingot"] as? [String: Any])
        let detail = try home.registry.show("org/m:nf4")
        #expect(own["digest"] as? String == "sha256:" + detail.artifact.digest)
        #expect(own["rel_rmse"] as? Double == detail.artifact.relRmse)
        let index = try #require((facts["model-index"] as? [[String: Any]])?.first)
        let results = try #require(index["results"] as? [[String: Any]])
        #expect(results.count == 1, "NaN of no task is no entry")
        let metric = try #require((results[0]["metrics"] as? [[String: Any]])?.first)
        #expect(metric["type"] as? String == "acc|`<b>" + ReportTests.attack)
        #expect(metric["value"] as? Double == 0.25)
        #expect(metric["verified"] as? Bool == false)
        #expect((results[0]["dataset"] as? [String: Any])?["name"] as? String == "task <u>\n| x")
    }

    @Test("keeps hostile text inside its cell and out of HTML") func hostile() async throws {
        let card = try ReportTests.text(try await ReportTests.home(), "org/m:nf4", .markdown)
        let body = try #require(card.components(separatedBy: "\n---\n").dropFirst().first)
        #expect(!body.contains("<script") && !body.contains("<img") && !body.contains("https://"))
        var columns: Int?
        for line in body.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                columns = nil
                continue
            }
            let count = line.replacing("\\|", with: "").count { $0 == "|" }
            #expect(count == columns ?? count, "\(line)")
            columns = count
        }
        // Two of them hold code, which nothing in it ends early.
        #expect(body.matches(of: /(?m)^```/).count.isMultiple(of: 2))
    }

    @Test(
        "says how programs load it",
        arguments: [
            ("nf4", "AutoModelForCausalLM.from_pretrained"), ("q8_0", "llama-cli -m"), ("affine4", "mlx_lm.generate"),
            ("ct-int4-g128", "vllm serve"),
        ])
    func loading(scheme: String, words: String) async throws {
        let home = try TemporaryHome()
        try await home.register(fixtures + "/models/tiny-llama", as: "t")
        var request = ConvertRequest(name: "t", scheme: scheme)
        request.newName = "t:v"
        _ = try await home.registry.convert(request)
        let card = try ReportTests.text(home, "t:v", .markdown)
        #expect(card.contains("ingot export t:v ./t-v"))
        #expect(card.contains(words))
        // Nothing tells where 't' is published.
        #expect(!card.contains("base_model:"))
        var report = ReportRequest(name: "t:v")
        report.format = .markdown
        #expect(try home.registry.report(report).notes.contains { $0.contains("base_model is left out") })
    }
}
