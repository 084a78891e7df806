import Architectures
import Formats
import Numbers
import Synchronization
import Tensors
import Transforms

/// What becomes of each tensor in a cast.
final class CastChoice: TensorChoice {
    let settings: CastSettings
    private let source: ExportSource

    init(_ settings: CastSettings, source: ExportSource) {
        self.settings = settings
        self.source = source
    }

    /// Programs do not compute in 8 bits: the configuration keeps the dtype that they compute in.
    static func computeDtype(_ dtype: DType, of source: ExportSource) -> DType {
        dtype.bitCount > 8 ? dtype : source.artifact.computeDtype
    }

    var mainDtype: DType { Self.computeDtype(settings.dtype, of: source) }
    var keepsStoredParts: Bool { false }

    func plan(_ tensors: [MappedTensor], metadata: GGUFMetadata?) throws -> [PlannedTensor] {
        let isRebuilt = if case .gguf = source.convention { true } else { false }
        let selection = try CastSelection(
            settings, tensors: source.selectionTensors(tensors, isRebuilt: isRebuilt))
        return try zip(tensors, selection.decisions).map { tensor, decision in
            switch decision {
            case .cast(let dtype): return try types(.plain(dtype)).plan(tensor.mapping, tensor.sources)
            case .keep(let reason):
                var planned = try types(nil).plan(tensor.mapping, tensor.sources)
                planned.keptReason = reason
                return planned
            }
        }
    }

    private func types(_ type: ElementType?) -> TypeChoice {
        TypeChoice(options: Self.options(settings, type: type, of: source), source: source)
    }

    static func options(_ settings: CastSettings, type: ElementType?, of source: ExportSource) -> ExportOptions {
        let overflow: OverflowPolicy =
            switch settings.overflow {
            case .fail: .fail
            case .saturate: .saturate
            case .widen: .widen
            }
        return ExportOptions(
            casting: type, dequantized: computeDtype(settings.dtype, of: source), overflow: overflow)
    }
}
