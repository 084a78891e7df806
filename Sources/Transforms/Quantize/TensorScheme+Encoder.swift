package import Bytes
package import Tensors

extension TensorScheme {
    /// What makes a matrix's bytes in this scheme.
    package func encoder(_ settings: QuantizeSettings, kernels: Kernels) throws(FormatError) -> any MatrixEncoder {
        switch self {
        case .fourBit(let scheme): return FourBitEncoder(scheme: scheme, kernels: kernels)
        case .blocks(let type):
            return try BlockEncoder(
                type: type, quality: settings.quality, rule: settings.scaleRule ?? .floor, kernels: kernels)
        default: throw FormatError(.unsupported, "no encoder", remedy: "Wait")
        }
    }
}
