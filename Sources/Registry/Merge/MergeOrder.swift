import Bytes
import Formats
import Numbers
import Transforms

/// What a merge was asked for, checked.
enum MergeOrder {
    case adapter(AdapterSettings, base: String, adapter: String)
    case models(MergeSettings)

    init(_ request: MergeRequest) throws {
        switch request.subject {
        case .adapter(let base, let adapter):
            guard request.seed == nil else {
                throw RegistryError("an adapter is merged without chance", remedy: "Leave --seed out")
            }
            self = .adapter(try Self.settings(request), base: base, adapter: adapter)
        case .recipe(let path):
            guard request.dtype == nil, request.stepScheme == nil else {
                throw RegistryError(
                    "--dtype and --step-of are of adapters", remedy: "Write dtype into the recipe, and leave them out")
            }
            var settings = try MergeSettings(parsing: try RecipeBytes.read(at: path), file: path)
            settings.seed = request.seed ?? settings.seed
            self = .models(settings)
        }
    }

    private static func settings(_ request: MergeRequest) throws -> AdapterSettings {
        var settings = AdapterSettings()
        guard let name = request.dtype else { return settings }
        guard let dtype = CastSettings.dtype(named: name), [.BF16, .F16, .F32].contains(dtype) else {
            throw RegistryError("'\(name)' is no dtype of a merge", remedy: "Choose bf16, f16 or f32")
        }
        settings.dtype = dtype
        return settings
    }
}
