/// The sizes of a transformer, checked: everything that the formulas need to know of a model.
package struct ModelShape: Equatable, Sendable {
    /// How a block is built.
    package enum Style: String, Sendable {
        /// RMSNorm, rotary positions and a gated MLP: Llama and its relatives.
        case llama
        /// LayerNorm, learned positions, an MLP of two matrices, one head that is the embedding.
        case gpt2
        /// An encoder with LayerNorm behind each part.
        case bert
    }

    /// The experts of a block, where it has some.
    package struct Experts: Equatable, Sendable {
        package var count: Int
        /// Experts that one token goes through.
        package var active: Int
        package var feedForward: Int
        /// The width of the expert that every token goes through; 0 without one.
        package var sharedFeedForward = 0
        /// Blocks that have a plain MLP in their place.
        package var denseLayers = 0

        package init(count: Int, active: Int, feedForward: Int) {
            self.count = count
            self.active = active
            self.feedForward = feedForward
        }
    }

    /// `model_type` of config.json.
    package var family: String
    package var style: Style
    /// L
    package var layers: Int
    /// h
    package var hidden: Int
    /// a
    package var heads: Int
    /// k
    package var keyValueHeads: Int
    /// d
    package var headSize: Int
    /// f
    package var feedForward: Int
    /// v
    package var vocabulary: Int
    /// The longest sequence; 0 where config.json does not tell.
    package var positions = 0
    package var tokenTypes = 0
    package var tiesHead = false
    package var hasQueryBias = false
    package var hasOutputBias = false
    package var hasMLPBias = false
    /// Whether queries and keys are normalized head by head.
    package var hasHeadNorms = false
    package var normsPerBlock = 2
    /// Whether query, key and value are one matrix, and gate and up another.
    package var isFused = false
    package var hasPooler = false
    package var experts: Experts?
    /// Tokens that windowed layers look back; nil when every layer sees all.
    package var window: Int?
    package var windowedLayers = 0

    package init(
        family: String, style: Style, layers: Int, hidden: Int, heads: Int, keyValueHeads: Int, headSize: Int,
        feedForward: Int, vocabulary: Int
    ) {
        self.family = family
        self.style = style
        self.layers = layers
        self.hidden = hidden
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.feedForward = feedForward
        self.vocabulary = vocabulary
    }

    /// The outputs of all query heads: a·d.
    package var queryWidth: Int { heads * headSize }
    /// The outputs of all key heads: k·d.
    package var keyValueWidth: Int { keyValueHeads * headSize }
    /// Whether a new token looks at cached keys and values.
    package var hasCache: Bool { style != .bert }
}
