import Architectures
import Formats

extension TensorScheme {
    /// What transformers does wrong with experts in this scheme; nil where it loads them as they are.
    ///
    /// It folds a layer's experts into one parameter as it loads them. Its decoder of compressed-tensors takes no such
    /// tensor with zero points, bytes, or scales of blocks, and leaves out the second scale of NVFP4. Source: measured
    /// with transformers 5.23.0 and compressed-tensors 0.20.0, which decodes each expert by itself, as vLLM does.
    var faultOfExperts: String? {
        guard case .compressedTensors(let state) = self else { return nil }
        switch (state.layout, state.granularity) {
        case (.packed, _) where !state.isSymmetric: return "does not load"
        case (.integers, _), (.floats, .block), (.mxfp8, _): return "does not load"
        case (.nvfp4, _): return "wrongly decodes"
        default: return nil
        }
    }
}

extension RecipeSelection {
    /// Says which experts transformers does not load as they are meant.
    static func notesOnExperts(_ tensors: [SelectionTensor], _ decisions: [Decision]) -> [String] {
        let schemes = Set(
            zip(tensors, decisions).compactMap { tensor, decision -> TensorScheme? in
                guard case .quantize(let scheme) = decision, tensor.role == .expert || tensor.role == .stackedExpert
                else { return nil }
                return scheme
            })
        return schemes.sorted { $0.id < $1.id }.compactMap { scheme in
            scheme.faultOfExperts.map {
                "transformers 5.23 \($0) experts in \(scheme.id); vLLM and compressed-tensors decode them"
            }
        }
    }
}
