import Bytes
import Testing

@testable import CommandLine
@testable import Registry

@Suite("JSON reports") struct JSONReportTests {
    private struct Report: Encodable {
        struct Part: Encodable { var maximumError: Double? }
        var zeta = 1
        var alphaBeta: String?
        var part: Part? = Part(maximumError: nil)
        var parts = [Part(maximumError: 0.5), Part(maximumError: .nan)]
        var flag = true
        var empty: [Int] = []
    }

    @Test("have sorted snake_case keys, each present") func form() throws {
        #expect(
            try JSONText.document(JSONReport.document(Report())) == """
                {
                  "alpha_beta": null,
                  "empty": [],
                  "flag": true,
                  "part": {
                    "maximum_error": null
                  },
                  "parts": [
                    {
                      "maximum_error": 0.5
                    },
                    {
                      "maximum_error": null
                    }
                  ],
                  "zeta": 1
                }
                """)
    }

    @Test("fit their schemas") func schemas() throws {
        var converted = Samples.register
        converted.conversion = Samples.convert
        let documents: [(String, any Encodable)] = [
            ("convert", Samples.convert), ("register", [Samples.register, converted]), ("export", Samples.export),
            ("show", Samples.detail), ("verify", Samples.verify), ("rm", Samples.remove),
            ("version", VersionReport(version: "0.1.0")), ("tensors", [Samples.tensor]),
            ("results-list", [Samples.result]),
        ]
        for (command, report) in documents {
            let faults = try SchemaValidator(command: command).faults(in: JSONReport.document(report))
            #expect(faults.isEmpty, "\(command)")
        }
    }

    @Test("of rows have the keys that the columns name") func columns() throws {
        func keys(_ report: some Encodable) throws -> [String]? {
            try JSONReport.document(report).objectValue?.members.map(\.key)
        }
        #expect(try keys(Samples.artifact) == ListCommand.columnsOfArtifact.map(\.name).sorted())
        #expect(try keys(Samples.tensor) == TensorsCommand.columns.map(\.name).sorted())
        #expect(try keys(Samples.result) == ResultsListCommand.columns.map(\.name).sorted())
        #expect(try keys(ModelRegistry.formats.first) == FormatsCommand.columns.map(\.name).sorted())
    }

    @Test("of formats fit a table, which cuts what is longer") func formats() {
        for format in ModelRegistry.formats { #expect(format.summary.count <= 100, "\(format.name)") }
    }

    @Test(
        "that break a schema are noticed",
        arguments: [
            (#"{"a":1}"#, 0), (#"{"a":"x"}"#, 1), (#"{}"#, 1), (#"{"a":1,"b":2}"#, 1), (#"{"a":1,"c":["y"]}"#, 1),
            (#"{"a":1,"c":["x"]}"#, 0), (#"[]"#, 1), (#"{"a":1.5}"#, 1), (#"{"a":null}"#, 0),
        ])
    func validator(document: String, faultCount: Int) throws {
        let schema = """
            {"type": "object", "required": ["a"], "additionalProperties": false, "properties": {
              "a": {"type": ["integer", "null"]}, "c": {"type": "array", "items": {"enum": ["x"]}}}}
            """
        let validator = SchemaValidator(try JSONValue(parsing: Array(schema.utf8)))
        let faults = validator.faults(in: try JSONValue(parsing: Array(document.utf8)))
        #expect(faults.count == faultCount)
    }
}
