import Bytes
import Foundation
import Testing

@testable import Registry

@Suite("Results of lm-evaluation-harness") struct ResultsImportTests {
    private func file(date: String) -> [UInt8] {
        Array(#"{"results":{"t":{"acc,none":0.5}},"date":\#(date)}"#.utf8)
    }

    @Test(
        "are dated by the file, to the second",
        arguments: [
            ("0", "1970-01-01T00:00:00Z"), ("1777627770.9", "2026-05-01T09:29:30Z"),
            ("253402300799.9", "9999-12-31T23:59:59Z"), ("null", nil), (#""2026-05-01""#, nil),
        ] as [(String, String?)])
    func date(value: String, expected: String?) throws {
        let results = try EvaluationHarnessFile(parsing: file(date: value), file: "x").results
        #expect(results.map(\.measuredAt) == [expected])
        #expect(results.map(\.value) == [0.5])
    }

    @Test("with an impossible date are refused", arguments: ["1e300", "1e400", "-1", "253402300800"])
    func impossible(value: String) {
        let error = #expect(throws: FormatError.self) {
            try EvaluationHarnessFile(parsing: file(date: value), file: "x").results
        }
        #expect(error?.description.contains("date") == true, "\(error?.description ?? "")")
        #expect(error?.file == "x")
    }

    @Test("in a file too long to be one are refused unread") func large() throws {
        let home = try TemporaryHome()
        let path = home.path("results.json")
        try NewFile(path).seal()
        try #require(unsafe truncate(path, off_t(EvaluationHarnessFile.greatestByteCount + 1)) == 0)
        let error = #expect(throws: FormatError.self) { try home.registry.importResults(from: [path], for: "m") }
        #expect(error?.problem.contains("at most 256 MiB are read") == true)
        #expect(error?.file == path)
    }
}
