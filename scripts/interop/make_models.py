"""Makes small models of other families with random weights, so that the checks need no download.

    make_models.py FOLDER

Writes FOLDER/made-qwen3, made-gpt2 (Conv1D layers), made-mixtral (experts) and made-gpt-oss (stacked experts, sinks),
each as transformers saves it, in BF16, with expected.json: what it computes of a prompt in float32.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, GPT2Config, GptOssConfig, MixtralConfig, Qwen3Config

# So small a base puts both ends of YaRN's ramp outside of a head: llama.cpp rounds them, which gpt-oss does not.
YARN = {
    "rope_type": "yarn", "rope_theta": 5.0, "factor": 32.0, "original_max_position_embeddings": 128,
    "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
}  # fmt: skip

CONFIGS = {
    "made-qwen3": Qwen3Config(
        vocab_size=512, hidden_size=128, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=256, tie_word_embeddings=True),
    "made-gpt2": GPT2Config(vocab_size=512, n_embd=128, n_layer=2, n_head=4, n_positions=256),
    "made-mixtral": MixtralConfig(
        vocab_size=512, hidden_size=128, intermediate_size=192, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, num_local_experts=4, num_experts_per_tok=2, max_position_embeddings=256),
    "made-gpt-oss": GptOssConfig(
        vocab_size=512, hidden_size=128, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, num_local_experts=4, num_experts_per_tok=2, sliding_window=8,
        max_position_embeddings=4096, rope_parameters=YARN),
}


def expected(folder):
    """What the saved model computes: greedy tokens behind a prompt, and the logits at its last token."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    prompt = torch.tensor([[(37 * index + 11) % 512 for index in range(24)]])
    with torch.no_grad():
        logits = model(prompt).logits[0, -1]
        ids = model.generate(prompt, max_new_tokens=16, do_sample=False, eos_token_id=None)
    return {"input_ids": prompt[0].tolist(), "greedy_ids": ids[0].tolist(), "last_logits": logits.tolist()}


def main():
    target = Path(sys.argv[1])
    for seed, (name, config) in enumerate(CONFIGS.items()):
        torch.manual_seed(20260101 + seed)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        with torch.no_grad():
            for parameter in model.parameters():  # norms and biases too, so that each tensor is told from others
                parameter.add_(torch.randn_like(parameter) * 0.02)
        model.save_pretrained(target / name)
        (target / name / "expected.json").write_text(json.dumps(expected(target / name)))


if __name__ == "__main__":
    main()
