"""Makes small models of other families with random weights, so that the checks need no download.

    make_models.py FOLDER

Writes FOLDER/made-qwen3, made-gpt2 (Conv1D layers) and made-mixtral (experts), each as transformers saves it, in BF16.
"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, GPT2Config, MixtralConfig, Qwen3Config

CONFIGS = {
    "made-qwen3": Qwen3Config(
        vocab_size=512, hidden_size=128, intermediate_size=256, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=256, tie_word_embeddings=True),
    "made-gpt2": GPT2Config(vocab_size=512, n_embd=128, n_layer=2, n_head=4, n_positions=256),
    "made-mixtral": MixtralConfig(
        vocab_size=512, hidden_size=128, intermediate_size=192, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, num_local_experts=4, num_experts_per_tok=2, max_position_embeddings=256),
}


def main():
    target = Path(sys.argv[1])
    for seed, (name, config) in enumerate(CONFIGS.items()):
        torch.manual_seed(20260101 + seed)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        with torch.no_grad():
            for parameter in model.parameters():  # norms and biases too, so that each tensor is told from others
                parameter.add_(torch.randn_like(parameter) * 0.02)
        model.save_pretrained(target / name)


if __name__ == "__main__":
    main()
