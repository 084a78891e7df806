import Bytes
import Transforms

/// A recipe with a name, as a row of a list.
public struct RecipeRow: Codable, Sendable {
    /// The name that `convert --to` takes: `gguf-q4_k_m`.
    public var name: String
    /// The programs that load what it makes: `gguf`, `mlx`, `bnb` …
    public var family: String
    /// Whether it mixes several schemes (`mixture`) or has one (`scheme`).
    public var kind: String
    /// Roughly what a weight takes: of Llama 3.1 8B, scales and dense tensors included. Nil when it needs more than the
    /// model's shapes, such as an importance matrix.
    public var bits: Double?
    /// What it does.
    public var description: String
}

/// A recipe with a name, in full.
public struct RecipeReport: Codable, Sendable {
    public var name: String
    public var family: String
    public var kind: String
    public var description: String
    /// The recipe as variants keep it: compact JSON.
    public var recipe: String
    /// The digest of that text.
    public var recipeDigest: String
    /// The recipe as YAML with comments, ready to be edited.
    public var yaml: String
}

extension ModelRegistry {
    /// Which of the recipes with a name are listed.
    public enum RecipeList: Sendable {
        /// Those that mix several schemes.
        case mixtures
        /// Those too that have one scheme for all tensors.
        case all
    }

    /// The recipes that have a name: mixtures first, then schemes family by family.
    public static func recipes(_ list: RecipeList) -> [RecipeRow] {
        let presets = Preset.mixtures + (list == .all ? Preset.schemes : [])
        return presets.map { preset in
            RecipeRow(
                name: preset.name, family: preset.family.rawValue, kind: preset.kind.rawValue,
                bits: preset.approximateBits, description: preset.description)
        }
    }

    /// The recipe behind a name that `convert --to` takes.
    /// - Throws: `FormatError` that lists the candidates of an ambiguous name, and the nearest of an unknown one.
    public static func recipe(named name: String) throws -> RecipeReport {
        let preset = try Preset(named: name)
        let recipe = preset.settings.recipe
        return RecipeReport(
            name: preset.name, family: preset.family.rawValue, kind: preset.kind.rawValue,
            description: preset.description, recipe: recipe.text, recipeDigest: recipe.digest.hex, yaml: preset.yaml)
    }
}
