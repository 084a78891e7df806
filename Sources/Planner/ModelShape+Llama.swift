extension ModelShape {
    /// Llama's relatives, by transformers' modeling files: `LlamaModel`, `Phi3Model`, `Gemma2Model`, `MixtralModel` ….
    var llamaTensors: [ModelTensor] {
        var list = TensorList()
        list.add("model.embed_tokens.weight", .embedding, vocabulary, hidden)
        addAttention(to: &list)
        addNorms(to: &list)
        addMLP(to: &list)
        list.enter("", layers: nil)
        list.add("model.norm.weight", .norm, hidden)
        if !tiesHead { list.add("lm_head.weight", .head, vocabulary, hidden) }
        return list.tensors
    }

    private func addAttention(to list: inout TensorList) {
        list.enter("model.layers.*.self_attn.", layers: 0..<layers)
        if isFused {
            list.addLinear(
                "qkv_proj", .attention, out: queryWidth + 2 * keyValueWidth, in: hidden, hasBias: hasQueryBias)
        } else {
            list.addLinear("q_proj", .attention, out: queryWidth, in: hidden, hasBias: hasQueryBias)
            list.addLinear("k_proj", .attention, out: keyValueWidth, in: hidden, hasBias: hasQueryBias)
            list.addLinear("v_proj", .attention, out: keyValueWidth, in: hidden, hasBias: hasQueryBias)
        }
        list.addLinear("o_proj", .attention, out: hidden, in: queryWidth, hasBias: hasOutputBias)
        if hasHeadNorms {
            list.add("q_norm.weight", .norm, headSize)
            list.add("k_norm.weight", .norm, headSize)
        }
    }

    private func addNorms(to list: inout TensorList) {
        list.enter("model.layers.*.", layers: 0..<layers)
        list.add("input_layernorm.weight", .norm, hidden)
        list.add("post_attention_layernorm.weight", .norm, hidden)
        if normsPerBlock == 4 {
            list.add("pre_feedforward_layernorm.weight", .norm, hidden)
            list.add("post_feedforward_layernorm.weight", .norm, hidden)
        }
    }

    private func addMLP(to list: inout TensorList) {
        guard let experts else { return addPlainMLP(to: &list, layers: 0..<layers) }
        let sparse = 0..<(layers - experts.denseLayers)
        let isMixtral = family == "mixtral"
        let module = "model.layers.*." + (isMixtral ? "block_sparse_moe." : "mlp.")
        list.enter(module, layers: sparse)
        list.add("gate.weight", .router, experts.count, hidden)
        list.enter(module + "experts.*.", layers: sparse, experts: experts.count)
        let names = isMixtral ? ["w1", "w3", "w2"] : ["gate_proj", "up_proj", "down_proj"]
        list.add(names[0] + ".weight", .expert, experts.feedForward, hidden)
        list.add(names[1] + ".weight", .expert, experts.feedForward, hidden)
        list.add(names[2] + ".weight", .expert, hidden, experts.feedForward)
        if experts.sharedFeedForward > 0 {
            list.enter(module, layers: sparse)
            list.add("shared_expert.gate_proj.weight", .sharedExpert, experts.sharedFeedForward, hidden)
            list.add("shared_expert.up_proj.weight", .sharedExpert, experts.sharedFeedForward, hidden)
            list.add("shared_expert.down_proj.weight", .sharedExpert, hidden, experts.sharedFeedForward)
            list.add("shared_expert_gate.weight", .router, 1, hidden)
        }
        addPlainMLP(to: &list, layers: sparse.upperBound..<layers)
    }

    private func addPlainMLP(to list: inout TensorList, layers: Range<Int>) {
        list.enter("model.layers.*.mlp.", layers: layers)
        if isFused {
            list.addLinear("gate_up_proj", .mlp, out: 2 * feedForward, in: hidden, hasBias: hasMLPBias)
        } else {
            list.addLinear("gate_proj", .mlp, out: feedForward, in: hidden, hasBias: hasMLPBias)
            list.addLinear("up_proj", .mlp, out: feedForward, in: hidden, hasBias: hasMLPBias)
        }
        list.addLinear("down_proj", .mlp, out: hidden, in: feedForward, hasBias: hasMLPBias)
    }
}
