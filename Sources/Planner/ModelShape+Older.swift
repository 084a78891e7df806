extension ModelShape {
    /// GPT-2, by transformers' `GPT2Model`: matrices are stored as [in, out].
    var gpt2Tensors: [ModelTensor] {
        var list = TensorList()
        list.add("transformer.wte.weight", .embedding, vocabulary, hidden)
        list.add("transformer.wpe.weight", .embedding, positions, hidden)
        list.enter("transformer.h.*.", layers: 0..<layers)
        list.addLayerNorm("ln_1", hidden)
        list.add("attn.c_attn.weight", .attention, hidden, 3 * hidden)
        list.add("attn.c_attn.bias", .bias, 3 * hidden)
        list.add("attn.c_proj.weight", .attention, hidden, hidden)
        list.add("attn.c_proj.bias", .bias, hidden)
        list.addLayerNorm("ln_2", hidden)
        list.add("mlp.c_fc.weight", .mlp, hidden, feedForward)
        list.add("mlp.c_fc.bias", .bias, feedForward)
        list.add("mlp.c_proj.weight", .mlp, feedForward, hidden)
        list.add("mlp.c_proj.bias", .bias, hidden)
        list.enter("transformer.", layers: nil)
        list.addLayerNorm("ln_f", hidden)
        return list.tensors
    }

    /// BERT and DistilBERT, by transformers' `BertModel` and `DistilBertModel`.
    var bertTensors: [ModelTensor] {
        let isDistilled = family == "distilbert"
        let model = isDistilled ? "distilbert." : "bert."
        var list = TensorList()
        list.enter(model + "embeddings.", layers: nil)
        list.add("word_embeddings.weight", .embedding, vocabulary, hidden)
        list.add("position_embeddings.weight", .embedding, positions, hidden)
        if tokenTypes > 0 { list.add("token_type_embeddings.weight", .embedding, tokenTypes, hidden) }
        list.addLayerNorm("LayerNorm", hidden)
        list.enter(model + (isDistilled ? "transformer.layer.*." : "encoder.layer.*."), layers: 0..<layers)
        let names =
            isDistilled
            ? ["attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin"]
            : ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]
        for name in names { list.addLinear(name, .attention, out: hidden, in: hidden) }
        list.addLayerNorm(isDistilled ? "sa_layer_norm" : "attention.output.LayerNorm", hidden)
        list.addLinear(isDistilled ? "ffn.lin1" : "intermediate.dense", .mlp, out: feedForward, in: hidden)
        list.addLinear(isDistilled ? "ffn.lin2" : "output.dense", .mlp, out: hidden, in: feedForward)
        list.addLayerNorm(isDistilled ? "output_layer_norm" : "output.LayerNorm", hidden)
        if hasPooler {
            list.enter(model + "pooler.", layers: nil)
            list.addLinear("dense", .head, out: hidden, in: hidden)
        }
        return list.tensors
    }
}
