import Architectures
import Bytes
import Formats
import Numbers
import Tensors
import Transforms

/// Everything that a conversion will write, known before the work.
struct ConversionPlan: Sendable {
    /// A file with weights.
    struct WeightsFile: Sendable {
        let path: String
        /// The tensors in their order.
        let names: [String]
        private let planned: any OutputLayout
        private let metadata: [(String, String)]

        fileprivate init(path: String, names: [String], planned: any OutputLayout, metadata: [(String, String)]) {
            self.path = path
            self.names = names
            self.planned = planned
            self.metadata = metadata
        }

        /// The bytes of the whole file.
        var byteCount: Int { planned.byteCount }

        /// Where in the file what goes, when it is known how long each tensor is.
        func layout(of tensors: [OutputTensor]) throws -> any OutputLayout {
            guard planned is SafetensorsLayout else { return planned }
            return try SafetensorsLayout(
                tensors: tensors.map { tensor in
                    (name: tensor.name, dtype: tensor.type.dtype ?? .U8, shape: tensor.shape)
                }, metadata: metadata)
        }
    }

    let source: ExportSource
    /// The scheme's full id.
    let scheme: String
    let recipeDigest: Digest
    /// `gguf` or `safetensors`.
    let format: String
    /// Every tensor of the model's own weights files, in their order.
    let tensors: [PlannedTensor]
    let weights: [WeightsFile]
    /// The files without weights, and those of modules in folders.
    let companions: [ExportPlan.File]
    let dropped: [LayoutMapping.Dropped]
    /// Tensors that could not get what was meant for them.
    let replacements: [RecipeSelection.Replacement]
    let notes: [String]

    /// - Parameters:
    ///   - choice: what becomes of each tensor.
    ///   - preTokenizer: how llama.cpp is to cut text, where that is not recognized.
    init(
        _ source: ExportSource, choice: ConversionChoice, preTokenizer: String? = nil
    ) throws {
        self.source = source
        scheme = choice.settings.target.id
        recipeDigest = choice.settings.recipe.digest
        format = choice.format.rawValue
        let options = ExportOptions(
            format: choice.format, dequantized: choice.dequantizedDtype, shardByteCount: choice.shardByteCount,
            preTokenizer: preTokenizer)
        let plan = try ExportPlan(source, options, choice: choice)
        var weights: [WeightsFile] = []
        var companions: [ExportPlan.File] = []
        var tensors: [PlannedTensor] = []
        for file in plan.files {
            guard case .weights(let layout, let parts) = file.content else {
                // The index follows from what is written.
                if file.path.hasSuffix(SafetensorsIndex.suffix), !file.path.contains("/") { continue }
                companions.append(file)
                continue
            }
            weights.append(
                WeightsFile(
                    path: file.path, names: parts.map(\.name), planned: layout,
                    metadata: [("format", choice.libraryName)]))
            tensors += parts.filter { $0.index == 0 }.map(\.tensor)
        }
        self.weights = weights
        self.companions = companions
        self.tensors = tensors
        dropped = plan.dropped
        replacements = choice.replacements
        notes = plan.notes + choice.notes
    }

    /// Tensors that stay as they are, and why.
    var kept: [(name: String, reason: String)] {
        tensors.compactMap { tensor in tensor.keptReason.map { (tensor.name, $0) } }
    }
}

extension PlannedTensor {
    /// The bytes of all that it is made of.
    var sourceByteCount: Int {
        sources.first.map { first in
            Set(sources.map(\.name)).count == 1 ? first.byteCount : sources.reduce(0) { $0 + $1.byteCount }
        } ?? 0
    }
}
