package import Bytes
package import Tensors

extension TensorScheme {
    /// What makes a matrix's bytes in this scheme.
    package func encoder(_ settings: QuantizeSettings, kernels: Kernels) throws(FormatError) -> any MatrixEncoder {
        let quality = settings.quality
        switch self {
        case .fourBit(let scheme): return FourBitEncoder(scheme: scheme, quality: quality, kernels: kernels)
        case .int8Rows: return Int8RowsEncoder(quality: quality, kernels: kernels)
        case .blocks(let type):
            return try BlockEncoder(type: type, quality: quality, rule: settings.scaleRule ?? .floor, kernels: kernels)
        case .mlx(let state):
            return MLXEncoder(state, quality: quality, rule: settings.scaleRule ?? .ceil, kernels: kernels)
        case .gptq(let state): return GPTQEncoder(state, quality: quality, kernels: kernels)
        case .awq(let state): return AWQEncoder(state, quality: quality, kernels: kernels)
        case .compressedTensors(let state):
            return CompressedTensorsEncoder(
                state, quality: quality, rule: settings.scaleRule ?? .bump, kernels: kernels)
        case .scaledFloat(let state): return ScaledFloatEncoder(state, quality: quality, kernels: kernels)
        }
    }
}
