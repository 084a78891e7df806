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
    /// What the result's tag is made of.
    private let tag: String

    init(_ request: ConvertRequest) throws {
        var (settings, tag) = try request.recipePath.map { try Self.recipe(at: $0) } ?? Self.preset(request)
        settings.requantizes = settings.requantizes || request.requantizes
        importance = try request.importancePath.map { try ImportanceSource(path: $0) }
        settings.importance = importance?.digest
        if importance != nil { tag += "-imatrix" }
        self.settings = settings
        self.tag = tag
    }

    private static func recipe(at path: String) throws -> (QuantizeSettings, tag: String) {
        let file = try OpenFile(path)
        guard file.byteCount <= greatestRecipe else {
            throw RegistryError(
                "\(path) has \(file.byteCount) bytes, and recipes have \(greatestRecipe) at most",
                remedy: "Name the recipe's file")
        }
        let recipe = try RecipeFile(parsing: try file.bytes(0..<file.byteCount), file: path)
        return (recipe.settings, recipe.name ?? recipe.settings.target.shortName + "-recipe")
    }

    private static let greatestRecipe = 1 << 20

    private static func preset(_ request: ConvertRequest) throws -> (QuantizeSettings, tag: String) {
        let preset = try Preset(named: request.scheme, blockSize: request.blockSize)
        var settings = preset.recipe.settings
        var words = [preset.shortName]
        let family = settings.target.family
        if request.encoder == .best {
            settings.quality = .best
            words.append("best")
        }
        if let name = request.scaleRule {
            guard let rule = E8M0Rule(rawValue: name) else {
                let known = E8M0Rule.allCases.map(\.rawValue).joined(separator: ", ")
                throw RegistryError("there is no rule '\(name)' for scales", remedy: "Choose one of \(known)")
            }
            settings.scaleRule = rule
            words.append(name)
        }
        if !request.keep.isEmpty { words.append("keep") }
        if !request.rules.isEmpty { words.append("rules") }
        settings.rules +=
            try request.keep.map { try TensorRule(keeping: $0) }
            + request.rules.map { try TensorRule(parsing: $0, family: family) }
        if request.nonfinite == .keep {
            settings.keepsNonfinite = true
            words.append("nonfinite")
        }
        settings.fallback = try request.fallback.map { try Fallback(parsing: $0, family: family) } ?? settings.fallback
        return (settings, words.joined(separator: "-"))
    }

    /// `--as`, or the source's model with the scheme as its tag; a source that is not the latest adds its own tag.
    func newName(for request: ConvertRequest) throws -> TagName {
        if let name = request.newName { return try TagName(parsing: name) }
        let suffix = tag
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

extension ConversionOrder {
    /// What a recipe says that is no file of its own, such as that of a variant.
    init(_ recipe: RecipeFile, request: ConvertRequest) throws {
        var settings = recipe.settings
        importance = try request.importancePath.map { try ImportanceSource(path: $0) }
        settings.importance = importance?.digest
        self.settings = settings
        tag = recipe.name ?? settings.target.shortName
    }
}
