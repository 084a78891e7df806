import Bytes

@testable import Planner

/// The models of the worked examples, as their config.json has them.
enum PlannedModels {
    static let gpt2 =
        #"{"model_type":"gpt2","n_layer":12,"n_embd":768,"n_head":12,"vocab_size":50257,"n_positions":1024}"#
    static let bert = """
        {"model_type":"bert","num_hidden_layers":12,"hidden_size":768,"num_attention_heads":12,
         "intermediate_size":3072,"vocab_size":30522,"max_position_embeddings":512,"type_vocab_size":2}
        """
    static let distilbert = """
        {"model_type":"distilbert","n_layers":6,"dim":768,"n_heads":12,"hidden_dim":3072,"vocab_size":30522,
         "max_position_embeddings":512}
        """
    static let llama7B = llama(layers: 32, hidden: 4096, heads: 32, keyValueHeads: 32, width: 11_008)
    static let llama13B = llama(layers: 40, hidden: 5120, heads: 40, keyValueHeads: 40, width: 13_824)
    static let llama70B = llama(layers: 80, hidden: 8192, heads: 64, keyValueHeads: 8, width: 28_672)
    static let llama3 = llama(
        layers: 32, hidden: 4096, heads: 32, keyValueHeads: 8, width: 14_336, vocabulary: 128_256)

    /// Mixtral-8x7B.
    static let mixtral = """
        {"model_type":"mixtral","num_hidden_layers":32,"hidden_size":4096,"num_attention_heads":32,
         "num_key_value_heads":8,"intermediate_size":14336,"vocab_size":32000,"num_local_experts":8,
         "num_experts_per_tok":2}
        """

    static func llama(
        layers: Int, hidden: Int, heads: Int, keyValueHeads: Int, width: Int, vocabulary: Int = 32_000,
        more: String = ""
    ) -> String {
        """
        {"model_type":"llama","num_hidden_layers":\(layers),"hidden_size":\(hidden),"num_attention_heads":\(heads),
         "num_key_value_heads":\(keyValueHeads),"intermediate_size":\(width),"vocab_size":\(vocabulary)\(more)}
        """
    }

    /// The shape of a config.json.
    static func shape(_ config: String) throws -> ModelShape {
        let shape = try ModelShape(config: try JSONValue(parsing: Array(config.utf8)))
        guard let shape else { throw PlanError("no formula", remedy: "Correct the test") }
        return shape
    }

    /// A GPT as papers have it: an MLP of 4h, heads of h/a.
    static func gpt(layers: Int, hidden: Int, heads: Int, vocabulary: Int = 51_200, positions: Int = 2048) throws
        -> ModelShape
    {
        try shape(
            """
            {"model_type":"gpt2","n_layer":\(layers),"n_embd":\(hidden),"n_head":\(heads),"vocab_size":\(vocabulary),
             "n_positions":\(positions)}
            """)
    }
}

/// A number to so many digits behind the point, as tables print it.
func printed(_ value: Double, _ digits: Int) -> Double {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return (value * scale).rounded() / scale
}

let gigabyte = 1e9
let gibibyte = Double(1 << 30)
