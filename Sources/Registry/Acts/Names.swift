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

    /// Forgets artifacts and frees the blobs that nobody else uses. A name of an artifact that has others goes alone.
    public func remove(_ names: [String], dependents: Dependents = .refuse) throws -> RemoveReport {
        let plan = try names.map { try removal($0) }
        let artifacts = Set(plan.compactMap(\.artifact))
        let freed = try catalog.forget(
            artifacts.sorted { $0.hex < $1.hex }, parents: dependents == .orphan ? .allow : .refuse)
        var notes: [String] = []
        for step in plan {
            guard step.artifact == nil, let tag = step.tag else { continue }
            let digest = try catalog.untag(tag)
            notes.append("\(tag) is gone; its bytes stay as \(try catalog.label(of: digest))")
        }
        try sweep()
        return RemoveReport(
            names: plan.flatMap(\.names), artifacts: artifacts.map(\.hex).sorted(), freedBytes: freed.byteCount,
            freedBlobs: freed.blobs.count, notes: notes)
    }

    /// What removing one name means: the artifact when it has no other, else the tag alone.
    private func removal(_ name: String) throws -> (names: [String], artifact: Digest?, tag: TagName?) {
        let parsed = try ArtifactName(parsing: name)
        let record = try catalog.resolve(parsed)
        let labels = try catalog.summaries(of: record.digest).filter { $0.tag != nil }.map(\.label)
        guard case .tag(let tag) = parsed, labels.count > 1 else {
            return (labels.isEmpty ? [name] : labels, record.digest, nil)
        }
        return ([tag.description], nil, tag)
    }
}
