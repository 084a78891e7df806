import Bytes
import Formats
package import Numbers
package import Tensors

/// A matrix in a 4-bit scheme of bitsandbytes, as the tensors that its file will hold.
package struct FourBitTensor: Sendable {
    /// One tensor of the file.
    package struct Part: Sendable {
        /// What follows the matrix's own name; empty for the codes.
        package let suffix: String
        /// The part it plays: `codes`, `absmax`, `quant_map` …
        package let role: String
        package let dtype: DType
        package let shape: [Int]
        package let bytes: [UInt8]
    }

    package let parts: [Part]
    /// The layer's shape, [out, in].
    package let shape: [Int]
    /// The error against the source, decoded as the library decodes; nil until it is measured.
    package let errors: ErrorSums?
    /// The nested scales' offset; nil for plain scales.
    package let nestedOffset: Float?

    init(
        scheme: FourBitScheme, dtype: DType, shape: [Int], codes: [UInt8], absmax: [Float], nested: NestedAbsmax?,
        errors: ErrorSums?
    ) {
        self.shape = shape
        self.errors = errors
        nestedOffset = nested?.offset
        var parts = [Part(suffix: "", role: "codes", dtype: .U8, shape: [codes.count, 1], bytes: codes)]
        func add(_ suffix: String, _ dtype: DType, _ shape: [Int], _ bytes: [UInt8], role: String? = nil) {
            parts.append(Part(suffix: "." + suffix, role: role ?? suffix, dtype: dtype, shape: shape, bytes: bytes))
        }
        if let nested {
            add("absmax", .U8, [nested.codes.count], nested.codes)
            add("nested_absmax", .F32, [nested.scales.count], LittleEndianFloats.encode(nested.scales))
            add("nested_quant_map", .F32, [DynamicMap.values.count], LittleEndianFloats.encode(DynamicMap.values))
        } else {
            add("absmax", .F32, [absmax.count], LittleEndianFloats.encode(absmax))
        }
        add("quant_map", .F32, [16], LittleEndianFloats.encode(scheme.type.values))
        let state = BitsAndBytesQuantState(
            type: scheme.type, blockSize: scheme.blockSize, dtype: dtype, shape: shape, nestedOffset: nested?.offset)
        let text = Array(state.text.utf8)
        add("quant_state.bitsandbytes__" + scheme.type.rawValue, .U8, [text.count], text, role: "quant_state")
        self.parts = parts
    }
}
