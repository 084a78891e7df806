import Bytes
import Catalog
import Formats
import Foundation
import Tensors
import Transforms

/// What a conversion was asked for, checked: everything that decides about its bytes, and the name of the result.
struct ConversionOrder {
    private(set) var settings: QuantizeSettings
    /// The importances of columns; nil without a matrix.
    let importance: ImportanceSource?
    /// What the result's tag is made of.
    private let tag: String

    /// - Parameters:
    ///   - settings: what a recipe or the request says.
    ///   - tag: what the result's tag begins with.
    init(_ settings: QuantizeSettings, tag: String, _ request: ConvertRequest) throws {
        var settings = settings, tag = tag
        settings.requantizes = settings.requantizes || request.requantizes
        importance = try request.importancePath.map { try ImportanceSource(path: $0) }
        settings.importance = importance?.digest
        if importance != nil { tag += "-imatrix" }
        self.settings = settings
        self.tag = tag
    }

    /// What a request without a recipe says.
    static func preset(_ request: ConvertRequest) throws -> (QuantizeSettings, tag: String) {
        let preset = try Preset(named: request.scheme, blockSize: request.blockSize)
        var settings = preset.settings
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
        if request.trainingGrid != nil { words.append(request.trainingGrid == "none" ? "noqat" : "qat") }
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

    /// The order with the whole numbers that its source was trained for, where nothing else is said and the scheme
    /// holds them.
    /// - Throws: `FormatError` for a grid that is none, or that the scheme does not hold.
    func heeding(_ facts: ModelFacts, _ request: ConvertRequest) throws -> Self {
        guard request.recipePath == nil, request.trainingGrid != "none" else { return self }
        var order = self
        guard let text = request.trainingGrid else {
            if let grid = TrainingGrid(of: facts), settings.target.holds(grid) { order.settings.trainingGrid = grid }
            return order
        }
        let grid = try TrainingGrid(parsing: text)
        guard settings.target.holds(grid) else {
            throw FormatError(
                .refused, "\(settings.target.id) does not hold \(grid.text)",
                remedy: "Choose another scheme; 'ingot recipe ls' lists them with their groups")
        }
        order.settings.trainingGrid = grid
        return order
    }

    /// `--as`, or the source's model with the scheme as its tag; a source that is not the latest adds its own tag.
    func newName(for request: ConvertRequest) throws -> TagName {
        try VariantName.make(request.newName, of: request.name, suffix: tag)
    }
}

extension ConversionOrder {
    /// What a recipe says that is no file of its own, such as that of a variant.
    init(_ settings: QuantizeSettings, request: ConvertRequest) throws {
        var settings = settings
        importance = try request.importancePath.map { try ImportanceSource(path: $0) }
        settings.importance = importance?.digest
        self.settings = settings
        tag = settings.target.shortName
    }
}
