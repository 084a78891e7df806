package import Bytes
import Formats

/// A recipe that has a name: a mixture of llama.cpp, one of mlx-lm, or a scheme with nothing special about it.
package struct Preset: Sendable {
    /// What it is made of.
    package enum Kind: String, Sendable {
        /// Several schemes in one model.
        case mixture
        /// One scheme for all tensors that it quantizes.
        case scheme
    }

    package let recipe: RecipeFile
    /// The settings of the recipe's step.
    package let settings: QuantizeSettings
    package let kind: Kind
    /// The recipe as YAML, with comments, ready to be edited.
    package let yaml: String

    /// `gguf-q4_k_m`
    package var name: String { recipe.name ?? settings.target.id }
    package var family: TensorScheme.Family { settings.target.family }
    package var description: String { recipe.description ?? "" }

    /// Finds a preset or scheme by its full id, or by a short name that nothing else has.
    /// - Parameter blockSize: the size of groups or blocks, where the name leaves it open.
    /// - Throws: `FormatError` for a name that is ambiguous or unknown, and for a size that the scheme has not.
    package init(named name: String, blockSize: Int? = nil) throws(FormatError) {
        switch try Self.names.entry(named: name).value {
        case .target: self = Preset(try ConversionTarget(named: name, blockSize: blockSize))
        case .file(let preset):
            guard blockSize == nil else {
                throw FormatError(
                    .refused, "the recipe \(preset.name) states the size of its groups", remedy: "Leave --block out")
            }
            self = preset
        }
    }

    /// The mixtures, those of llama.cpp by their file type.
    package static let mixtures: [Preset] = GGUFMixture.all.map { Preset(.mixture($0)) } + files

    /// Every scheme that is made for all tensors alike, family by family.
    package static let schemes: [Preset] = ConversionTarget.names.entries.map(\.value)
        .filter { $0.mixture == nil }.map { Preset($0) }

    /// The name without its family where no other family has the same, else the name: what a tag is called.
    package var shortName: String {
        recipe.name.map { Self.names.shortName(of: $0) } ?? settings.target.shortName
    }

    init(_ target: ConversionTarget) {
        let settings = QuantizeSettings(target: target)
        self.settings = settings
        var comments: [String] = []
        switch target {
        case .scheme(let scheme):
            kind = .scheme
            recipe = RecipeFile(name: scheme.id, description: scheme.summary, steps: [.quantize(settings)])
        case .mixture(let mixture):
            kind = .mixture
            recipe = RecipeFile(name: mixture.id, description: mixture.summary, steps: [.quantize(settings)])
            comments = mixture.explanation
        }
        yaml = recipe.yaml(comments: comments)
    }

    private init(file yaml: [UInt8], named name: String) throws(FormatError) {
        let file = try RecipeFile(parsing: yaml, file: "\(name).yaml")
        guard let settings = file.quantization else {
            throw FormatError(.refused, "it does not quantize", file: name, remedy: "Report it")
        }
        recipe = file
        self.settings = settings
        kind = .mixture
        self.yaml = String(decoding: yaml, as: UTF8.self)
    }

    private enum Source: Sendable {
        case target(ConversionTarget)
        case file(Preset)
    }

    private static let names = NameTable<Source>(
        subject: "scheme",
        entries: ConversionTarget.names.entries.map {
            .init($0.id, $0.family, aliases: $0.aliases, .target($0.value))
        } + files.map { .init($0.name, $0.family, .file($0)) })

    /// The recipes in `Presets/`. A new one is a file there and a line here.
    private static let files: [Preset] = embedded.map { name, yaml in
        do {
            return try Preset(file: yaml, named: name)
        } catch {
            preconditionFailure("Presets/\(name).yaml: \(error)")  // a fault of the build; the tests read every file
        }
    }

    private static var embedded: [(name: String, yaml: [UInt8])] {
        [
            ("mlx-mixed_2_6", PackageResources.mlx_mixed_2_6_yaml),
            ("mlx-mixed_3_4", PackageResources.mlx_mixed_3_4_yaml),
            ("mlx-mixed_3_6", PackageResources.mlx_mixed_3_6_yaml),
            ("mlx-mixed_4_6", PackageResources.mlx_mixed_4_6_yaml),
        ]
    }
}
