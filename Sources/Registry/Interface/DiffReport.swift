/// How two artifacts differ, as `diff` found it.
public struct DiffReport: Codable, Sendable {
    /// The artifact that is compared with.
    public var first: Artifact
    /// The artifact that is compared.
    public var second: Artifact
    /// Whether numbers, names, shapes, the configuration, the tokenizer or other files differ. Equal numbers in another
    /// dtype or layout are no difference.
    public var differs: Bool
    /// Whether only digests were compared.
    public var digestsOnly: Bool
    public var counts: Counts
    /// Over all pairs of tensors that were measured and are not equal: √(Σ (second − first)² ÷ Σ first²).
    public var relRmse: Double?
    public var cosine: Double?
    /// What became of the tensors, by layer and part, in the order of a model; outside the layers comes first.
    public var groups: [Group]
    /// The tensors that are not identical, or all; the farthest apart first, then those without a measure, by name.
    public var tensors: [Tensor]
    /// What the configurations say differently, by key; empty when they agree or one is missing.
    public var config: [ValueChange]
    /// How the tokenizers differ; nil when they do not, or one is missing or cannot be read.
    public var tokenizer: Tokenizer?
    /// Other files that differ, by path; between artifacts of one layout only.
    public var files: [File]
    /// Remarks that the user should read.
    public var notes: [String]

    /// One of the artifacts.
    public struct Artifact: Codable, Sendable {
        public var name: String
        public var digest: String
        public var kind: String
        public var scheme: String
        public var format: String
        public var parameters: Int
        /// The sum of the files' bytes.
        public var bytes: Int
    }

    /// What became of a tensor of the first artifact in the second.
    public enum Status: String, Codable, CaseIterable, Sendable {
        /// The same bytes.
        case identical
        /// The same numbers stored otherwise, or numbers that become the same when they are rounded to the other dtype.
        case equal
        /// Other numbers.
        case changed
        /// Another shape.
        case reshaped
        /// Another name for the same bytes, or for numbers in nearly the same direction.
        case renamed
        /// Other bytes, whose numbers were not compared.
        case different
        /// Only in the second.
        case added
        /// Only in the first.
        case removed
    }

    /// Tensors by what became of them.
    public struct Counts: Codable, Equatable, Sendable {
        public var identical = 0
        public var equal = 0
        public var changed = 0
        public var reshaped = 0
        public var renamed = 0
        public var different = 0
        public var added = 0
        public var removed = 0
    }

    /// The tensors of a layer, or those outside the layers.
    public struct Group: Codable, Sendable {
        /// Nil for what stands outside the layers.
        public var layer: Int?
        /// In the order of a model.
        public var cells: [Cell]
    }

    /// The tensors of a layer that play one part.
    public struct Cell: Codable, Sendable {
        /// Such as `attention_q`.
        public var part: String
        public var tensors: Int
        public var counts: Counts
        /// Over its tensors that were measured and are not equal; nil when none is.
        public var relRmse: Double?
    }

    /// One tensor, or a pair of them.
    public struct Tensor: Codable, Sendable {
        /// As the first artifact calls it; of an added one, as the second does.
        public var name: String
        /// As the second artifact calls it, where it is another name; several, joined by `+`, where the tensor is put
        /// together from them.
        public var otherName: String?
        public var status: Status
        /// Nil for what stands outside the layers.
        public var layer: Int?
        public var part: String
        /// Dtype or scheme; nil where the first artifact has no such tensor.
        public var firstType: String?
        public var secondType: String?
        public var firstShape: [Int]?
        public var secondShape: [Int]?
        /// Pairs of numbers that were compared; nil when none were.
        public var elements: Int?
        /// Of those, how many are not equal.
        public var differentElements: Int?
        /// Pairs of which one number is NaN or infinite; they are left out of the measures.
        public var nonfiniteElements: Int?
        /// Of those, pairs that are neither both NaN nor the same infinity.
        public var nonfiniteDifferent: Int?
        /// √(Σ (second − first)² ÷ Σ first²).
        public var relRmse: Double?
        public var cosine: Double?
        /// The greatest |second − first|.
        public var maximumDifference: Double?
        /// Where that is, in the first artifact's shape.
        public var maximumAt: [Int]?
        /// The dtype to which one side's numbers were rounded to become the other's.
        public var castTo: String?
        /// How many first rows two shapes have in common, which are measured; nil when they do not.
        public var commonRows: Int?
        /// Why it was not measured.
        public var note: String?
    }

    /// A value under a path of keys, as JSON writes it.
    public struct ValueChange: Codable, Equatable, Sendable {
        /// Such as `rope_scaling.factor`.
        public var key: String
        /// Nil where the first has none.
        public var first: String?
        /// Nil where the second has none.
        public var second: String?
    }

    /// A file that differs.
    public struct File: Codable, Equatable, Sendable {
        public var path: String
        /// Nil where the first artifact has no such file.
        public var firstDigest: String?
        public var secondDigest: String?
    }

    /// How two tokenizers differ.
    public struct Tokenizer: Codable, Equatable, Sendable {
        public var firstTokens: Int
        public var secondTokens: Int
        /// Tokens of the second that the first lacks.
        public var added: Tokens
        /// Tokens of the first that the second lacks.
        public var removed: Tokens
        /// Tokens with another id.
        public var moved: Tokens
        /// Tokens whose type differs, such as `control` or `normal`.
        public var retyped: Tokens
        /// Tokens with another score.
        public var rescored: Int
        public var addedMerges: Int
        public var removedMerges: Int
        /// Whether the merges that both have come in another order.
        public var reorderedMerges: Bool
        /// The kind, special tokens, marks around texts, chat templates.
        public var settings: [ValueChange]
    }

    /// Tokens: how many, and the first of them.
    public struct Tokens: Codable, Equatable, Sendable {
        public var count = 0
        /// With their ids: `"hello" (5)`.
        public var examples: [String] = []
    }
}

extension DiffReport.Counts {
    /// How many have this status.
    public subscript(status: DiffReport.Status) -> Int {
        get {
            switch status {
            case .identical: identical
            case .equal: equal
            case .changed: changed
            case .reshaped: reshaped
            case .renamed: renamed
            case .different: different
            case .added: added
            case .removed: removed
            }
        }
        set {
            switch status {
            case .identical: identical = newValue
            case .equal: equal = newValue
            case .changed: changed = newValue
            case .reshaped: reshaped = newValue
            case .renamed: renamed = newValue
            case .different: different = newValue
            case .added: added = newValue
            case .removed: removed = newValue
            }
        }
    }

    /// All of them.
    public var total: Int { DiffReport.Status.allCases.reduce(0) { $0 + self[$1] } }
}
