import Bytes
import Catalog
import Formats
import Planner
import Tensors
import Transforms

/// A form that the model has or could have: its bytes and its error, whatever the context.
struct VariantForm {
    /// An error with where it comes from.
    struct Loss {
        var value: Double
        var evidence: Evidence
        var source: String
    }

    var scheme: String
    /// What goes before; nil for the whole model.
    var cut: PlannedCut?
    /// After the cut; nil for an architecture without formulas.
    var shape: ModelShape?
    var parameters: Int
    /// Nil for one that cannot be made.
    var weights: ByteFigure?
    /// What the scheme loses of the weights that it is given, which says nothing of a cut.
    var loss: Loss?
    /// Why it cannot be made.
    var fault: String?
    /// Types that tensors get in the place of those that were meant for them, in words.
    var replaced: String?
    /// A variant in the store that was made so.
    var variant: String?
    var results: [VariantsPlanReport.Result] = []

    /// `bnb-nf4 after --mlp 0.25`
    var name: String { cut.map { "\(scheme) after \($0.options)" } ?? scheme }
}

/// Collects the forms of a model, with what the catalog knows of them.
struct VariantForms {
    private let model: PlannedModel
    private let registry: ModelRegistry?
    private let known: KnownVariants
    /// The model's tensors, where only config.json tells of them.
    private let sketch: SketchedModel?
    private var estimates: NormalErrors

    private static let unchanged = VariantForm.Loss(value: 0, evidence: .exact, source: "nothing changes")

    init(_ model: PlannedModel, in registry: ModelRegistry?) throws {
        self.model = model
        self.registry = registry
        estimates = NormalErrors(kernels: registry?.kernels ?? Kernels())
        sketch = try model.sketch()
        known = try KnownVariants(model.artifact?.record.digest, in: registry)
    }

    /// The cuts of the model that are in the store.
    var knownCuts: [PruneSettings] { known.cuts }

    /// The model as it is.
    func original() -> VariantForm {
        var form = form(model.artifact == nil ? "bf16" : "as stored", cut: nil)
        form.loss = Self.unchanged
        guard let artifact = model.artifact else {
            form.weights = ByteFigure(2 * model.parameters, .exact, "2·P")
            return form
        }
        form.weights = ByteFigure(artifact.record.weightByteCount, .exact, "Σ over the stored tensors")
        form.variant = model.name
        form.results = known.results(of: artifact.record.digest)
        return form
    }

    /// What a cut leaves, as it is stored.
    func form(after cut: PlannedCut) -> VariantForm {
        var form = form(model.artifact == nil ? "bf16" : "as stored", cut: cut)
        form.weights = cut.weights
        form.loss = Self.unchanged
        if let summary = known.result(of: cut) {
            form.variant = summary.label
            form.results = known.results(of: summary.artifact.digest)
        }
        return form
    }

    private func form(_ scheme: String, cut: PlannedCut?) -> VariantForm {
        VariantForm(
            scheme: scheme, cut: cut, shape: cut.map(\.shape) ?? model.shape,
            parameters: cut?.parameters ?? model.parameters)
    }

    /// The model under a preset, after a cut where one is given.
    /// - Throws: what is no fault of this preset alone.
    mutating func form(_ preset: Preset, after cut: PlannedCut? = nil) throws -> VariantForm {
        var form = form(preset.name, cut: cut)
        do {
            let forecast = try forecast(preset, after: cut)
            form.weights = ByteFigure(forecast.byteCount, .exact, "Σ over tensors, as a conversion stores them")
            form.replaced = forecast.replaced
            let estimate = try estimates.relativeError(forecast.changed)
            form.loss = loss(of: preset.name, after: cut, estimate: estimate)
        } catch let error as FormatError {
            form.fault = error.description
        } catch let error as RegistryError {
            form.fault = error.description
        }
        if let summary = known.variant(preset.name, of: cut) {
            form.variant = summary.label
            form.results = known.results(of: summary.artifact.digest)
        }
        return form
    }

    private func forecast(_ preset: Preset, after cut: PlannedCut?) throws -> SchemeForecast {
        guard let cut else { return try ModelRegistry.forecast(preset, of: model, sketch, in: registry) }
        guard let sketch = cut.sketch else {
            throw RegistryError(
                "what the cut leaves is quantized as it was", remedy: "Cut the model that it was made of")
        }
        return try SchemeForecast(preset, of: sketch, kernels: registry?.kernels ?? Kernels())
    }

    /// What was measured counts more than what is estimated.
    private func loss(of scheme: String, after cut: PlannedCut?, estimate: Double) -> VariantForm.Loss? {
        if let summary = known.variant(scheme, of: cut), let error = summary.relativeRMSE {
            return .init(value: error, evidence: .measured, source: "measured of \(summary.label)")
        }
        if cut != nil, let summary = known.variant(scheme, of: nil), let error = summary.relativeRMSE {
            return .init(
                value: error, evidence: .estimate, source: "measured of \(summary.label), of which no weight is cut")
        }
        if let (mean, count) = known.meanError(of: scheme) {
            let variants = count == 1 ? "1 variant" : "\(count) variants"
            return .init(value: mean, evidence: .estimate, source: "the mean of \(variants) of other models here")
        }
        guard estimate.isFinite else { return nil }
        return .init(value: estimate, evidence: .estimate, source: NormalErrors.source)
    }

    /// The schemes that are considered when none is named: each with its usual groups.
    static var usual: [Preset] {
        (Preset.mixtures + Preset.schemes).filter { preset in
            guard case .scheme(let scheme) = preset.settings.target else { return preset.name != "gguf-f32" }
            switch scheme {
            case .fourBit(let scheme): return scheme.blockSize == FourBitScheme.defaultBlockSize
            case .mlx(let state): return state.mode != .affine || state.columnsPerGroup == 64
            case .gptq(let state): return state.groupSize == 128 && state.version == .v1
            case .awq(let state): return state.groupSize == 128
            case .compressedTensors, .scaledFloat:
                return !["-g32", "-g64", "4-channel"].contains { preset.name.contains($0) }
            case .int8Rows, .blocks: return true
            }
        }
    }
}

extension [VariantForm] {
    /// The names of the schemes that no other one beats in bytes and error, of forms of the same cut.
    var unbeatenSchemes: Set<String> {
        let made = filter { $0.weights != nil && $0.loss != nil }
        func keys(_ form: VariantForm) -> (Int, Double) {
            (form.weights?.byteCount ?? .max, form.loss?.value ?? .infinity)
        }
        return Set(
            made.filter { form in
                let own = keys(form)
                return !made.contains { other in
                    let (bytes, error) = keys(other)
                    return bytes <= own.0 && error <= own.1 && (bytes, error) != own
                }
            }.map(\.scheme))
    }
}
