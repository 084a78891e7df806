import Bytes
import Catalog
import Formats
import Foundation
import Tensors
import Transforms

/// What a conversion was asked for, checked: everything that decides about its bytes, and the name of the result.
struct ConversionOrder {
    let settings: QuantizeSettings
    /// The importances of columns; nil without a matrix.
    let importance: ImportanceSource?
    /// What a tag says besides the scheme.
    private let suffix: String

    /// - Parameter catalog: nil when no artifact is looked up.
    init(_ request: ConvertRequest, catalog: CatalogDatabase?) throws {
        var settings = try Self.settings(request)
        importance = try request.importancePath.map { try ImportanceSource(path: $0) }
        settings.importance = importance?.digest
        self.settings = settings
        suffix = Self.suffix(settings, request)
    }

    private static func settings(_ request: ConvertRequest) throws -> QuantizeSettings {
        var settings = QuantizeSettings(
            target: try ConversionTarget(named: request.scheme, blockSize: request.blockSize))
        settings.quality = request.encoder == .best ? .best : .reference
        settings.scaleRule = try request.scaleRule.map { name in
            guard let rule = E8M0Rule(rawValue: name) else {
                let known = E8M0Rule.allCases.map(\.rawValue).joined(separator: ", ")
                throw RegistryError("there is no rule '\(name)' for scales", remedy: "Choose one of \(known)")
            }
            return rule
        }
        settings.keepsNonfinite = request.nonfinite == .keep
        settings.requantizes = request.requantizes
        let family = settings.target.family
        settings.fallback = try request.fallback.map { try Fallback(parsing: $0, family: family) }
        settings.rules =
            try request.keep.map { try TensorRule(keeping: $0) }
            + request.rules.map { try TensorRule(parsing: $0, family: family) }
        return settings
    }

    private static func suffix(_ settings: QuantizeSettings, _ request: ConvertRequest) -> String {
        var words: [String] = []
        if settings.quality == .best { words.append("best") }
        if settings.scaleRule != nil { words.append(settings.scaleRule?.rawValue ?? "") }
        if settings.rules.contains(where: { $0.action == .keep }) { words.append("keep") }
        if settings.rules.contains(where: { $0.action != .keep }) { words.append("rules") }
        if settings.keepsNonfinite { words.append("nonfinite") }
        if settings.importance != nil { words.append("imatrix") }
        return words.map { "-" + $0 }.joined()
    }

    /// `--as`, or the source's model with the scheme as its tag; a source that is not the latest adds its own tag.
    func newName(for request: ConvertRequest) throws -> TagName {
        if let name = request.newName { return try TagName(parsing: name) }
        let suffix = settings.target.shortName + suffix
        switch try ArtifactName(parsing: request.name) {
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
