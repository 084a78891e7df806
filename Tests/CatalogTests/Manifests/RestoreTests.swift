import Bytes
import Foundation
import GRDB
import Measurements
import Testing

@testable import Catalog

@Suite("A catalog made again from its manifests") struct RestoreTests {
    private let test: TestCatalog

    init() throws { test = try TestCatalog() }

    private var catalog: CatalogDatabase { test.catalog }
    private var folder: String { test.folder.path + "/manifests" }

    /// Two models with variants, errors, results, a history, an export, a reference and a setting.
    private func populate() throws {
        let first = ArtifactDraft.sample(["a", "b"]), second = ArtifactDraft.sample(["a", "c"])
        let nf4 = ArtifactDraft.quantizedSample(["a", "b"], loss: 0.1)
        _ = try catalog.insert(first, naming: Naming(try tag("team/m")), at: .day(0))
        _ = try catalog.insert(nf4, naming: Naming(try tag("team/m:nf4")), at: .day(1))
        _ = try catalog.insert(second, naming: Naming(try tag("team/m"), ifTaken: .move), at: .day(2))
        let identity = FileIdentity(device: 1, inode: 2, byteCount: 128, modifiedAt: 3)
        _ = try catalog.insert(
            ArtifactDraft.sample(["x"], path: "x.gguf", storage: .reference(path: "/x", identity: identity)),
            naming: Naming(try tag("away")), at: .day(3))
        _ = try catalog.insert(ArtifactDraft.sample(["gone"]), naming: Naming(try tag("gone")), at: .day(3))
        _ = try catalog.forget([ArtifactDraft.sample(["gone"]).digest], at: .day(4))
        _ = try catalog.tag(first.digest, as: Naming(try tag("team/m:old")), at: .day(4))
        _ = try catalog.add([
            ResultDraft(
                artifact: nf4.digest, task: "heldout", metric: "loss", value: 0.1 + 0.2, higherIsBetter: false,
                promptDigest: Digest(of: "prompts"),
                host: MeasuringHost(cpu: "x", coreCount: 2, memoryByteCount: 1 << 34, gpu: "y", os: "z"),
                measuredAt: .day(3)),
            ResultDraft(artifact: nf4.digest, metric: "bad", value: .nan, measuredAt: .day(3), extra: #"{"a":"é\n"}"#),
            ResultDraft(artifact: Digest(of: "unknown"), metric: "loss", value: 1e-300, measuredAt: .day(3)),
        ])
        try catalog.add(
            ExportDraft(
                artifact: first.digest, format: "gguf", destination: "/out", options: "{}",
                exportedDigest: Digest(of: "export"), byteCount: 7, toolVersion: "0.1",
                tensors: [.init(name: "a", outcome: .cast, fromType: "BF16", toType: "F32")]))
        try catalog.set(.greatestByteCount, to: "500")
    }

    /// The rows of all views that manifests can bring back: acts in progress are not in them.
    private func views(_ catalog: CatalogDatabase) throws -> [String: [String]] {
        let names = try catalog.queue.read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'job_summary'")
        }
        #expect(names.count >= 12)
        var found: [String: [String]] = [:]
        for name in names + ["setting", "blob_reference", "segment", "artifact", "derivation", "tensor_error"] {
            found[name] = try catalog.queue.read { database in
                try Row.fetchAll(database, sql: "SELECT * FROM \(name)").map { row in
                    row.map { "\($0)=\($1)" }.joined(separator: " ")
                }.sorted()
            }
        }
        return found
    }

    private func restore(
        _ find: @escaping (Digest, Int) -> FoundBlob? = { _, _ in .raw }
    ) throws -> (CatalogDatabase, Restoration) {
        let path = test.folder.path + "/again.sqlite"
        let restoration = try CatalogDatabase.restore(to: path, find: find)
        return (try CatalogDatabase(path: path, access: .readOnly), restoration)
    }

    @Test("shows in every view what it showed before") func views() throws {
        try populate()
        let before = try views(catalog)
        // The referenced blobs are not in the store.
        let away = Set(["x", "header of \(["x"])"].map { Digest(of: $0) })
        let (again, restoration) = try restore { digest, _ in away.contains(digest) ? nil : .raw }
        let after = try views(again)
        for (name, rows) in before { #expect(after[name] == rows, "\(name)") }
        #expect(before["tag_history"]?.count == 7)
        #expect(before["tensor_summary"]?.isEmpty == false)
        #expect(restoration.artifactCount == 4)
        #expect(restoration.damaged.isEmpty)
        #expect(restoration.missing.isEmpty)
        #expect(restoration.lostNames.isEmpty)
        let due = try again.queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM manifest_due") }
        #expect(due == 0)
    }

    @Test("gives out no version again that was given out") func versions() throws {
        try populate()
        let (again, _) = try restore()
        let last = try again.queue.read {
            try Int.fetchOne($0, sql: "SELECT last_version FROM model WHERE name = 'gone'")
        }
        #expect(last == 1)
    }

    @Test("says which blobs are missing, and how the others lie") func blobs() throws {
        try populate()
        let (again, restoration) = try restore { digest, byteCount in
            if digest == Digest(of: "a") { return nil }
            return digest == Digest(of: "b") ? .coded(byteCount: 50, base: Digest(of: "c"), depth: 1) : .raw
        }
        #expect(restoration.missing == [Digest(of: "a")])
        let rows = try again.queue.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT storage || stored_bytes || depth || coalesce(base_digest, '-') || coalesce(problem, '') "
                    + "FROM blob_summary WHERE digest IN (?, ?) ORDER BY digest",
                arguments: [Digest(of: "a").hex, Digest(of: "b").hex])
        }
        #expect(rows.sorted() == ["coded501\(Digest(of: "c").hex)", "raw1280-missing: it was not in the store"])
    }

    @Test("does without manifests that are damaged or cut off, and names them", arguments: ["flip", "cut", "swap"])
    func damage(kind: String) throws {
        try populate()
        let second = ArtifactDraft.sample(["a", "c"]).digest
        let path = folder + "/\(second.hex).jsonl"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        switch kind {
        case "flip": bytes[bytes.count / 2] ^= 1
        case "cut": bytes.removeLast(100)
        default:
            let other = ArtifactDraft.sample(["a", "b"]).digest
            bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/\(other.hex).jsonl"))
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        let (again, restoration) = try restore()
        #expect(restoration.damaged.map(\.file) == ["\(second.hex).jsonl"])
        #expect(restoration.artifactCount == 3)
        #expect(Set(restoration.lostNames) == ["team/m:latest", "team/m@v2"])
        #expect(try again.find(name("team/m:old")) != nil)
    }

    @Test("numbers anew what a manifest of something forgotten claims") func survivor() throws {
        try populate()
        let first = ArtifactDraft.sample(["a", "b"]).digest
        let path = folder + "/\(first.hex).jsonl"
        let kept = try Data(contentsOf: URL(fileURLWithPath: path))
        _ = try catalog.forget([first], parents: .allow)
        #expect(!Folder.exists(path))
        _ = try catalog.insert(ArtifactDraft.sample(["new"]), naming: Naming(try tag("new")))
        try kept.write(to: URL(fileURLWithPath: path))
        let (again, restoration) = try restore()
        #expect(restoration.damaged.isEmpty)
        #expect(restoration.artifactCount == 5)
        #expect(try again.tensors(of: first).count == 2)
        #expect(try again.tensors(of: ArtifactDraft.sample(["new"]).digest).count == 1)
    }

    @Test("comes from manifests that a killed process left behind and the next act wrote") func late() throws {
        _ = try catalog.insert(ArtifactDraft.sample(["a"]), naming: Naming(try tag("m")))
        // As a kill between the transaction and its manifests leaves it.
        try catalog.queue.write { try $0.execute(sql: "INSERT INTO manifest_due VALUES ('names', '')") }
        try Folder.removeTree(folder + "/names.jsonl")
        _ = try catalog.insert(ArtifactDraft.sample(["b"]), naming: Naming(try tag("n")))
        let (again, _) = try restore()
        #expect(try again.find(name("m")) != nil)
        #expect(try again.find(name("n")) != nil)
    }

    @Test("is not needed where the catalog is sound, old, or of a later version") func soundness() throws {
        try populate()
        let path = test.folder.catalogPath
        #expect(try CatalogDatabase.damage(at: path) == nil)
        try test.execute("INSERT INTO grdb_migrations VALUES ('v99')")
        #expect(try catalogError { _ = try CatalogDatabase.damage(at: path) }?.code == .tooNew)
        let old = try TemporaryFolder()
        let queue = try DatabaseQueue(path: old.catalogPath)
        try CatalogSchema.migrator.migrate(queue, upTo: "v3")
        #expect(try CatalogDatabase.damage(at: old.catalogPath) == nil)
        try Data([UInt8](repeating: 3, count: 5000)).write(to: URL(fileURLWithPath: old.path + "/no.sqlite"))
        #expect(try CatalogDatabase.damage(at: old.path + "/no.sqlite") != nil)
    }

    @Test("refuses a manifest with a column that a later version has added") func later() throws {
        try populate()
        let second = ArtifactDraft.sample(["a", "c"]).digest
        let path = folder + "/\(second.hex).jsonl"
        let text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        let body = text.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
        let changed = body.replacing("\"license\"", with: "\"licence\"")
        let end = "{\"rows\":0,\"sha256\":\"\(Digest(of: changed).hex)\"}\n"
        try Data((changed + end).utf8).write(to: URL(fileURLWithPath: path))
        let (_, restoration) = try restore()
        #expect(restoration.damaged.first?.problem.contains("not known: artifact") == true)
    }

    @Test("is not made while an artifact's manifest cannot be written, and the act holds all the same") func blocked()
        throws
    {
        _ = try catalog.insert(ArtifactDraft.sample(["a"]))
        try Folder.removeTree(folder)
        try Data("a file in the folder's place".utf8).write(to: URL(fileURLWithPath: folder))
        _ = try catalog.insert(ArtifactDraft.sample(["b"]))
        #expect(try test.count("artifact") == 2)
        #expect(try test.count("manifest_due") == 1)
        try Folder.removeTree(folder)
        #expect(try catalog.writeManifests() == 1)
        #expect(Folder.exists(folder + "/\(ArtifactDraft.sample(["b"]).digest.hex).jsonl"))
    }
}
