import Bytes
import Foundation
import Registry
import Testing

@Suite("Results that are imported") struct ResultsImportTests {
    private func write(_ text: String, to name: String, in home: TemporaryHome) throws -> String {
        let path = home.path(name)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func request(_ paths: String...) -> ResultsImportRequest { ResultsImportRequest(paths: paths, name: "m") }

    @Test("in a file too long to be one are refused unread") func large() throws {
        let home = try TemporaryHome()
        let path = home.path("results.json")
        try NewFile(path).seal()
        try #require(unsafe truncate(path, off_t(256 << 20 + 1)) == 0)
        let error = #expect(throws: FormatError.self) { try home.registry.importResults(request(path)) }
        #expect(error?.problem.contains("at most 256 MiB are read") == true)
        #expect(error?.file == path)
    }

    @Test("are the same in a copy of the file") func copies() async throws {
        let home = try await ConvertTests.homeWithModel()
        let path = fixtures + "/results/llama-bench/bench.jsonl"
        let first = try home.registry.importResults(request(path))
        #expect(first.added > 1)
        let copy = home.path("copy.txt")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let again = try home.registry.importResults(request(copy, path))
        #expect(again.added == 0)
        #expect(again.unchanged == 2 * first.added)
    }

    @Test("know the machine only from the file, unless it was this one") func hosts() async throws {
        let home = try await ConvertTests.homeWithModel()
        let path = try write("metric,value\nacc,0.5\n", to: "a.csv", in: home)
        _ = try home.registry.importResults(request(path))
        let row = try #require(try home.registry.results(of: "m").first)
        #expect(row.host == nil && row.cpu == nil && row.cores == nil && row.memoryBytes == nil && row.os == nil)
        var here = request(try write("metric,value\nacc,0.6\n", to: "b.csv", in: home))
        here.isFromThisHost = true
        _ = try home.registry.importResults(here)
        let other = try #require(try home.registry.results(of: "m").first { $0.value == 0.6 })
        #expect(other.host != nil)
        #expect(other.cores ?? 0 > 0)
        #expect(other.memoryBytes ?? 0 > 1 << 20)
    }

    @Test("of another machine are not said to be of this one") func otherMachine() async throws {
        let home = try await ConvertTests.homeWithModel()
        var there = request(try write("metric,value,cpu\nacc,0.5,Abacus 9000\n", to: "a.csv", in: home))
        there.isFromThisHost = true
        #expect {
            try home.registry.importResults(there)
        } throws: { "\($0)".contains("Abacus 9000") && "\($0)".contains("--this-host") }
        #expect(try home.registry.results().isEmpty)
    }

    @Test("take what the user knows where the file does not tell") func known() async throws {
        let home = try await ConvertTests.homeWithModel()
        let digest = Digest(of: "data").hex
        var request = request(try write("metric,value,dataset\nacc,0.5,own\nppl,7,\n", to: "a.csv", in: home))
        request.dataset = "wikitext"
        request.datasetDigest = digest.uppercased()
        request.promptDigest = digest
        _ = try home.registry.importResults(request)
        let rows = try home.registry.results(of: "m")
        #expect(rows.map(\.dataset) == ["own", "wikitext"])
        #expect(rows.map(\.datasetDigest) == [digest, digest])
        #expect(rows.map(\.promptDigest) == [digest, digest])
        request.datasetDigest = "abc"
        #expect { try home.registry.importResults(request) } throws: { "\($0)".contains("--dataset-digest") }
    }

    @Test("count samples that lie beside them") func samples() async throws {
        let home = try await ConvertTests.homeWithModel()
        let results = try write(#"{"results":{"t_a":{"acc,none":0.5}}}"#, to: "results.json", in: home)
        let line = #"{"doc_id":0,"doc":{},"target":"1","arguments":{},"resps":[]}"# + "\n"
        let samples = try write(line + line + line, to: "samples_t_a_2026-11-29T20-31-47.1.jsonl", in: home)
        let report = try home.registry.importResults(request(samples, results))
        #expect(report.added == 1)
        #expect(report.notes.count == 1 && report.notes[0].contains("3 samples of t_a"))
        #expect(try home.registry.results(of: "m").map(\.sampleCount) == [3])
        #expect { try home.registry.importResults(request(samples)) } throws: { "\($0)".contains("no results") }
    }

    @Test("are all refused when one file is bad, which is named") func atomic() async throws {
        let home = try await ConvertTests.homeWithModel()
        let good = try write("metric,value\nacc,0.5\n", to: "good.csv", in: home)
        let bad = try write("metric,value\nacc,x\n", to: "bad.csv", in: home)
        let error = #expect(throws: FormatError.self) { try home.registry.importResults(request(good, bad)) }
        #expect(error?.file == bad)
        #expect(error?.byteOffset == 13)
        #expect(try home.registry.results().isEmpty)
    }

    @Test("that were measured here have the machine") func added() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try home.registry.addResults([NewResult(metric: "loss", value: 2)], to: "m")
        let row = try #require(try home.registry.results(of: "m").first)
        #expect(row.host != nil)
        #expect(row.cores ?? 0 > 0)
    }
}
