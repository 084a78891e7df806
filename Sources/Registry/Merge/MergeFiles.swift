import Architectures
import Bytes
import Formats
import Numbers
import Transforms

/// What a merge writes beside the weights.
struct MergeFiles {
    let settings: MergeSettings
    let models: [String: RewriteSource]
    let main: RewriteSource

    /// The main model's configuration with the layers and the dtype of the result; nil when it has none.
    /// - Parameter layers: where each layer of a stack comes from; nil for whole models.
    func config(layers: [(model: String, layer: Int)]?) throws -> JSONValue? {
        guard var object = main.config?.objectValue else { return nil }
        if let layers {
            // A model without config.json is taken to be as the main one.
            let places = try layers.map { place in
                guard let model = models[place.model] else { throw Self.noModel(place.model) }
                return LayerPlace(config: model.config ?? .object(object), model: model.name, layer: place.layer)
            }
            guard let stacked = try StackedLayers(places).config(object, of: main.name) else {
                throw RegistryError(
                    "config.json of \(main.name) does not say how many layers there are",
                    remedy: "Add num_hidden_layers, and register the model again")
            }
            object = stacked
        }
        if let dtype = settings.dtype {
            for key in ["dtype", "torch_dtype"] where object[key] != nil { object[key] = .string(dtype.pythonName) }
        }
        return .object(object)
    }

    /// The main model's files, with the new configuration, and another model's tokenizer where that is asked for.
    func companions(_ config: JSONValue?) throws -> [ExportPlan.File] {
        var files = main.companions
        if let name = settings.tokenizerSource, name != MergeSettings.base {
            guard let model = models[name] else { throw Self.noModel(name) }
            files = files.filter { !Self.isTokenizer($0) } + model.companions.filter(Self.isTokenizer)
        }
        guard let config, config != main.config else { return files }
        return files.map { file in
            guard file.path == "config.json" else { return file }
            return ExportPlan.File(path: file.path, content: .made(Array((config.text(.indented) + "\n").utf8)))
        }
    }

    /// - Throws: `RegistryError` when the tokenizer is to be that of a model that is not merged.
    static func checkTokenizer(of settings: MergeSettings) throws {
        guard let name = settings.tokenizerSource, name != MergeSettings.base, !settings.models.contains(name) else {
            return
        }
        throw noModel(name)
    }

    private static func noModel(_ name: String) -> RegistryError {
        RegistryError(
            "tokenizer_source names '\(name.shortened)', which is no model of the merge",
            remedy: "Name one of the models as the recipe does, or say base")
    }

    private static func isTokenizer(_ file: ExportPlan.File) -> Bool {
        ModelFile.Role(companion: file.path) == .tokenizer
    }
}
