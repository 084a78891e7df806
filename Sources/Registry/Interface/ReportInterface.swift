/// Which artifact to write a report about, in which form, and where to.
public struct ReportRequest: Sendable {
    /// The artifact.
    public var name: String
    public var format: Format = .html
    /// A file to make, or a folder that exists and gets one; nil returns the text.
    public var destination: String?
    /// What to do when the file exists.
    public var existing: ExportRequest.Existing = .refuse
    /// Written at the end as the report's date. Nil writes none, so that the same catalog gives the same bytes.
    public var date: String?

    /// What a report can be.
    public enum Format: String, Codable, CaseIterable, Sendable {
        /// One page that a browser shows without a network.
        case html
        /// A model card as the Hugging Face Hub reads it: Markdown, with facts and results in YAML at its start.
        case markdown = "md"
    }

    /// - Parameter name: the artifact.
    public init(name: String) { self.name = name }
}

/// What `report` wrote.
public struct ReportDocument: Codable, Sendable {
    public var name: String
    public var digest: String
    /// `html` or `md`.
    public var format: String
    /// The file; nil when the text was not written to one.
    public var destination: String?
    public var bytes: Int
    /// The parts that it has, in order: what the catalog knows nothing of is left out.
    public var sections: [String]
    /// The text itself, when it was not written to a file.
    public var text: String?
    /// Remarks that the user should read.
    public var notes: [String]
}
