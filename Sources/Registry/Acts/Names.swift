import Bytes
import Catalog

extension ModelRegistry {
    /// Gives an artifact another tag of its model, or a whole other name; a tag that means other bytes moves, and its
    /// history keeps where it was.
    /// - Parameters:
    ///   - name: the artifact.
    ///   - tag: a tag (`prod`) or a name (`model:prod`).
    public func tag(_ name: String, as tag: String) throws -> NameReport {
        let source = try ArtifactName(parsing: name)
        let record = try catalog.resolve(source)
        let target: TagName
        if tag.contains(":") || tag.contains("/") {
            target = try TagName(parsing: tag)
        } else if let model = source.model {
            target = try TagName(model: model, tag: tag)
        } else {
            throw RegistryError(
                "\(name) names no model that '\(tag)' could be a tag of", remedy: "Write the whole name, model:\(tag)")
        }
        let change = try catalog.tag(record.digest, as: Naming(target, ifTaken: .move))
        let notes = change.previous.map { ["\(change.name) meant @\($0.hex.prefix(12)) before"] } ?? []
        return NameReport(name: change.name.description, digest: record.digest.hex, notes: notes)
    }

    /// Gives a model, with all its tags and versions, another name; or one tag, when `name` has one.
    public func rename(_ name: String, to newName: String) throws -> NameReport {
        let old = try TagName(parsing: name)
        let new = try TagName(parsing: newName)
        if name.contains(":") || newName.contains(":") {
            let change = try catalog.renameTag(old, to: Naming(new))
            return NameReport(
                name: change.name.description, digest: try artifact(named: change.name.description).digest.hex,
                notes: [])
        }
        try catalog.renameModel(old.model, to: new.model)
        let summary = try catalog.summaries(nameContaining: new.model).first { $0.name == new.model }
        return NameReport(name: new.model, digest: summary?.artifact.digest.hex ?? "", notes: [])
    }

    /// What happens to artifacts that others were made from.
    public enum Dependents: Sendable {
        /// Nothing is removed.
        case refuse
        /// They are removed; their children keep the parent's digest.
        case orphan
    }

    /// Forgets artifacts and frees the blobs that nobody else uses. A name of an artifact that keeps others goes alone;
    /// a digest or a version means the artifact with all its names.
    public func remove(_ names: [String], dependents: Dependents = .refuse) throws -> RemoveReport {
        var requested: [Digest: Set<TagName>] = [:]
        var doomed: Set<Digest> = []
        for name in names {
            let parsed = try ArtifactName(parsing: name)
            let digest = try catalog.resolve(parsed).digest
            if case .tag(let tag) = parsed {
                requested[digest, default: []].insert(
                    try TagName(model: tag.model.lowercased(), tag: tag.tag.lowercased()))
            } else {
                doomed.insert(digest)
            }
        }
        var labels: [String] = []
        var tags: [TagName] = []
        for (digest, asked) in requested {
            let owned = try catalog.summaries(of: digest).filter { $0.tag != nil }.map(\.label)
            if Set(owned.map { $0.lowercased() }).isSubset(of: asked.map { $0.description.lowercased() }) {
                doomed.insert(digest)
            } else if !doomed.contains(digest) {
                tags += asked
            }
        }
        for digest in doomed {
            let owned = try catalog.summaries(of: digest).filter { $0.tag != nil }.map(\.label)
            labels += owned.isEmpty ? ["@\(digest.hex.prefix(12))"] : owned
        }
        let freed = try catalog.forget(
            doomed.sorted { $0.hex < $1.hex }, parents: dependents == .orphan ? .allow : .refuse)
        var notes: [String] = []
        for tag in tags.sorted(by: { $0.description < $1.description }) {
            let digest = try catalog.untag(tag)
            labels.append(tag.description)
            notes.append("\(tag) is gone; its bytes stay as \(try catalog.label(of: digest))")
        }
        do {
            try rebaseDifferences()
        } catch let error as RegistryError {
            notes.append("what others are differences from stays for now: \(error)")
        }
        try removeForgottenBlobs()
        try sweep()
        return RemoveReport(
            names: labels.sorted(), artifacts: doomed.map(\.hex).sorted(), freedBytes: freed.byteCount,
            freedBlobs: freed.blobs.count, notes: notes)
    }
}
