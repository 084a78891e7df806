import Bytes
import Foundation
import Registry

/// An act that faults are injected into: the home that it begins with, and what it does.
struct FaultyAct: CustomStringConvertible, Sendable {
    let description: String
    /// Brings a home into the state before the act.
    let prepare: @Sendable (FaultHome) async throws -> Void
    /// The act, from opening the home on.
    let run: @Sendable (FaultHome) async throws -> Void

    /// The acts; those of other files are added here, two lines each.
    static let all = [register, convert, export, remove, sweep, collect, compress, evict, repair]

    static let register = FaultyAct(description: "register", prepare: { _ in }, run: { try await $0.register() })

    static let convert = FaultyAct(
        description: "convert", prepare: { try await $0.register() }, run: { try await $0.convert() })

    static let export = FaultyAct(
        description: "export", prepare: { try await $0.register() },
        run: { home in
            let out = home.path("out")
            try? FileManager.default.removeItem(atPath: out)
            _ = try await home.open(.readOnly).export(ExportRequest(name: "m", destination: out))
        })

    static let remove = FaultyAct(
        description: "remove",
        prepare: { home in
            try await home.register()
            try await home.convert()
        },
        run: { home in
            let registry = try home.open()
            // A fault after the catalog forgot it may have stopped the first try.
            guard try home.names().contains("m:nf4") else { return _ = try registry.remove([]) }
            _ = try registry.remove(["m:nf4"])
        })

    /// Blobs that were forgotten, whose files could not be removed.
    static let sweep = FaultyAct(
        description: "sweep",
        prepare: { home in
            try await remove.prepare(home)
            _ = try? await CallSeam.watching({ event in
                event.call == .unlink && event.path.contains("/blobs/") ? .fail(5) : .pass
            }) { try await remove.run(home) }
        },
        run: { _ = try $0.open().remove([]) })

    static let collect = FaultyAct(
        description: "collect", prepare: { try await sweep.prepare($0) },
        run: { _ = try $0.open().collect(CollectRequest()) })

    static let compress = FaultyAct(
        description: "compress", prepare: { try await $0.register() },
        run: { home in
            var request = CompressRequest(name: "m")
            request.threadCount = 1
            _ = try await home.open().compress(request)
        })

    static let evict = FaultyAct(
        description: "evict", prepare: { try await remove.prepare($0) },
        run: { home in
            var request = EvictRequest(names: ["m:nf4"])
            request.threadCount = 1
            _ = try await home.open().evict(request)
        })

    /// One blob has rotted; the model that was registered still has its bytes.
    static let repair = FaultyAct(
        description: "repair",
        prepare: { home in
            try await home.register()
            try home.damageOneBlob()
        },
        run: { home in
            var request = RepairRequest()
            request.sources = [home.path("model")]
            request.threadCount = 1
            _ = try await home.open().repair(request)
        })
}

/// A home in a folder of its own, which is opened anew by each act, as by a new process.
final class FaultHome: Sendable {
    let folder: String

    init(_ name: String) throws {
        folder = NSTemporaryDirectory() + "ingot-fault-\(name)-" + UUID().uuidString
        try Folder.make(folder)
        var model = MadeModel()
        model.config = MadeModel.llama().config
        model.add("model.embed_tokens.weight", [256, 128], seed: 1)
        model.add("model.layers.0.self_attn.q_proj.weight", [64, 128], seed: 2)
        model.add("model.layers.0.input_layernorm.weight", [128], seed: 3)
        try model.write(to: path("model"))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { folder + "/" + name }

    func open(_ access: ModelRegistry.Access = .readWrite) throws -> ModelRegistry {
        try ModelRegistry(
            home: path("home"), access: access, waiting: Waiting(patience: .milliseconds(300)))
    }

    /// Keeps the home as it is, to begin from again and again.
    func keep() throws {
        if Folder.exists(path("home")) { try FileManager.default.copyItem(atPath: path("home"), toPath: path("kept")) }
    }

    /// Brings back the home that was kept.
    func reset() throws {
        try Folder.removeTree(path("home"))
        try Folder.removeTree(path("out"))
        if Folder.exists(path("kept")) { try FileManager.default.copyItem(atPath: path("kept"), toPath: path("home")) }
    }

    func register() async throws {
        var request = RegisterRequest(path: path("model"))
        request.name = "m"
        request.threadCount = 1
        _ = try await open().register(request)
    }

    func convert() async throws {
        var request = ConvertRequest(name: "m", scheme: "nf4")
        request.threadCount = 1
        _ = try await open().convert(request)
    }

    /// Cuts the largest blob short.
    func damageOneBlob() throws {
        let sizes = try files(in: "home/blobs").map { ($0, FileIdentity(path: $0)?.byteCount ?? 0) }
        guard let (path, _) = sizes.max(by: { $0.1 < $1.1 }) else { return }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try Data("rotten".utf8).write(to: URL(fileURLWithPath: path))
    }

    /// The names of the artifacts, such as `m:nf4`.
    func names() throws -> [String] { try column("SELECT coalesce(name || ':' || tag, '') FROM artifact_summary") }

    private func column(_ sql: String) throws -> [String] {
        var values: [String] = []
        _ = try open(.readOnly).query(sql, columns: { _ in }) { row in
            if case .text(let text)? = row.first { values.append(text) }
        }
        return values
    }

    /// What is wrong with the home: damaged blobs, files that no row explains, files left in `incoming/`. A home in
    /// which nothing was ever written down may hold no file at all.
    /// - Parameter knowsDamage: whether a blob was damaged before, and may be still.
    func faults(knowsDamage: Bool = false) async throws -> [String] {
        let blobs = try files(in: "home/blobs")
        guard Folder.exists(path("home/catalog.sqlite")) else { return blobs }
        let registry = try open()
        _ = try registry.remove([])  // what the next act that writes begins with: the sweep
        let damage = try await registry.verify(nil).damage.map { "\($0.blob): \($0.problem)" }
        let explained = Set(
            try column(
                """
                SELECT digest FROM blob WHERE storage <> 'reference' UNION SELECT digest FROM job_blob
                UNION SELECT digest FROM removal
                """))
        let strangers = try files(in: "home/blobs").filter {
            !explained.contains(URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent)
        }
        return (knowsDamage ? [] : damage) + strangers.map { "\($0): no row explains it" } + (try leftovers())
    }

    /// What lies in `incoming/`. An area that nobody came to own keeps its lock for a minute, and what a conversion can
    /// go on from stays: those are no fault.
    private func leftovers() throws -> [String] {
        let incoming = path("home/incoming")
        return try Folder.entries(of: incoming).filter { name in
            !name.hasPrefix(".new-") && !Folder.exists("\(incoming)/\(name)/journal")
        }.map { "incoming/\($0)" }
    }

    private func files(in name: String) throws -> [String] {
        guard Folder.isFolder(path(name)) else { return [] }
        return try TemporaryHome.files(under: path(name))
    }
}
