import Bytes
import Foundation
import Testing

@testable import CommandLine

/// What a user gets, on a trained model, through the built command.
@Suite("Main flow", .timeLimit(.minutes(20))) struct MainFlowTests {
    private static let question = """
        SELECT a.name, a.tag, a.bits_per_weight, a.rel_rmse, a.stored_bytes, r.value FROM artifact_summary a \
        LEFT JOIN result_summary r ON r.digest = a.digest ORDER BY a.stored_bytes
        """

    private let folder: TemporaryFolder
    private let ingot: IngotProcess

    init() throws {
        folder = try TemporaryFolder()
        ingot = IngotProcess(home: folder("home"))
    }

    @Test("registers, converts, measures, queries and exports") func wholeFlow() throws {
        let registered = try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny-llama", "--json").json()
        #expect(registered.arrayValue?.count == 1)
        #expect(registered.arrayValue?[0]["name"]?.stringValue == "tiny-llama")
        #expect(registered.arrayValue?[0]["outcome"]?.stringValue == "registered")

        let converted = try ingot.succeeding("convert", "tiny-llama", "--to", "nf4", "--json").json()
        #expect(converted["name"]?.stringValue == "tiny-llama:nf4")
        #expect(converted["scheme"]?.stringValue == "bnb-nf4")
        let error = try #require(converted["relative_rmse"]?.doubleValue)
        #expect((0.05...0.15).contains(error))

        try ingot.succeeding("results", "add", "tiny-llama:nf4", "loss=2.81", "--task", "heldout")
        let rows = try ingot.succeeding("sql", Self.question, "--json").json()
        let small = try #require(rows.arrayValue?.first)
        #expect(rows.arrayValue?.count == 2)
        #expect(small["name"]?.stringValue == "tiny-llama")
        #expect(small["tag"]?.stringValue == "nf4")
        #expect(small["value"]?.doubleValue == 2.81)
        #expect(small["rel_rmse"]?.doubleValue == error)

        try ingot.succeeding("export", "tiny-llama:nf4", folder("out"))
        let configuration = try JSONValue(
            parsing: Array(Data(contentsOf: URL(fileURLWithPath: folder("out/config.json")))))
        #expect(configuration["quantization_config"]?["bnb_4bit_quant_type"]?.stringValue == "nf4")
        #expect(configuration["quantization_config"]?["bnb_4bit_use_double_quant"]?.boolValue == false)
    }

    @Test("gives back the bytes that were registered", arguments: [[], ["--link"]]) func identity(
        options: [String]
    ) throws {
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny")
        let exported = try ingot.run(["export", "tiny", folder("out"), "--json"] + options)
        #expect(exported.exitCode == 0, "\(exported.errors)")
        let files = try #require(try exported.json()["files"]?.arrayValue)
        #expect(files.contains { $0["path"]?.stringValue == "model.safetensors" })
        for file in files {
            let path = try #require(file["path"]?.stringValue)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder("out/" + path)))
            #expect(try bytes == Data(contentsOf: URL(fileURLWithPath: Project.tinyLlama + "/" + path)), "\(path)")
            #expect(file["digest"]?.stringValue == Digest(of: Array(bytes)).hex)
        }
    }

    @Test("gives back a file that is left where it is") func reference() throws {
        let path = try folder.write(TinyWeights.file(), to: "weights.safetensors")
        let report = try ingot.succeeding("register", path, "--reference", "--json").json()
        #expect(report.arrayValue?[0]["referenced"]?.arrayValue == [.string(path)])
        try ingot.succeeding("export", "weights", folder("out"))
        let exported = try Data(contentsOf: URL(fileURLWithPath: folder("out/weights.safetensors")))
        #expect(Array(exported) == TinyWeights.file())
    }

    @Test("registers and converts in one step") func oneStep() throws {
        let report = try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny", "--to", "nf4-dq", "--json")
            .json()
        #expect(report.arrayValue?[0]["conversion"]?["name"]?.stringValue == "tiny:nf4-dq")
        #expect(report.arrayValue?[0]["conversion"]?["scheme"]?.stringValue == "bnb-nf4-dq")
    }

    @Test("does no work twice") func idempotence() throws {
        for outcome in ["registered", "unchanged"] {
            let report = try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny", "--json").json()
            #expect(report.arrayValue?[0]["outcome"]?.stringValue == outcome)
        }
        for outcome in ["converted", "unchanged"] {
            let report = try ingot.succeeding("convert", "tiny", "--to", "nf4", "--json").json()
            #expect(report["outcome"]?.stringValue == outcome)
        }
    }

    @Test("tells a person what was done, and only the name when asked to be quiet") func summaries() throws {
        let registered = try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny")
        #expect(registered.output.hasPrefix("registered tiny (version 1)"))
        #expect(registered.output.hasSuffix("next: ingot convert tiny --to nf4\n"))
        let converted = try ingot.succeeding("convert", "tiny", "--to", "nf4", "--quiet")
        #expect(converted.output == "tiny:nf4\n")
        #expect(converted.errors == "")
        let tree = try ingot.succeeding("lineage", "tiny:nf4").output.split(separator: "\n")
        #expect(tree.first?.hasPrefix("tiny  ") == true)
        #expect(tree.last?.hasPrefix("└── * tiny:nf4  ") == true)
        #expect(try ingot.succeeding("show", "tiny:nf4").output.contains("LlamaForCausalLM"))
        #expect(try ingot.succeeding("ls").output.split(separator: "\n").count == 4)
    }

    @Test("renames, tags, verifies and removes") func names() throws {
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny", "--to", "nf4")
        try ingot.succeeding("tag", "tiny:nf4", "small")
        try ingot.succeeding("rename", "tiny", "mini")
        let digest = try ingot.succeeding("show", "mini:nf4", "--json").json()["artifact"]?["digest"]
        #expect(try ingot.succeeding("show", "mini:small", "--json").json()["artifact"]?["digest"] == digest)
        let verified = try ingot.succeeding("verify", "--json").json()
        #expect(verified["damage"]?.arrayValue?.isEmpty == true)

        let refused = try ingot("rm", "mini:latest")
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("--force"))
        let removed = try ingot.succeeding("rm", "mini:latest", "--force", "--json").json()
        #expect(removed["freed_bytes"]?.intValue.map { $0 > 0 } == true)
        let untagged = try ingot.succeeding("rm", "mini:small", "--json").json()
        #expect(untagged["freed_bytes"]?.intValue == 0)
        #expect(untagged["notes"]?.arrayValue?.count == 1)
        try ingot.succeeding("rm", "mini:nf4")
        #expect(try ingot.succeeding("ls", "--json").json() == .array([]))
    }

    @Test("notices damaged bytes") func damage() throws {
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny")
        let blobs = folder("home/blobs")
        let names = try FileManager.default.subpathsOfDirectory(atPath: blobs).sorted()
        let sizes = try names.map { name in
            (name, try FileManager.default.attributesOfItem(atPath: "\(blobs)/\(name)")[.size] as? Int ?? 0)
        }
        let largest = try #require(sizes.max { $0.1 < $1.1 }?.0)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: "\(blobs)/\(largest)"))
        bytes[bytes.count / 2] ^= 1
        try FileManager.default.removeItem(atPath: "\(blobs)/\(largest)")
        try bytes.write(to: URL(fileURLWithPath: "\(blobs)/\(largest)"))
        let report = try ingot("verify", "--json")
        #expect(report.exitCode == 1)
        #expect(try report.json()["damage"]?.arrayValue?.count == 1)
        #expect(try SchemaValidator(command: "verify").faults(in: report.json()).isEmpty)
    }

    @Test("says what is wrong with a choice, a day, a query's value and a name, each on one line") func smallFaults()
        throws
    {
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny")
        func fault(_ arguments: String...) throws -> String {
            let outcome = try ingot.run(arguments)
            #expect(outcome.exitCode != 0, "\(arguments)")
            return outcome.errors
        }
        #expect(try fault("ls", "--kind", "nope").contains("following: checkpoint, quantized, "))
        #expect(try fault("report", "tiny", "--date", "2026-13-45").contains("must be a day"))
        #expect(try fault("report", "tiny", "--date", "2026-02-30").contains("must be a day"))
        #expect(
            try fault("sql", "@worst-tensors", "name=tiny", "limit=abc").contains("limit of @worst-tensors is a number")
        )
        #expect(try fault("sql", "@worst").contains("Perhaps 'worst-tensors' is meant"))
        let empty = try ingot.run(["sql", "@worst-tensors", "name=tinny"])
        #expect(empty.exitCode == 0 && empty.errors.contains("'tinny' is unknown"), "\(empty.errors)")
        for query in ["CREATE TEMP TABLE t (x)", "SELECT * FROM dbstat"] {
            #expect(try fault("sql", query).contains("open to queries"))
        }
        let bare = try ingot.run(["home", "--upgrade", "--home", folder("nowhere")])
        #expect(bare.exitCode == 1 && bare.errors.contains("no Ingot home"))
        #expect(try ingot.succeeding("home", "--upgrade").output.contains("artifacts"))
    }

    @Test("reads a home that cannot be written") func readOnlyHome() throws {
        try ingot.succeeding("register", Project.tinyLlama, "--as", "tiny")
        #expect(try ingot.shell("chmod -R a-w \"$INGOT_HOME\"").exitCode == 0)
        defer { _ = try? ingot.shell("chmod -R u+w \"$INGOT_HOME\"") }
        for arguments in [
            ["ls"], ["show", "tiny"], ["sql", "SELECT count(*) FROM tensor_summary"],
            ["export", "tiny", folder("out")],
        ] {
            let outcome = try ingot.run(arguments)
            #expect(outcome.exitCode == 0, "\(arguments): \(outcome.errors)")
        }
    }
}
