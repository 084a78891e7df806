import Catalog

/// What a variant is called.
enum VariantName {
    /// `given`, or the source's model with the suffix as its tag; a source that is not the latest adds its own tag.
    static func make(_ given: String?, of source: String, suffix: String) throws -> TagName {
        if let given { return try TagName(parsing: given) }
        switch try ArtifactName(parsing: source) {
        case .tag(let name):
            return try TagName(model: name.model, tag: name.isLatest ? suffix : "\(name.tag)-\(suffix)")
        case .version(let model, let number): return try TagName(model: model, tag: "v\(number)-\(suffix)")
        case .digest(let prefix, let model):
            guard let model else {
                throw RegistryError(
                    "@\(prefix) has no name that the variant's could be made from", remedy: "Name it with --as")
            }
            return try TagName(model: model, tag: "\(prefix.prefix(12))-\(suffix)")
        }
    }
}
