import Architectures
import Bytes
import Formats
import Numbers
import Planner
import Tensors
import Transforms

/// A model of which names, shapes and dtypes of tensors are known and no number, as the planner of conversions sees
/// models.
struct SketchedModel: Sendable {
    /// A tensor, in the layout of Hugging Face.
    struct Tensor: Sendable {
        let name: String
        /// Outermost dimension first.
        let shape: [Int]
        let dtype: DType
    }

    let tensors: [Tensor]
    /// The dtype that programs compute in: of most of the numbers.
    let computeDtype: DType
    private let folder: [SelectionTensor]
    private let gguf: Result<GGUFView, FormatError>

    /// The tensors under GGUF's names, and what mixtures need to know of the model.
    private struct GGUFView: Sendable {
        let tensors: [SelectionTensor]
        let mixture: MixtureModel?
    }

    /// More tensors than any model has.
    private static let greatestTensorCount = 1 << 20

    init(_ tensors: [Tensor], config: JSONValue) {
        self.tensors = tensors
        computeDtype = Self.computeDtype(of: tensors)
        let family = ModelFamily.of(config: config)
        let descriptions = tensors.compactMap { tensor in
            Shape(tensor.shape).map {
                TensorDescription(name: tensor.name, dtype: tensor.dtype, shape: $0, byteRange: 0..<0)
            }
        }
        folder = SelectionTensor.list(descriptions, family: family)
        gguf = Result { () throws(FormatError) in
            let model = try GGUFModel(tensors: tensors.map { ($0.name, $0.shape) }, config: config)
            return GGUFView(
                tensors: SelectionTensor.list(model.layout, from: descriptions, family: family),
                mixture: Self.mixture(model))
        }
    }

    /// A model of BF16 numbers, by its shape.
    init(_ shape: ModelShape, config: JSONValue) throws {
        self.init(
            try Self.expanded(shape).map { Tensor(name: $0.name, shape: $0.shape, dtype: .BF16) }, config: config)
    }

    /// Every tensor of a shape by its own name.
    static func expanded(_ shape: ModelShape) throws -> [(name: String, shape: [Int])] {
        let tensors = shape.tensors
        guard tensors.reduce(0, { $0 + $1.copies }) <= greatestTensorCount else {
            throw RegistryError(
                "a model of this shape has more than \(greatestTensorCount) tensors", remedy: "Correct config.json")
        }
        return tensors.flatMap { tensor in
            (tensor.layers ?? 0..<1).flatMap { layer in
                (0..<tensor.experts).map { (tensor.name(layer: layer, expert: $0), tensor.shape) }
            }
        }
    }

    private static func computeDtype(of tensors: [Tensor]) -> DType {
        var counts: [DType: Int] = [:]
        for tensor in tensors where tensor.dtype.isFloatingPoint {
            counts[tensor.dtype, default: 0] += tensor.elementCount
        }
        let most = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .BF16
        return [.BF16, .F16, .F32].contains(most) ? most : .F32
    }

    private static func mixture(_ model: GGUFModel) -> MixtureModel? {
        let items = Dictionary(model.metadata.map { ($0.key, $0.value) }) { first, _ in first }
        guard let architecture = items["general.architecture"]?.text else { return nil }
        return MixtureModel(architecture: architecture) { items[$0]?.number.flatMap { Int(exactly: $0) } }
    }

    /// The tensors as the programs of a family have them, and what mixtures need to know.
    /// - Throws: `FormatError` for a model that GGUF does not hold.
    func view(for family: TensorScheme.Family) throws(FormatError) -> ([SelectionTensor], MixtureModel?) {
        switch family {
        case .gguf:
            let view = try gguf.get()
            return (view.tensors, view.mixture)
        case .bitsAndBytes: return (folder.map(\.turned), nil)
        default: return (folder, nil)
        }
    }

    /// Bytes of the tensors as they are.
    var byteCount: Int { tensors.reduce(0) { $0 + $1.elementCount * $1.dtype.bitCount / 8 } }

    /// Learned numbers: those of floating-point types.
    var parameterCount: Int {
        tensors.reduce(0) { $0 + ($1.dtype.isFloatingPoint ? $1.elementCount : 0) }
    }
}

extension SketchedModel.Tensor {
    /// Of a shape that was checked when its model was planned.
    var elementCount: Int { shape.reduce(1, *) }
}

extension SelectionTensor {
    /// As [out, in], which bitsandbytes makes of GPT-2's matrices.
    fileprivate var turned: Self {
        guard role == .conv1D, shape.count == 2 else { return self }
        return Self(
            name: name, otherNames: Array(names.dropFirst()), role: role, shape: shape.reversed(), dtype: dtype,
            storedAs: storedAs, layer: layer, nonfinite: nonfinite, staysF32: staysF32)
    }
}
