/// What a conversion would write: exact, before any work.
public struct ConversionForecast: Codable, Sendable {
    /// The name that the variant would have.
    public var name: String
    /// The full scheme id.
    public var scheme: String
    /// The recipe's digest.
    public var recipeDigest: String
    /// The format of the weights.
    public var format: String
    /// In the order in which they are written.
    public var tensors: [Tensor]
    /// The files with their lengths.
    public var files: [File]
    /// The sum of the files' bytes.
    public var bytes: Int
    /// The bytes that the store would gain; what it holds already counts nothing.
    public var newBytes: Int
    /// Bytes that are free where the store is.
    public var freeBytes: Int?
    /// An upper bound of the memory that the act takes, with the threads asked for.
    public var peakMemoryBytes: Int
    public var parameterCount: Int
    /// 8 × bytes of all weight tensors with their scales ÷ parameters.
    public var bitsPerWeight: Double
    /// Tensors that could not get what was meant for them.
    public var replacements: [ConvertReport.Replacement]
    /// Tensors that stay as they are, and why.
    public var kept: [ConvertReport.Kept]
    /// Remarks that the user should read.
    public var notes: [String]

    /// A tensor to write.
    public struct Tensor: Codable, Sendable {
        public var name: String
        /// The scheme's id, or the dtype of plain numbers.
        public var scheme: String
        public var shape: [Int]
        /// With its scales.
        public var bytes: Int
        public var sourceBytes: Int
    }

    /// A file to write.
    public struct File: Codable, Sendable {
        public var path: String
        public var bytes: Int
    }
}
