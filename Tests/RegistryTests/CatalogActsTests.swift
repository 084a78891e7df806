import Bytes
import Foundation
import Registry
import Testing

@Suite("Names, results, removal") struct CatalogActsTests {
    @Test("frees what nobody else uses, refuses a parent, and says how much") func removes() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        let row = try #require(try home.registry.list().first { $0.tag == "nf4" })
        #expect(throws: (any Error).self) { try home.registry.remove(["m"]) }
        let report = try home.registry.remove(["m:nf4"])
        #expect(report.freedBytes == row.uniqueBytes)
        #expect(report.artifacts == [row.digest])
        #expect(try home.registry.remove(["m"]).artifacts.count == 1)
        #expect(try home.storedFiles().isEmpty)
    }

    @Test("removes a parent when told to, and its child keeps the digest") func orphans() async throws {
        let home = try await ConvertTests.homeWithModel()
        let parent = try home.registry.show("m").artifact.digest
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        _ = try home.registry.remove(["m"], dependents: .orphan)
        #expect(try home.registry.lineage(of: "m:nf4").edges.map(\.parentDigest) == [parent])
        #expect(try await home.registry.verify(nil).damage.isEmpty)
    }

    @Test("removes one of two names and keeps the bytes") func removesName() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try home.registry.tag("m", as: "prod")
        let report = try home.registry.remove(["m:prod"])
        #expect(report.artifacts.isEmpty)
        #expect(try home.registry.list().map(\.tag) == ["latest"])
    }

    @Test("removes the artifact when all its names are given at once") func removesAllNames() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try home.registry.tag("m", as: "prod")
        let report = try home.registry.remove(["m:prod", "M"])
        #expect(report.artifacts.count == 1)
        #expect(report.names == ["m", "m:prod"])
        #expect(try home.storedFiles().isEmpty)
    }

    @Test("keeps results with the bytes, once each") func results() async throws {
        let home = try await ConvertTests.homeWithModel()
        var loss = NewResult(metric: "loss", value: 2.5)
        loss.task = "heldout"
        #expect(try home.registry.addResults([loss, NewResult(metric: "ppl", value: .nan)], to: "m").added == 2)
        #expect(try home.registry.addResults([loss], to: "m").unchanged == 1)
        let file = home.path("results.json")
        try Data(Self.harnessFile.utf8).write(to: URL(fileURLWithPath: file))
        #expect(try home.registry.importResults(ResultsImportRequest(paths: [file], name: "m")).added == 3)
        #expect(try home.registry.importResults(ResultsImportRequest(paths: [file], name: "m")).unchanged == 3)
        let rows = try home.registry.results(of: "m")
        let accuracy = try #require(rows.first { $0.task == "arc_easy" && $0.metric == "acc" })
        #expect(accuracy.value == 0.5)
        #expect(accuracy.stderr == 0.01)
        #expect(accuracy.higherIsBetter == true)
        #expect(accuracy.sampleCount == 2376)
        #expect(rows.first { $0.metric == "ppl" }?.valueText == "nan")
        #expect(rows.first { $0.metric == "word_perplexity" }?.valueText == "inf")
    }

    @Test("refuses a file that is no result file, and records nothing") func foreignResults() async throws {
        let home = try await ConvertTests.homeWithModel()
        let file = home.path("x.json")
        try Data(#"{"a": 1}"#.utf8).write(to: URL(fileURLWithPath: file))
        let request = ResultsImportRequest(paths: [file], name: "m")
        #expect { try home.registry.importResults(request) } throws: { "\($0)".contains("lm-eval") }
        #expect(try home.registry.results().isEmpty)
    }

    @Test("renames a model with its tags") func renames() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        _ = try home.registry.rename("m", to: "team/n")
        #expect(try home.registry.list().compactMap(\.name) == ["team/n", "team/n"])
        #expect(try home.registry.show("team/n:nf4").artifact.scheme == "bnb-nf4")
    }

    @Test("answers SQL, and tells the names that there are") func queries() async throws {
        let home = try await ConvertTests.homeWithModel()
        var rows: [[QueryValue]] = []
        let end = try home.registry.query(
            "SELECT name, parameters FROM artifact_summary", columns: { #expect($0 == ["name", "parameters"]) },
            row: { rows.append($0) })
        #expect(end.rowCount == 1)
        #expect(rows.first?.first == .text("m"))
        #expect { try home.registry.show("m:nf5") } throws: { "\($0)".contains("m:latest") }
    }

    /// In the shape of lm-evaluation-harness 0.4.9; the numbers are made up.
    static let harnessFile = """
        {"results": {"arc_easy": {"alias": "arc_easy", "acc,none": 0.5, "acc_stderr,none": 0.01,
        "acc_norm,none": 0.4, "acc_norm_stderr,none": "N/A"},
        "wikitext": {"alias": "wikitext", "word_perplexity,none": Infinity, "word_perplexity_stderr,none": "N/A"}},
        "higher_is_better": {"arc_easy": {"acc": true, "acc_norm": true}}, "n-shot": {"arc_easy": 0},
        "n-samples": {"arc_easy": {"original": 2376, "effective": 2376}}, "versions": {"arc_easy": 1.0},
        "date": 1760000000.5, "lm_eval_version": "0.4.9"}
        """
}
