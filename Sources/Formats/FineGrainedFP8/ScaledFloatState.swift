package import Numbers

/// How a matrix of small floats with scales is held outside compressed-tensors and MLX: `w = value * scale`, a product
/// in float32 that is rounded to the model's dtype.
package struct ScaledFloatState: QuantizedEncoding {
    /// F8_E4M3, F8_E5M2, or F4 with two codes a byte, the first one in the low half.
    package let element: DType
    package let granularity: ScaleGranularity
    /// Whether the scales are F8_E4M3 numbers times a second scale (NVFP4 of ModelOpt).
    package let hasSecondScale: Bool

    package init(element: DType, granularity: ScaleGranularity, hasSecondScale: Bool) {
        self.element = element
        self.granularity = granularity
        self.hasSecondScale = hasSecondScale
    }

    package var bits: Int { element.bitCount }
    package var groupSize: Int? { granularity.groupSize }

    package var scheme: String {
        if hasSecondScale { return "modelopt-nvfp4" }
        let name =
            switch element {
            case .F4: "fp4"
            case .F8_E5M2: "fp8e5m2"
            default: "fp8"
            }
        if case .block(let rows, let columns) = granularity, rows == columns { return "\(name)-block\(rows)" }
        return "\(name)-\(granularity.id)"
    }

    package var summary: String {
        hasSecondScale
            ? "ModelOpt NVFP4 4-bit, \(granularity.words)"
            : "\(element == .F4 ? "FP4" : element == .F8_E5M2 ? "FP8 E5M2" : "FP8"), \(granularity.words)"
    }
}
