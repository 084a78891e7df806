import Bytes
import Catalog
import Formats
import Numbers
import Tensors
import Transforms

/// What can be done with a checkpoint that has just been registered.
enum NextStep {
    case convert
    case exportAsSafetensors

    /// A scheme that every model with linear layers can be converted to, whatever its family.
    static let suggestedScheme = "nf4"

    /// As it is typed.
    func command(_ name: TagName) -> String {
        let short = name.isLatest ? name.model : name.description
        switch self {
        case .convert: return "ingot convert \(short) --to \(NextStep.suggestedScheme)"
        case .exportAsSafetensors:
            let folder = short.split(separator: "/").last.map(String.init) ?? short
            return "ingot export \(short) ./\(folder.replacing(":", with: "-"))-safetensors --format safetensors"
        }
    }
}

extension ModelRegistry {
    /// What would work on a checkpoint: a conversion, or for files that cannot be converted the format that can be.
    static func nextStep(
        for source: ModelSource, _ tensors: [LogicalTensor], _ assembly: ArtifactAssembly
    ) -> NextStep? {
        let own = assembly.files.filter { !$0.file.path.contains("/") }.flatMap(\.tensors)
        let format = source.weights.first?.layout?.format
        guard format == Safetensors.name else {
            let canBeWritten = tensors.allSatisfy { $0.encoding == .dense && $0.dtype.isInSafetensors }
            return format != GGUF.name && !own.isEmpty && canBeWritten ? .exportAsSafetensors : nil
        }
        let hasUnreadConfig = source.config == nil && source.files.contains { $0.path == "config.json" }
        let isPlain = own.allSatisfy { $0.arrangement == .contiguous && $0.place == .whole }
        guard isPlain, !hasUnreadConfig, !own.isEmpty else { return nil }
        let nonfinite = own.filter { ($0.statistics?.nonfiniteCount ?? 0) > 0 }
        do {
            _ = try RecipeSelection(
                QuantizeSettings(target: try ConversionTarget(named: NextStep.suggestedScheme)),
                tensors: SelectionTensor.list(
                    own.map(\.description), family: source.family,
                    nonfinite: Dictionary(nonfinite.map { ($0.name, "NaN or infinities") }) { first, _ in first }))
            return .convert
        } catch {
            // The reason is told to whoever tries it.
            return nil
        }
    }
}

extension TensorStatistics {
    fileprivate var nonfiniteCount: Int { nanCount + infinityCount }
}

extension ArtifactAssembly.Tensor {
    fileprivate var description: TensorDescription {
        TensorDescription(name: name, type: type, shape: shape, byteRange: byteRange, arrangement: arrangement)
    }
}
