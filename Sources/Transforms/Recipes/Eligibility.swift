import Architectures
import Numbers

/// Whether a family's loaders take a tensor quantized.
enum Eligibility {
    /// It is quantized unless a rule says otherwise.
    case usual
    /// It stays dense unless a rule names it or its role.
    case byRule(reason: String)
    /// It holds plain numbers that no loader takes quantized.
    case plain(reason: String)
    /// It stays whatever rules say.
    case never(reason: String)

    static let expertReason = "expert"

    /// Why the tensor stays; nil for one that is quantized.
    var reason: String? {
        switch self {
        case .usual: nil
        case .byRule(let reason), .plain(let reason), .never(let reason): reason
        }
    }

    init(of tensor: SelectionTensor, family: TensorScheme.Family) {
        guard let dtype = tensor.dtype, [.BF16, .F16, .F32].contains(dtype) else {
            self = .never(reason: "stored as \(tensor.storedAs)")
            return
        }
        if tensor.elementCount == 0 {
            self = .never(reason: "empty")
        } else if family == .gguf {
            let reason = GGUFEligibility.reasonToKeep(tensor.name, shape: tensor.shape)
            self = (reason ?? (tensor.staysF32 ? "stored as F32" : nil)).map { .never(reason: $0) } ?? .usual
        } else {
            self = Self.ofFolder(tensor, family: family)
        }
    }

    /// For the layouts of Hugging Face folders.
    private static func ofFolder(_ tensor: SelectionTensor, family: TensorScheme.Family) -> Self {
        let isMatrix = tensor.shape.count == 2
        let takesAll = family == .mlx
        switch tensor.role {
        case .linear: return isMatrix ? .usual : .plain(reason: "no matrix")
        case .conv1D:
            guard isMatrix else { return .plain(reason: "no matrix") }
            // transformers turns the [in, out] of GPT-2 for bitsandbytes only.
            return family == .bitsAndBytes ? .usual : .plain(reason: "stored as [in, out]")
        case .embedding:
            guard isMatrix else { return .plain(reason: "embedding") }
            return takesAll ? .usual : .plain(reason: "embedding")
        case .outputHead:
            guard isMatrix else { return .plain(reason: "output head") }
            return takesAll ? .usual : .byRule(reason: "output head")
        case .router: return isMatrix ? .byRule(reason: "router") : .plain(reason: "router")
        case .expert:
            if takesAll, tensor.shape.count == 3 { return .usual }
            guard isMatrix, family != .bitsAndBytes else { return .plain(reason: expertReason) }
            return .usual
        case .stackedExpert: return takesAll && tensor.shape.count == 3 ? .usual : .plain(reason: expertReason)
        case .norm: return .plain(reason: "norm")
        case .bias: return .plain(reason: "bias")
        case .other: return .plain(reason: isMatrix ? "no linear layer" : "no matrix")
        }
    }
}
