import Bytes
import Catalog
import Transforms

/// Which artifacts a store keeps: a file in YAML or JSON, as `schemas/retention.schema.json` and docs/store-keeping.md
/// say.
///
/// An artifact stays when a rule of one of its models keeps it; one that no model names stays unless `unnamed` is
/// `drop`. Parents of what stays stay too, unless `parents_of_kept` is false.
struct RetentionRules: Sendable {
    /// What is kept of a model.
    struct Keep: Sendable, Equatable {
        var newest = 0
        var isTagged = false
        var hasResults = false
        var kinds: Set<ArtifactKind> = []
        /// Seconds.
        var youngerThan: Int?
        var isAll = false
    }

    /// What is kept of the models whose names a glob matches.
    private struct ModelRule: Sendable {
        let pattern: Glob
        let keep: Keep
    }

    private let keep: Keep
    private let models: [ModelRule]
    private let keepsParents: Bool
    private let keepsUnnamed: Bool

    private static let remedy = "docs/store-keeping.md shows what such a file says"

    /// - Parameter file: its name, for messages.
    init(parsing text: [UInt8], file: String) throws(FormatError) {
        let root = try YAMLDocument(parsing: text, file: file, remedy: Self.remedy).root
        let members = try root.members(["keep", "models", "parents_of_kept", "unnamed"])
        guard let keep = members["keep"] else { throw root.fault("it has no 'keep'") }
        self.keep = try Self.keep(keep)
        models = try (members["models"]?.items(atMost: 10_000) ?? []).map { node throws(FormatError) in
            let parts = try node.members(["match", "keep"])
            guard let match = parts["match"], let keep = parts["keep"] else {
                throw node.fault("it needs 'match' and 'keep'")
            }
            return ModelRule(pattern: Glob(try match.text()), keep: try Self.keep(keep))
        }
        keepsParents = try members["parents_of_kept"]?.bool() ?? true
        keepsUnnamed = try members["unnamed"]?.word(Unnamed.self) != .drop
    }

    private enum Unnamed: String, CaseIterable { case keep, drop }

    private static func keep(_ node: RecipeNode) throws(FormatError) -> Keep {
        if let word = try? node.text() {
            guard word == "all" else { throw node.fault("'\(word)' is neither 'all' nor a list of what is kept") }
            return Keep(isAll: true)
        }
        let members = try node.members(["newest", "tagged", "results", "kinds", "younger_than"])
        var keep = Keep()
        if let newest = members["newest"] {
            keep.newest = try newest.integer()
            guard keep.newest >= 0 else { throw newest.fault("\(keep.newest) is below 0") }
        }
        keep.isTagged = try members["tagged"]?.bool() ?? false
        keep.hasResults = try members["results"]?.bool() ?? false
        for kind in try members["kinds"]?.items(atMost: 16) ?? [] {
            keep.kinds.insert(try kind.word(ArtifactKind.self))
        }
        keep.youngerThan = try members["younger_than"]?.parsed { text throws(FormatError) in
            guard let span = TimeSpan(text) else {
                throw FormatError(.refused, "'\(text)' is no span of time", remedy: "Write 12h, 7d or 4w")
            }
            return span.seconds
        }
        return keep
    }

    // MARK: Choosing

    /// What becomes of artifacts.
    struct Choice: Sendable, Equatable {
        var dropped: [Digest] = []
        /// Let go by the rules, and needed by what stays.
        var protected: [Digest: String] = [:]
    }

    /// - Parameter candidates: all artifacts, oldest first.
    func choose(_ candidates: [RetentionCandidate], now: Timestamp) -> Choice {
        var kept: Set<Digest> = []
        for candidate in candidates where candidate.models.isEmpty && keepsUnnamed { kept.insert(candidate.digest) }
        for model in Set(candidates.flatMap(\.models)) {
            let keep = models.first { $0.pattern.matches(model) }?.keep ?? keep
            let own = candidates.filter { $0.models.contains(model) }
            kept.formUnion(own.suffix(keep.newest).map(\.digest))
            kept.formUnion(own.filter { Self.keeps($0, keep, now) }.map(\.digest))
        }
        return Self.protecting(candidates, kept: kept, dropsParents: !keepsParents)
    }

    private static func keeps(_ candidate: RetentionCandidate, _ keep: Keep, _ now: Timestamp) -> Bool {
        let age = now.secondsSince1970 - candidate.createdAt.secondsSince1970
        return keep.isAll || keep.isTagged && candidate.isTagged || keep.hasResults && candidate.hasResults
            || keep.kinds.contains(candidate.kind) || keep.youngerThan.map { age < $0 } == true
    }

    /// Adds the parents of what is kept; those of evicted variants always, as their bytes come from nowhere else.
    static func protecting(
        _ candidates: [RetentionCandidate], kept: Set<Digest>, dropsParents: Bool
    ) -> Choice {
        var choice = Choice()
        let known = Dictionary(candidates.map { ($0.digest, $0) }) { first, _ in first }
        var kept = kept
        var front = candidates.filter { kept.contains($0.digest) }
        while !front.isEmpty {
            var next: [RetentionCandidate] = []
            for child in front where !dropsParents || child.isEvicted {
                for parent in child.parents {
                    guard let parent = known[parent], kept.insert(parent.digest).inserted else { continue }
                    choice.protected[parent.digest] =
                        child.isEvicted
                        ? "\(child.label), which is evicted, comes back from it" : "a parent of \(child.label)"
                    next.append(parent)
                }
            }
            front = next
        }
        choice.dropped = candidates.map(\.digest).filter { !kept.contains($0) }
        return choice
    }
}

/// A pattern for names: `*` stands for any characters, `?` for one; case does not matter.
struct Glob: Sendable, Equatable {
    private let pattern: [Character]

    init(_ text: String) { pattern = Array(text.lowercased()) }

    func matches(_ text: String) -> Bool {
        let text = Array(text.lowercased())
        // For each beginning of the pattern, which beginnings of the text it matches.
        var reached = Set([0])
        for part in pattern {
            switch part {
            case "*": reached = reached.min().map { Set($0...text.count) } ?? []
            case "?": reached = Set(reached.filter { $0 < text.count }.map { $0 + 1 })
            default: reached = Set(reached.filter { $0 < text.count && text[$0] == part }.map { $0 + 1 })
            }
        }
        return reached.contains(text.count)
    }
}

/// A span of time as people write it: `90s`, `30m`, `12h`, `7d`, `4w`.
public struct TimeSpan: Sendable, Equatable {
    public let seconds: Int

    /// Nil for a text that is no such span, or one above a thousand years.
    public init?(_ text: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let last = text.last, let unit = units[last], let count = Int(text.dropLast()), count >= 0,
            text.first?.isNumber == true, count <= 31_536_000_000 / unit
        else { return nil }
        seconds = count * unit
    }
}
