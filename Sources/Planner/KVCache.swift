/// What cached keys and values take.
package struct KVCache: Equatable, Sendable {
    /// How a number of the cache is stored.
    package enum Element: String, CaseIterable, Sendable {
        case f32, bf16, f16, fp8, q8_0, q4_0

        /// Bytes of one number.
        package var bytes: Ratio {
            switch self {
            case .f32: 4
            case .bf16, .f16: 2
            case .fp8: 1
            case .q8_0: Ratio(34, over: 32)
            case .q4_0: Ratio(18, over: 32)
            }
        }
    }

    package var layers: Int
    package var keyValueHeads: Int
    package var headSize: Int
    package var element: Element
    /// Tokens that windowed layers keep, and how many layers are windowed.
    package var window: Int?
    package var windowedLayers = 0
    /// kv_lora_rank + qk_rope_head_dim of latent attention, which keeps that and no heads.
    package var latentWidth: Int?
    /// Tokens of a page; 1 when the cache grows token by token.
    package var page = 1
    /// Over how many devices tensor parallelism spreads the heads.
    package var ranks = 1

    package init(layers: Int, keyValueHeads: Int, headSize: Int, element: Element = .bf16) {
        self.layers = layers
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.element = element
    }

    /// The cache of a decoder.
    package init(_ shape: ModelShape, element: Element) {
        self.init(
            layers: shape.layers, keyValueHeads: shape.keyValueHeads, headSize: shape.headSize, element: element)
        window = shape.window
        windowedLayers = shape.windowedLayers
    }

    /// Bytes that one layer keeps of one token.
    private var bytesOfLayer: Count {
        let numbers = latentWidth.map { Count($0) } ?? 2 * Count(keyValueHeads) * Count(headSize)
        let divided = latentWidth == nil ? numbers.shared(by: min(ranks, keyValueHeads)) : numbers
        return element.bytes * divided
    }

    /// Bytes of a token in all layers, as long as no window is full.
    package func byteCountOfToken() throws(PlanError) -> ByteFigure {
        let formula = latentWidth == nil ? "2·L·k·d·bytes" : "L·(kv_lora_rank + qk_rope_head_dim)·bytes"
        return try ByteFigure(
            bytesOfLayer * Count(layers), .exact, formula + (ranks > 1 ? " / min(t, k)" : ""))
    }

    /// Tokens that take up room in a layer: whole pages.
    package func paged(_ tokens: Int) -> Int { (tokens + page - 1) / page * page }

    /// Bytes of `batch` sequences of `context` tokens.
    package func byteCount(context: Int, batch: Int) throws(PlanError) -> ByteFigure {
        _ = try PlanError.positive(context, "context")
        _ = try PlanError.positive(batch, "batch")
        let full = Count(layers - windowedLayers) * Count(paged(context))
        let windowed = Count(windowedLayers) * Count(paged(min(context, window ?? context)))
        var formula = "2·L·k·d·bytes·s·b"
        if let window, windowedLayers > 0 {
            formula = "2·k·d·bytes·b·(\(layers - windowedLayers)·s + \(windowedLayers)·min(s, \(window)))"
        } else if latentWidth != nil {
            formula = "L·(kv_lora_rank + qk_rope_head_dim)·bytes·s·b"
        }
        if ranks > 1, latentWidth == nil { formula += " / min(t, k)" }
        return try ByteFigure(bytesOfLayer * (full + windowed) * Count(batch), .exact, formula)
    }

    /// Bytes when only the first tokens and the latest are kept.
    package func byteCount(context: Int, sinks: Int, recent: Int) throws(PlanError) -> ByteFigure {
        try byteCount(context: min(context, sinks + recent), batch: 1)
    }

    /// Bytes of the keys and values of a source text, which a decoder's cross attention reads.
    package func crossByteCount(sourceTokens: Int) throws(PlanError) -> ByteFigure {
        let bytes = element.bytes * (2 * Count(layers) * Count(keyValueHeads) * Count(headSize) * Count(sourceTokens))
        return try ByteFigure(bytes, .exact, "2·L_dec·k·d·bytes·source")
    }

    /// How many sequences of `context` tokens fit into `room` bytes.
    package func sequences(in room: Int, context: Int) throws(PlanError) -> Int {
        max(0, room) / max(1, try byteCount(context: context, batch: 1).byteCount)
    }
}
