import Bytes

/// The schemes that a compressed-tensors configuration has for weights.
///
/// Which module has which scheme is told there by class names and regular expressions; here the shapes of a module's
/// tensors choose among the schemes. Source: compressed-tensors 0.20.0, `quantization/quant_config.py`, `quant_args.py`
/// and `quant_scheme.py`.
struct CompressedTensorsConfig {
    struct Weights: Equatable {
        var bits: Int?
        /// Nil when it is not said.
        var isFloat: Bool?
        var groupSize: Int?
        var block: (rows: Int, columns: Int)?
        var isSymmetric: Bool?

        static func == (left: Self, right: Self) -> Bool {
            left.bits == right.bits && left.isFloat == right.isFloat && left.groupSize == right.groupSize
                && left.block?.rows == right.block?.rows && left.block?.columns == right.block?.columns
                && left.isSymmetric == right.isSymmetric
        }
    }

    /// Empty when the configuration says nothing of weights.
    let groups: [Weights]

    init(_ object: JSONValue?) throws(FormatError) {
        var groups: [Weights] = []
        for (name, value) in object?["config_groups"]?.objectValue?.members ?? [] {
            if let weights = value["weights"], weights.objectValue != nil {
                groups.append(try Self.weights(weights))
            } else if value.arrayValue != nil, let preset = Self.preset(name) {
                groups.append(preset)
            }
        }
        self.groups = groups
    }

    private static func weights(_ object: JSONValue) throws(FormatError) -> Weights {
        let bits = try QuantizationConfig.integer("num_bits", in: object)
        if let bits, !(1...8).contains(bits) {
            throw .disagreement("the configuration says 'num_bits': \(bits); codes have 1 to 8")
        }
        var weights = Weights(
            bits: bits, isFloat: object["type"]?.stringValue.map { $0 == "float" },
            groupSize: try QuantizationConfig.groupSize("group_size", in: object),
            isSymmetric: object["symmetric"]?.boolValue)
        if weights.groupSize == -1 { weights.groupSize = nil }
        weights.block = try ScaledFloatTensors.block(object["block_structure"])
        return weights
    }

    /// The weights of a preset, as far as their shapes do not tell: `W4A16`, `FP8_BLOCK`, `NVFP4` …
    private static func preset(_ name: String) -> Weights? {
        let name = name.uppercased()
        if name.hasPrefix("W"), let digit = name.dropFirst().first, let bits = digit.wholeNumberValue {
            return Weights(bits: bits, isFloat: false)
        }
        if name == "INT8" { return Weights(bits: 8, isFloat: false) }
        if name.hasPrefix("FP8") || name.hasPrefix("MXFP8") { return Weights(bits: 8, isFloat: true) }
        if name.hasPrefix("NVFP4") || name.hasPrefix("MXFP4") { return Weights(bits: 4, isFloat: true) }
        return nil
    }

    /// The bits that the configuration allows for integers; nil when it names none.
    var integerBits: [Int]? {
        let bits = groups.filter { $0.isFloat != true }.compactMap(\.bits)
        return bits.isEmpty ? nil : bits
    }

    /// - Throws: `FormatError` when the configuration has schemes, and none is what was found.
    func check(_ found: CompressedTensorsState, _ shapes: String) throws(FormatError) {
        let isFloat: Bool
        switch found.layout {
        case .packed, .integers: isFloat = false
        default: isFloat = true
        }
        let fits = groups.contains { group in
            (group.bits ?? found.bits) == found.bits && (group.isFloat ?? isFloat) == isFloat
                && (found.groupSize == nil || (group.groupSize ?? found.groupSize) == found.groupSize)
                && (isFloat || (group.isSymmetric ?? found.isSymmetric) == found.isSymmetric)
        }
        guard groups.isEmpty || fits else {
            throw .disagreement("the configuration has no scheme that is \(found.summary), as \(shapes) are")
        }
    }
}
