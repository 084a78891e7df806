import Architectures
import Bytes
import Formats
import Tensors
import Transforms

/// An importance matrix of llama.cpp, for whatever layout the variant has.
struct ImportanceSource: Sendable {
    private let matrix: ImportanceMatrix

    /// - Throws: `FormatError` for a file that is none, or not sound.
    init(path: String) throws {
        do {
            matrix = try ImportanceMatrix(reading: try OpenFile(path))
        } catch let error as FormatError { throw error.within(file: path) }
    }

    var digest: Digest { matrix.digest }
    var notes: [String] { matrix.notes }

    /// The way to the importances of a tensor to write.
    /// - Throws: `FormatError` when the matrix is another model's, `RegistryError` when nothing tells how llama.cpp calls
    ///   the model's tensors.
    func lookup(in source: ExportSource, as family: TensorScheme.Family) throws -> ConversionChoice.ImportanceLookup {
        let matrix = matrix
        switch source.convention {
        case .gguf:
            try matrix.check(against: source.tensors.map { ($0.name, $0.shape.dimensions) })
            return { tensor in
                try matrix.importance(
                    ofGGUF: tensor.first?.name ?? tensor.name,
                    shape: tensor.first?.shape.dimensions ?? tensor.mapping.shape)
            }
        case .huggingFace(let config):
            let model = try GGUFModel(
                tensors: source.tensors.map { ($0.layoutName, $0.shape.dimensions) }, config: config,
                description: try source.modelDescription())
            try matrix.check(against: model.layout.tensors.map { ($0.name, $0.shape) })
            if family == .gguf {
                return { tensor in try matrix.importance(ofGGUF: tensor.name, shape: tensor.mapping.shape) }
            }
            let map = try ImportanceMap(matrix, model.layout)
            return { tensor in try tensor.first.flatMap { try map.importance(of: $0.layoutName) } }
        case .unknown:
            throw RegistryError(
                "an importance matrix has llama.cpp's names for tensors, and \(source.whyUnknown)",
                remedy: "Leave --imatrix out, or register the model with its config.json")
        }
    }
}
