/// One tensor of a checkpoint, and to what the elements of each of its dimensions belong.
package struct TensorAxes: Equatable, Sendable {
    /// What a cut does to the numbers that stay.
    package enum Part: Equatable, Sendable {
        /// The scale of a norm over the hidden channels; the model uses it with `addend` added.
        case norm(addend: Float)
        /// The table of tokens.
        case embedding
        /// The matrix of logits.
        case outputHead
        /// A tensor of another part of the model, such as one for images.
        case foreign
        case other
    }

    /// The checkpoint's own name for it.
    package let name: String
    package let layer: Int?
    /// The expert that the tensor belongs to; nil for one of none, and for a stack of them.
    package let expert: Int?
    package let part: Part
    /// Outermost first, as the checkpoint has them; each is cut into segments.
    package let dimensions: [[AxisSegment]]

    /// Whether its matrices are stored as [in, out], as GPT-2's are; else as [out, in].
    package let isInputMajor: Bool

    /// The sizes.
    package var shape: [Int] { dimensions.map { $0.reduce(0) { $0 + $1.elementCount } } }

    /// The axes that its elements belong to.
    package var axes: Set<ModelAxis> { Set(dimensions.joined().compactMap(\.axis)) }

    /// Whether it holds the matrices of all experts, the expert's index being the first.
    package var isStack: Bool { dimensions.count == 3 && dimensions[0].first?.axis == .experts }

    /// Where the indices of an axis are counted, of a stack in one of its matrices.
    package func place(of axis: ModelAxis, expert: Int? = nil) -> AxisPlace {
        AxisPlace(axis, layer: layer, expert: self.expert ?? expert)
    }

}

extension String {
    /// A tensor's name with other numbers for its layer and its expert, where it has them.
    package func renumbered(layer: Int?, expert: Int? = nil) -> String {
        let name = NumberedName(self)
        var numbers = name.numbers
        if let layer, !numbers.isEmpty { numbers[0] = layer }
        if let expert, numbers.count > 1 { numbers[1] = expert }
        return NumberedName(pattern: name.pattern, numbers: numbers).text
    }
}
