/// What a model card says beyond license and base model, on its way into the catalog.
package struct CardDraft: Equatable, Sendable {
    /// What the model is for, such as `text-generation`.
    package var pipeline: String?
    /// The library it is for, such as `transformers`.
    package var library: String?
    package var languages: [String]
    /// The card's own tags, which are no names of the artifact.
    package var tags: [String]
    package var datasets: [String]
    /// The card without its block of metadata, as far as it is searched.
    package var text: String

    package init(
        pipeline: String? = nil, library: String? = nil, languages: [String] = [], tags: [String] = [],
        datasets: [String] = [], text: String = ""
    ) {
        self.pipeline = pipeline
        self.library = library
        self.languages = languages
        self.tags = tags
        self.datasets = datasets
        self.text = text
    }
}
