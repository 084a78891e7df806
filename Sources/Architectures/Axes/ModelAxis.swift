/// A direction in which a model has a size, and can be made smaller: an index of it belongs to the same place of many
/// tensors, and goes from all of them or from none.
package enum ModelAxis: String, CaseIterable, Hashable, Sendable {
    /// The channels of the residual stream.
    case hidden
    /// The channels between the matrices of an MLP.
    case mlp = "ff"
    /// The same of experts, in the families that give them a size of their own.
    case expertMLP = "moe_ff"
    /// The same of the expert that every token goes through.
    case sharedMLP = "shared_ff"
    /// Heads of the queries.
    case heads
    /// Heads of keys and values; several query heads share one where queries are grouped.
    case keyValueHeads = "kv_heads"
    case experts
    case vocabulary = "vocab"

    /// Whether each layer has indices of its own, so that other ones may go from each.
    package var isOfLayer: Bool { self != .hidden && self != .vocabulary }

    /// What a person calls its indices.
    package var noun: String {
        switch self {
        case .hidden: "hidden channels"
        case .mlp: "MLP channels"
        case .expertMLP: "MLP channels of an expert"
        case .sharedMLP: "MLP channels of the shared expert"
        case .heads: "attention heads"
        case .keyValueHeads: "key and value heads"
        case .experts: "experts"
        case .vocabulary: "tokens"
        }
    }
}

/// A part of one dimension of a tensor: `count` indices of an axis, each of which is `unit` neighboring elements.
package struct AxisSegment: Hashable, Sendable {
    /// Nil for elements that no axis speaks of: they all stay.
    package let axis: ModelAxis?
    package let count: Int
    package let unit: Int

    package init(_ axis: ModelAxis?, count: Int, unit: Int) {
        self.axis = axis
        self.count = count
        self.unit = unit
    }

    package var elementCount: Int { count * unit }
}

/// Which indices of an axis are meant: those of one layer, and of one expert, where each has its own.
package struct AxisPlace: Hashable, Sendable {
    package let axis: ModelAxis
    package let layer: Int?
    package let expert: Int?

    package init(_ axis: ModelAxis, layer: Int? = nil, expert: Int? = nil) {
        self.axis = axis
        self.layer = axis.isOfLayer ? layer : nil
        self.expert = axis == .mlp || axis == .expertMLP ? expert : nil
    }
}
