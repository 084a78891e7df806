"""Compares tokenizers that Ingot rebuilt from GGUF with those that they were made from.

    check_tokenizers.py ORIGINAL=REBUILT…              two folders, both loaded with transformers' AutoTokenizer
    check_tokenizers.py --gguf FILE=REBUILT…           a GGUF file, loaded with llama-cpp-python, and a folder

Each pair must give the same ids and, of two folders, the same text back, for prose, code, digits, white space, other
scripts, special tokens and seeded noise. Prints a line a check and `N passed, N failed`; exits 1 when one failed.
"""

import argparse
import os
import random
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # everything is in the folders; nothing may be fetched

from transformers import AutoTokenizer

from harness import Tally

PLAIN_TEXTS = (
    "",
    "The capital of France is",
    "Hello world",
    " Hello  world  ",
    "I'm sure we'LL see 3.14, don't we? She'd've",
    "0 12 345 6789 1234567890, 1e-05 and 0x7F",
    "def f(x):\n\treturn x + 1\n\n\nprint(f(2))  # two\n",
    "a\r\nb\r\n\r\nc\n \n  \n\t\n",
    "   three before, three behind   ",
    "tabs\t\t\tand\n\n\nlines",
    "Ünï naïve café, Straße; Москва, привет",
    "東京は日本の首都です。 한국어 문장",
    "🦙🚀 👩‍👩‍👧 flags 🇫🇷",
    "e\u0301 and \u00e9, \u00a0 and \u200b",
    "https://example.com/a_b-c?d=e&f=%20#g",
    "!!! ??? ---- ====== <<>> {{}} [[ ]] ``` ''' \"\"\"",
    "_underscores_ and camelCase and SHOUTING",
    "x" * 60,
)
ALPHABET = "abcdefgXYZ 0123 \n\t.,;:'\"-_/()éßþ東京🦙 "


def texts_with(special_tokens):
    """The texts, the special tokens among other text, and noise."""
    yield from PLAIN_TEXTS
    for token in special_tokens:
        yield f"{token}user\nhi {token} there{token}"
    generator = random.Random(20260101)
    for _ in range(200):
        yield "".join(generator.choice(ALPHABET) for _ in range(generator.randrange(1, 80)))


def differences(texts, first, second):
    """What two functions make of texts, where it is not the same."""
    problems = []
    for text in texts:
        left, right = first(text), second(text)
        if left != right:
            problems.append(f"{text[:40]!r} gives {left[:12]} and {right[:12]}")
    return problems


def compare_folders(tally, original, rebuilt):
    """Two folders, both with transformers."""
    name = Path(original).name
    first = AutoTokenizer.from_pretrained(original)
    second = AutoTokenizer.from_pretrained(rebuilt)
    texts = list(texts_with(sorted(first.all_special_tokens)))
    for check, marks in (("ids", False), ("ids with special tokens", True)):
        problems = differences(
            texts,
            lambda text: first.encode(text, add_special_tokens=marks),
            lambda text: second.encode(text, add_special_tokens=marks),
        )
        tally.note(name, check, problems, f"{len(texts)} texts")
    problems = differences(
        texts, lambda text: first.decode(first.encode(text)), lambda text: second.decode(second.encode(text))
    )
    tally.note(name, "text from ids", problems)
    pair = ("one text", "another")
    problems = [] if first(*pair)["input_ids"] == second(*pair)["input_ids"] else ["a pair of texts gives other ids"]
    tally.note(name, "a pair of texts", problems)
    problems = [
        f"{key}: {value!r} and {getattr(second, key)!r}"
        for key, value in first.special_tokens_map.items()
        if isinstance(value, str) and getattr(second, key) != value
    ]
    tally.note(name, "special tokens", problems)
    problems = [] if first.get_vocab() == second.get_vocab() else ["the vocabularies differ"]
    tally.note(name, "vocabulary", problems, f"{len(first.get_vocab())} tokens")
    problems = [] if first.chat_template == second.chat_template else ["the templates differ"]
    tally.note(name, "chat template", problems)


def compare_gguf(tally, file, rebuilt):
    """A GGUF file with llama.cpp, and a folder with transformers.

    Of BERT, llama.cpp always adds the marks, and it normalizes some scripts and long words otherwise: plain text counts.
    """
    from llama_cpp import Llama

    name = Path(file).name
    model = Llama(str(file), vocab_only=True, verbose=False)
    folder = AutoTokenizer.from_pretrained(rebuilt)
    has_marks = model.metadata.get("tokenizer.ggml.model") == "bert"
    texts = list(texts_with(sorted(folder.all_special_tokens)))
    if has_marks:
        texts = [text for text in texts if text.isascii()]
    problems = differences(
        texts,
        lambda text: model.tokenize(text.encode(), add_bos=has_marks, special=True),
        lambda text: folder.encode(text, add_special_tokens=has_marks),
    )
    tally.note(name, "ids of llama.cpp", problems, f"{len(texts)} texts")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gguf", action="store_true", help="the first of each pair is a GGUF file")
    parser.add_argument("pairs", nargs="+", metavar="FIRST=REBUILT")
    arguments = parser.parse_args()
    tally = Tally()
    compare = compare_gguf if arguments.gguf else compare_folders
    for pair in arguments.pairs:
        first, _, rebuilt = pair.partition("=")
        compare(tally, first, rebuilt)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
