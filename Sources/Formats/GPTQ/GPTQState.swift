import Bytes

/// How a GPTQ matrix is held.
///
/// `w[o, i] = scales[g_idx[i], o] * (q[i, o] - z[g_idx[i], o])`. The product is exact in float32; rounded to F16 it is
/// what AutoGPTQ and GPTQModel compute.
package struct GPTQState: QuantizedEncoding {
    /// How zero points are stored.
    package enum Version: Int, Sendable {
        /// The zero point less one (AutoGPTQ).
        case v1 = 1
        /// The zero point itself (`gptq_v2` of GPTQModel).
        case v2 = 2
    }

    /// 2, 3, 4 or 8.
    package let bits: Int
    /// Columns that share a scale; nil when a whole row does.
    package let groupSize: Int?
    package let version: Version
    /// Whether all zero points are in the middle of the codes; nil when the configuration does not say.
    package let isSymmetric: Bool?
    /// Whether the group of a column is not its place divided by the group size.
    package let hasActOrder: Bool

    package init(bits: Int, groupSize: Int?, version: Version, isSymmetric: Bool?, hasActOrder: Bool) {
        self.bits = bits
        self.groupSize = groupSize
        self.version = version
        self.isSymmetric = isSymmetric
        self.hasActOrder = hasActOrder
    }

    package var scheme: String {
        "gptq-\(bits)-g\(groupSize.map(String.init) ?? "channel")\(hasActOrder ? "-actorder" : "")"
            + (version == .v2 ? "-v2" : "")
    }

    package var summary: String {
        var words = ["GPTQ \(bits)-bit", groupSize.map { "group \($0)" } ?? "one scale a row"]
        if hasActOrder { words.append("act-order") }
        if let isSymmetric { words.append(isSymmetric ? "symmetric" : "asymmetric") }
        return (words + ["v\(version.rawValue)"]).joined(separator: ", ")
    }
}

/// What the configuration says of GPTQ matrices.
///
/// Source: GPTQModel 7, `quantization/config.py`; transformers 5.23.0, `utils/quantization_config.py`, `GPTQConfig`.
struct GPTQConfig {
    let bits: Int?
    /// Nil when it is not said, -1 when a row is one group.
    let groupSize: Int?
    let isSymmetric: Bool?
    /// The layout's name; nil means `gptq`.
    let format: String?
    /// Whether some modules are held in another way, which their shapes tell.
    let hasDynamicRules: Bool

    init(_ object: JSONValue?) throws(FormatError) {
        bits = try QuantizationConfig.integer("bits", in: object)
        if let bits, !QWeightTensors.gptqBits.contains(bits) {
            throw .disagreement("the configuration says 'bits': \(bits); GPTQ has 2, 3, 4 or 8")
        }
        groupSize = try QuantizationConfig.groupSize("group_size", in: object)
        isSymmetric = object?["sym"]?.boolValue
        format = (object?["checkpoint_format"] ?? object?["format"])?.stringValue?.lowercased()
        hasDynamicRules = object?["dynamic"]?.objectValue?.members.isEmpty == false
    }

    /// The version of the layout; nil for a layout that is not read.
    var version: GPTQState.Version? {
        switch format {
        case nil, "gptq": .v1
        case "gptq_v2": .v2
        default: nil
        }
    }
}
