import Bytes
import Catalog
import Formats

extension ModelRegistry {
    /// Exports into the cache of Hugging Face's libraries, where `from_pretrained("owner/name")` finds it offline.
    ///
    /// Files become blobs there, the snapshot links to them, and the ref comes last, each step whole: a program that
    /// reads the cache meanwhile finds the model or does not. The artifact's own files stand under the commit that they
    /// were registered from, where that is known; other files under 40 digits of their digest.
    /// - Parameters:
    ///   - request: `destination` is the cache's folder; `existing` says whether `main` may move.
    ///   - repository: `owner/name`; nil for where the artifact was published, else its own name.
    /// - Throws: `RegistryError` when `main` of that repository is another commit, and `existing` refuses.
    public func exportToHubCache(
        _ request: ExportRequest, repository: String? = nil, progress: ProgressHandler? = nil
    ) async throws -> ExportReport {
        let artifact = try artifact(named: request.name)
        let place = try HubCachePlace(
            root: request.destination,
            repository: try repository ?? Self.repository(of: artifact, named: request.name))
        try Folder.make(place.blobs)
        let staging = "\(place.folder)/.ingot-\(Digest(of: request.name + artifact.digest.hex).hex.prefix(12))"
        try Folder.removeTree(staging)
        defer { try? Folder.removeTree(staging) }
        var staged = request
        staged.destination = staging
        staged.existing = .refuse
        staged.method = .copy
        try place.checkMain(request.isAnotherLayout ? nil : artifact.publication?.revision, request.existing)
        var report = try await export(staged, progress: progress)
        let commit = Self.commit(of: report, artifact, isOwn: !request.isAnotherLayout)
        try place.checkMain(commit, request.existing)
        report.destination = try place.publish(report.files.map(\.path), from: staging, as: commit)
        report.notes.append("found offline as '\(place.repository)'")
        return report
    }

    private static func repository(of artifact: ArtifactRecord, named name: String) throws -> String {
        if let source = artifact.publication?.repository, HubCachePlace.isRepository(source) { return source }
        guard case .tag(let tag) = try ArtifactName(parsing: name) else {
            throw RegistryError("a digest is no name for the cache", remedy: "Give one with --repository OWNER/NAME")
        }
        return tag.tag.lowercased() == TagName.latest ? tag.model : "\(tag.model)-\(tag.tag)"
    }

    private static func commit(of report: ExportReport, _ artifact: ArtifactRecord, isOwn: Bool) -> String {
        if isOwn, let revision = artifact.publication?.revision, HubCachePlace.isCommit(revision) { return revision }
        let lines = report.files.map { "\($0.path)\t\($0.digest)\n" }.sorted()
        return String(Digest(of: lines.joined()).hex.prefix(40))
    }
}

/// A repository's folder in the cache of Hugging Face's libraries.
private struct HubCachePlace {
    let repository: String
    let folder: String
    private let root: String

    var blobs: String { folder + "/blobs" }

    init(root: String, repository: String) throws {
        guard Self.isRepository(repository) else {
            throw RegistryError(
                "'\(repository)' is no repository's name", remedy: "Name it OWNER/NAME, or NAME, with --repository")
        }
        self.root = root
        self.repository = repository
        folder = "\(root)/models--" + repository.split(separator: "/").joined(separator: "--")
    }

    static func isRepository(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                KeptModel.nameable(part) == part && !part.contains("--") && !part.contains("..")
            }
    }

    static func isCommit(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private var main: String? {
        guard let file = try? OpenFile(folder + "/refs/main"), file.byteCount <= 64,
            let bytes = try? file.bytes(0..<file.byteCount)
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Parameter commit: nil while it is not known.
    func checkMain(_ commit: String?, _ existing: ExportRequest.Existing) throws {
        guard existing == .refuse, let main, let commit, main != commit else { return }
        throw RegistryError(
            "'main' of \(repository) in this cache is the commit \(main.prefix(12))",
            remedy: "Say --force to let it be this artifact, or give another --repository")
    }

    /// Moves files into the cache and gives the snapshot's folder.
    func publish(_ paths: [String], from staging: String, as commit: String) throws -> String {
        let snapshot = "\(folder)/snapshots/\(commit)"
        for path in paths {
            let staged = "\(staging)/\(path)", etag = try etag(of: staged)
            let locks = "\(root)/.locks/\(folder.dropFirst(root.utf8.count + 1))"
            try Folder.make(locks)
            try FileLock.holding("\(locks)/\(etag).lock") {
                // The same etag is the same bytes.
                if !Folder.exists("\(blobs)/\(etag)") { try Folder.rename(staged, to: "\(blobs)/\(etag)") }
            }
            let depth = path.split(separator: "/").count + 1
            let link = "\(snapshot)/\(path)"
            try Folder.make(String(link.prefix(upTo: link.lastIndex(of: "/") ?? link.endIndex)))
            try Folder.symbolicLink(to: String(repeating: "../", count: depth) + "blobs/\(etag)", at: link)
        }
        try Folder.sync(blobs)
        try Folder.sync(snapshot)
        try Folder.make(folder + "/refs")
        let ref = try NewFile("\(folder)/refs/.main-\(commit)")
        try ref.append(Array(commit.utf8).span)
        try ref.seal(mode: 0o644)
        try Folder.rename(ref.path, to: folder + "/refs/main")
        try Folder.sync(folder + "/refs")
        return snapshot
    }

    /// What the hub calls a file: the SHA-256 of weights and other large ones, git's name of the rest.
    private func etag(of path: String) throws -> String {
        let file = try OpenFile(path)
        if file.byteCount < Self.largeByteCount, !Self.largeEndings.contains(where: path.hasSuffix) {
            return GitBlob.name(of: try file.bytes(0..<file.byteCount))
        }
        var digest = DigestStream(), reader = SequentialReader(file)
        try reader.take(file.byteCount) { digest.update($0) }
        return digest.finish().hex
    }

    /// From this size on the hub takes no file into git itself.
    private static let largeByteCount = 10 << 20
    private static let largeEndings = [".safetensors", ".gguf", ".bin", ".pt", ".pth", ".npz", ".onnx", ".model"]
}
