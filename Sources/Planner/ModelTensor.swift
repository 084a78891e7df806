/// A tensor that a model of a shape has, and how often.
package struct ModelTensor: Equatable, Sendable {
    /// What the tensor does; formulas count by it.
    package enum Part: String, Sendable {
        /// Looked up by token, position or type.
        case embedding
        case attention, mlp, expert, sharedExpert, router
        /// Logits of tokens.
        case head
        case norm, bias
    }

    /// Its name in a checkpoint; the first `*` stands for the layer, the second for the expert.
    package let name: String
    package let part: Part
    /// Outermost dimension first, as it is stored.
    package let shape: [Int]
    /// The layers that have it; nil for what stands before or behind the layers.
    package var layers: Range<Int>?
    /// Experts of a layer that have it; 1 for what is no expert's.
    package var experts = 1

    /// Its elements.
    package var elementCount: Count { shape.reduce(Count(1)) { $0 * Count($1) } }
    /// How many tensors of the shape there are.
    package var copies: Int { (layers?.count ?? 1) * experts }
    /// The elements of all of them.
    package var totalCount: Count { elementCount * Count(copies) }

    /// Whether a token is multiplied by it.
    package var isMatrix: Bool {
        switch part {
        case .attention, .mlp, .expert, .sharedExpert, .router, .head: true
        case .embedding, .norm, .bias: false
        }
    }

    /// The name of one of them.
    package func name(layer: Int, expert: Int = 0) -> String {
        var numbers = [layer, expert].makeIterator()
        return String(name.map { $0 == "*" ? String(numbers.next() ?? 0) : String($0) }.joined())
    }
}

extension ModelShape {
    /// Every tensor of the model, as transformers names them; a tied head is none.
    package var tensors: [ModelTensor] {
        switch style {
        case .llama: llamaTensors
        case .gpt2: gpt2Tensors
        case .bert: bertTensors
        }
    }

    /// The tensors of the blocks alone.
    package var blockTensors: [ModelTensor] { tensors.filter { $0.layers != nil } }
}

/// Collects the tensors of one kind of block.
struct TensorList {
    private(set) var tensors: [ModelTensor] = []
    private var layers: Range<Int>?
    private var prefix = ""
    private var experts = 1

    /// The next tensors stand in these layers, under this path.
    mutating func enter(_ prefix: String, layers: Range<Int>?, experts: Int = 1) {
        self.prefix = prefix
        self.layers = layers
        self.experts = experts
    }

    mutating func add(_ name: String, _ part: ModelTensor.Part, _ shape: Int...) {
        if let layers, layers.isEmpty { return }
        tensors.append(
            ModelTensor(name: prefix + name, part: part, shape: shape, layers: layers, experts: experts))
    }

    /// A matrix [out, in] and its bias.
    mutating func addLinear(_ name: String, _ part: ModelTensor.Part, out: Int, in input: Int, hasBias: Bool = true) {
        add("\(name).weight", part, out, input)
        if hasBias { add("\(name).bias", .bias, out) }
    }

    /// A LayerNorm: weight and bias.
    mutating func addLayerNorm(_ name: String, _ width: Int) {
        add("\(name).weight", .norm, width)
        add("\(name).bias", .norm, width)
    }
}
