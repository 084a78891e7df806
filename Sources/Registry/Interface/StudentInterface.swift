/// Of what a student is made.
public struct StudentRequest: Sendable {
    /// The artifact that it learns from.
    public var teacher: String
    /// The teacher's layers that it begins with: `0,2,5`; nil for all, or those of `every` or the preset.
    public var layers: String?
    /// Each so many-th layer, from the first on.
    public var every: Int?
    /// The share of hidden and MLP channels and of heads that stays.
    public var width: Double?
    /// A student that was published.
    public var preset: Preset?
    /// By what a trainer divides logits; nil for 2.
    public var temperature: Double?
    /// The share of the loss that the teacher's logits have; nil for 0.5.
    public var alpha: Double?
    /// The name to give; nil derives it from the teacher's name.
    public var newName: String?
    /// What to do when the name already means other bytes.
    public var taken = NameTaken.refuse
    /// The memory that the act may take, in bytes; nil for no limit.
    public var maxMemoryBytes: Int?
    /// Threads to use; nil for one a core.
    public var threadCount: Int?

    /// Students that were published.
    public enum Preset: String, Sendable, CaseIterable {
        /// Of BERT: layers 0, 2, 4, 7, 9 and 11 under DistilBERT's names.
        case distilbert
        /// Of GPT-2: the same layers.
        case distilgpt2
    }

    /// - Parameter teacher: the artifact that the student learns from.
    public init(teacher: String) { self.teacher = teacher }
}

/// What `distill init` made, or would make.
public struct StudentReport: Codable, Sendable {
    /// `made`, `unchanged` when the same student had been made before, `planned` of a dry run.
    public var outcome: String
    public var name: String
    /// Nil of a dry run.
    public var digest: String?
    public var teacher: String
    public var teacherDigest: String
    public var recipeDigest: String
    /// The teacher's layers, in the student's order.
    public var layers: [Int]
    public var layerCountBefore: Int
    /// The sizes that change.
    public var axes: [PruneSizes.Axis]
    public var temperature: Double
    public var alpha: Double
    /// From which of the teacher's tensors each of the student's is made; `distill.json` has the rows and columns.
    public var tensors: [Tensor]
    public var parameterCount: Int
    public var parametersBefore: Int
    public var logicalBytes: Int
    public var bytesBefore: Int
    public var newBytes: Int
    public var notes: [String]
    public var seconds: Double

    /// A tensor of the student.
    public struct Tensor: Codable, Sendable {
        public var student: String
        public var teacher: String
    }
}
