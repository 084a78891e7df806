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
    /// Nil for one that cannot be made.
    var weights: ByteFigure?
    var loss: Loss?
    /// Why it cannot be made.
    var fault: String?
    /// A variant in the store that was made so.
    var variant: String?
    var results: [VariantsPlanReport.Result] = []
}

/// Collects the forms of a model, with what the catalog knows of them.
struct VariantForms {
    private let model: PlannedModel
    private let registry: ModelRegistry?
    private var estimates: NormalErrors
    /// The model's own variants by scheme, with their errors.
    private var own: [String: ArtifactSummary] = [:]
    /// Errors of other models' variants by scheme.
    private var others: [String: [Double]] = [:]

    init(_ model: PlannedModel, in registry: ModelRegistry?) throws {
        self.model = model
        self.registry = registry
        estimates = NormalErrors(kernels: registry?.kernels ?? Kernels())
        if let registry { try readCatalog(registry) }
    }

    /// The model as it is.
    func original() -> VariantForm {
        if let artifact = model.artifact {
            return VariantForm(
                scheme: "as stored",
                weights: ByteFigure(artifact.record.weightByteCount, .exact, "Σ over the stored tensors"),
                loss: .init(value: 0, evidence: .exact, source: "nothing changes"), variant: model.name,
                results: results(of: artifact.record.digest))
        }
        return VariantForm(
            scheme: "bf16", weights: ByteFigure(2 * model.parameters, .exact, "2·P"),
            loss: .init(value: 0, evidence: .exact, source: "nothing changes"))
    }

    /// The model under a preset.
    /// - Throws: what is no fault of this preset alone.
    mutating func form(_ preset: Preset) throws -> VariantForm {
        var form = VariantForm(scheme: preset.name)
        do {
            let forecast = try ModelRegistry.forecast(preset, of: model, in: registry)
            form.weights = ByteFigure(forecast.byteCount, .exact, "Σ over tensors, as a conversion stores them")
            let estimate = try estimates.relativeError(forecast.changed)
            form.loss = loss(of: preset.name, estimate: estimate)
        } catch let error as FormatError {
            form.fault = error.description
        } catch let error as RegistryError {
            form.fault = error.description
        }
        if let summary = own[preset.name] {
            form.variant = summary.label
            form.results = results(of: summary.artifact.digest)
        }
        return form
    }

    /// What was measured counts more than what is estimated.
    private func loss(of scheme: String, estimate: Double) -> VariantForm.Loss? {
        if let summary = own[scheme], let error = summary.relativeRMSE {
            return .init(value: error, evidence: .measured, source: "measured of \(summary.label)")
        }
        if let errors = others[scheme], !errors.isEmpty {
            let mean = errors.reduce(0, +) / Double(errors.count)
            let count = errors.count == 1 ? "1 variant" : "\(errors.count) variants"
            return .init(value: mean, evidence: .estimate, source: "the mean of \(count) of other models here")
        }
        guard estimate.isFinite else { return nil }
        return .init(value: estimate, evidence: .estimate, source: NormalErrors.source)
    }

    private func results(of digest: Digest) -> [VariantsPlanReport.Result] {
        measured[digest] ?? []
    }

    private var measured: [Digest: [VariantsPlanReport.Result]] = [:]

    private mutating func readCatalog(_ registry: ModelRegistry) throws {
        var children: Set<Digest> = []
        if let artifact = model.artifact {
            for step in try registry.catalog.lineage(of: artifact.record.digest, .descendants)
            where step.distance == 1 && step.record.role == .base { children.insert(step.record.child) }
        }
        var seen: Set<Digest> = []
        for summary in try registry.catalog.summaries() where seen.insert(summary.artifact.digest).inserted {
            let artifact = summary.artifact
            if children.contains(artifact.digest) {
                if own[artifact.scheme] == nil { own[artifact.scheme] = summary }
            } else if let error = summary.relativeRMSE {
                others[artifact.scheme, default: []].append(error)
            }
        }
        for record in try registry.catalog.results() {
            measured[record.result.artifact, default: []].append(
                .init(
                    task: record.result.task, metric: record.result.metric,
                    value: record.result.value.isFinite ? record.result.value : nil))
        }
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
