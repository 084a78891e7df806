import Bytes

/// How an AWQ matrix is held. `w[o, i] = scales[i / g, o] * (q[i, o] - z[i / g, o])`, in F16.
package struct AWQState: QuantizedEncoding {
    /// Which way the words run.
    package enum Layout: String, Sendable {
        /// Along the outputs, whose order in a word is 0, 2, 4, 6, 1, 3, 5, 7.
        case gemm
        /// Along the inputs, in their order.
        case gemv
    }

    package let layout: Layout
    /// Inputs that share a scale; nil when all do.
    package let groupSize: Int?
    /// Whether zero points are stored; else each is 8.
    package let hasZeroPoints: Bool

    package init(layout: Layout, groupSize: Int?, hasZeroPoints: Bool) {
        self.layout = layout
        self.groupSize = groupSize
        self.hasZeroPoints = hasZeroPoints
    }

    package var bits: Int { 4 }

    package var scheme: String {
        "awq-4-g\(groupSize.map(String.init) ?? "channel")\(layout == .gemm ? "" : "-gemv")"
    }

    package var summary: String {
        let group = groupSize.map { "group \($0)" } ?? "one scale a row"
        return "AWQ 4-bit, \(group), \(hasZeroPoints ? "asymmetric" : "symmetric"), \(layout.rawValue)"
    }
}

/// What the configuration says of AWQ matrices.
///
/// Source: AutoAWQ 0.2.9, `models/_config.py`, in its own and in transformers' words.
struct AWQConfig {
    /// The layout's name, in lower case.
    let version: String
    /// Nil when it is not said, -1 when a row is one group.
    let groupSize: Int?

    init(_ object: JSONValue?) throws(FormatError) {
        let bits = try QuantizationConfig.integer("bits", "w_bit", in: object)
        if let bits, bits != 4 { throw .disagreement("the configuration says \(bits) bits; AWQ has 4") }
        groupSize = try QuantizationConfig.groupSize("group_size", "q_group_size", in: object)
        let name = (object?["version"] ?? object?["format"])?.stringValue?.lowercased() ?? "gemm"
        version = object?["backend"]?.stringValue == "llm-awq" ? "llm-awq" : name
    }

    /// Nil for a layout that is not read.
    var layout: AWQState.Layout? { AWQState.Layout(rawValue: version) }
}
