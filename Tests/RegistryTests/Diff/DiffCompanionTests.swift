import Architectures
import Bytes
import Foundation
import Testing

@testable import Registry

/// What differs besides the weights.
@Suite("Diff of configurations, tokenizers and files") struct DiffCompanionTests {
    private static func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test("names each key that differs, however deep, and takes equal numbers for equal") func keys() throws {
        let first = try Self.json(
            """
            {"a": 1, "eps": 1e-05, "rope": {"type": "llama3", "factor": 8.0}, "list": [1, {"x": 1, "y": 2}],
            "gone": null}
            """)
        let second = try Self.json(
            """
            {"eps": 0.00001, "a": 2, "rope": {"factor": 16, "type": "llama3"}, "list": [1.0, {"y": 2, "x": 1}],
            "new": []}
            """)
        #expect(
            ConfigDiff.changes(first, second) == [
                .init(key: "a", first: "1", second: "2"), .init(key: "gone", first: "null", second: nil),
                .init(key: "new", first: nil, second: "[]"),
                .init(key: "rope.factor", first: "8.0", second: "16"),
            ])
        #expect(ConfigDiff.changes(first, second, commonOnly: true).map(\.key) == ["a", "rope.factor"])
        #expect(ConfigDiff.changes(first, first) == [])
        #expect(ConfigDiff.changes(first, try Self.json("[]")).map(\.key) == [""])
    }

    /// tiny-llama with some of its files changed.
    private static func changed(
        _ home: TemporaryHome, _ change: (String) throws -> Void
    ) async throws -> DiffReport {
        let folder = home.path("changed")
        try FileManager.default.copyItem(atPath: fixtures + "/models/tiny-llama", toPath: folder)
        try change(folder)
        try await home.register(fixtures + "/models/tiny-llama", as: "m")
        try await home.register(folder, as: "n")
        return try await home.registry.diff(DiffRequest(first: "m", second: "n"))
    }

    private static func replace(_ path: String, _ change: (inout String) -> Void) throws {
        let url = URL(fileURLWithPath: path)
        var text = try String(contentsOf: url, encoding: .utf8)
        let before = text
        change(&text)
        try #require(text != before)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try Data(text.utf8).write(to: url)
    }

    @Test("finds a changed configuration and other files") func configuration() async throws {
        let home = try TemporaryHome()
        let report = try await Self.changed(home) { folder in
            try Self.replace(folder + "/config.json") {
                $0 = $0.replacing(#""rms_norm_eps""#, with: #""other_eps": 1, "rms_norm_eps""#)
            }
            try Data("# Card".utf8).write(to: URL(fileURLWithPath: folder + "/README.md"))
            try FileManager.default.removeItem(atPath: folder + "/generation_config.json")
        }
        #expect(report.config == [.init(key: "other_eps", first: nil, second: "1")])
        #expect(report.files.map(\.path) == ["README.md", "generation_config.json"])
        #expect(report.files.map { $0.firstDigest == nil } == [true, false])
        #expect(report.counts.identical == 38 && report.differs && report.tokenizer == nil)
    }

    @Test("finds tokens that were renamed and moved, and merges in another order") func tokens() async throws {
        let home = try TemporaryHome()
        let path = fixtures + "/models/tiny-llama/tokenizer.json"
        let json = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path))))
        let vocabulary = try #require(json["model"]?["vocab"]?.objectValue)
        let plain = vocabulary.members.filter { $0.key.count == 1 && $0.key.utf8.first.map { $0 > 0x60 } == true }
        let (one, other) = (plain[0], plain[1])
        let report = try await Self.changed(home) { folder in
            try Self.replace(folder + "/tokenizer.json") { text in
                var model = (json["model"]?.objectValue) ?? JSONObject()
                var vocabulary = model["vocab"]?.objectValue ?? JSONObject()
                vocabulary[one.key] = other.value
                vocabulary[other.key] = one.value
                model["vocab"] = .object(vocabulary)
                let merges = model["merges"]?.arrayValue ?? []
                model["merges"] = .array([merges[1], merges[0]] + merges.dropFirst(2))
                var root = json.objectValue ?? JSONObject()
                root["model"] = .object(model)
                text = JSONValue.object(root).text()
            }
        }
        let tokenizer = try #require(report.tokenizer)
        #expect(tokenizer.moved.count == 2 && tokenizer.moved.examples.count == 2)
        #expect((tokenizer.added.count, tokenizer.removed.count) == (0, 0))
        #expect(tokenizer.reorderedMerges && tokenizer.addedMerges == 0 && tokenizer.removedMerges == 0)
        #expect(tokenizer.settings == [] && tokenizer.firstTokens == tokenizer.secondTokens)
        #expect(report.differs && report.files == [])
    }

    @Test("says so when a tokenizer's files differ and mean the same") func sameMeaning() async throws {
        let home = try TemporaryHome()
        let report = try await Self.changed(home) { folder in
            try Self.replace(folder + "/tokenizer.json") { $0 += "\n " }
        }
        #expect(report.tokenizer == nil && !report.differs)
        #expect(report.notes == ["the tokenizers' files differ in their bytes, and say the same"])
    }

    @Test("compares the files of tokenizers that cannot be read") func unreadable() async throws {
        let home = try TemporaryHome()
        let report = try await Self.changed(home) { folder in
            try Self.replace(folder + "/tokenizer.json") { $0 = "{" + $0 }
        }
        #expect(report.tokenizer == nil && report.files.map(\.path) == ["tokenizer.json"] && report.differs)
        #expect(report.notes.contains { $0.contains("tokenizers are compared by their files only") })
    }

    @Test("compares a changed tokenizer with that of a GGUF file") func acrossFormats() async throws {
        let home = try TemporaryHome()
        _ = try await Self.changed(home) { folder in
            try Self.replace(folder + "/tokenizer_config.json") {
                $0 = $0.replacing(#"{"#, with: #"{"chat_template": "{{ messages }}","#, maxReplacements: 1)
            }
            try Self.replace(folder + "/config.json") {
                $0 = $0.replacing(#""rope_theta": 10000.0"#, with: #""rope_theta": 50000.0"#)
            }
        }
        try await home.export("m", to: "m.gguf", .gguf, dtype: "f32")
        try await home.register(home.path("m.gguf"), as: "g")
        let report = try await home.registry.diff(DiffRequest(first: "g", second: "n"))
        #expect(report.tokenizer?.settings.map(\.key) == ["chat_template.default"])
        #expect(report.config.map(\.key).contains { $0.hasSuffix("rope_theta") })
        #expect(report.counts.equal == 38 && report.differs)
    }
}
