package import Bytes
package import Measurements

/// What a log tells of a training run, beside its values.
package struct RunDraft: Equatable, Sendable {
    /// How a run ended, or that it has not.
    package enum State: String, Sendable { case running, finished, failed, killed }

    /// Tells that a log belongs to the run: `file:/data/log.jsonl`, `mlflow:0a1b…`.
    package var origin: String
    /// What it is called when no other run is: else a number is added.
    package var name: String
    package var kind: RunLogKind
    package var experiment: String?
    package var state: State?
    /// Milliseconds since 1970.
    package var startedAt: Int64?
    /// Milliseconds since 1970.
    package var endedAt: Int64?
    package var parameters: [Parameter] = []
    package var sources: [Source] = []

    /// One setting of a run.
    package struct Parameter: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A file that a run was read from.
    package struct Source: Equatable, Sendable {
        package var path: String
        /// Of the whole file; nil where files of this kind are no part of an artifact.
        package var digest: Digest?
        /// How far a log that only grows was read.
        package var position: Position?
        package var lastStep: Int64?

        package init(path: String, digest: Digest? = nil, position: Position? = nil, lastStep: Int64? = nil) {
            self.path = path
            self.digest = digest
            self.position = position
            self.lastStep = lastStep
        }
    }

    /// The part of a log that was read as whole records.
    package struct Position: Equatable, Sendable {
        package var byteCount: Int
        package var digest: Digest

        package init(byteCount: Int, digest: Digest) {
            self.byteCount = byteCount
            self.digest = digest
        }
    }

    package init(origin: String, name: String, kind: RunLogKind) {
        self.origin = origin
        self.name = name
        self.kind = kind
    }
}

/// Values of a run that are to be recorded.
package struct RunPiece: Sendable {
    /// How the values stand to those that the catalog has.
    package enum Manner: Sendable {
        /// They come after what was read of this file before; the run has them not.
        case following(RunDraft.Position?)
        /// They are all that the log holds; those that the run has are passed over.
        case whole
    }

    package var draft: RunDraft
    package var values: RunValues
    package var manner: Manner
    /// An artifact that the run wrote.
    package var artifact: Digest?

    /// Whether it begins its file.
    package var isBeginning: Bool { if case .following(nil) = manner { true } else { false } }

    package init(_ draft: RunDraft, _ values: RunValues, _ manner: Manner, artifact: Digest? = nil) {
        self.draft = draft
        self.values = values
        self.manner = manner
        self.artifact = artifact
    }
}

/// What became of a piece.
package struct RunOutcome: Equatable, Sendable {
    package let runID: Int64
    package let name: String
    package let isNew: Bool
    package let addedCount: Int
    /// The run's greatest step now.
    package let lastStep: Int64?
}
